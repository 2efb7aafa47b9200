"""The Discord stand-in's gateway, rule by rule, over a bare socket."""

from __future__ import annotations

import pytest

from standins.discord import DiscordStandin, Rules
from tests.standins.discord_clients import PERSON, gateway, ready


async def test_the_greeting_then_ready_then_the_guilds():
    """READY names guilds as unavailable; GUILD_CREATE follows for each, numbered on."""
    async with DiscordStandin() as d:
        guild = d.add_guild(name="Home")
        d.add_channel(guild)
        async with gateway(d) as socket:
            first = await socket.identify()
            second = await socket.next()
            assert (first["t"], first["s"], first["op"]) == ("READY", 1, 0)
            assert first["d"]["guilds"] == [{"id": guild, "unavailable": True}]
            assert first["d"]["application"]["id"] == d.application_id
            assert (second["t"], second["s"], second["d"]["name"]) == ("GUILD_CREATE", 2, "Home")
            assert [r["tags"]["bot_id"] for r in second["d"]["roles"] if "tags" in r] == [d.bot_user]


async def test_a_heartbeat_is_acknowledged_and_can_be_asked_for():
    """Op 1 is answered with op 11, also before IDENTIFY; the server may send op 1 itself."""
    async with DiscordStandin() as d, gateway(d) as socket:
        await socket.send(1, None)
        assert (await socket.next())["op"] == 11
        await d.request_heartbeat()
        assert (await socket.next())["op"] == 1


async def test_a_silent_client_is_closed():
    """Without heartbeats the connection ends with 4009; the session can still be resumed."""
    async with DiscordStandin(rules=Rules(heartbeat_interval=0.2)) as d:
        async with gateway(d) as socket:
            session, seq = await ready(socket)
            assert await socket.close_code() == 4009
        async with gateway(d) as socket:
            await socket.resume(session, seq)
            assert (await socket.next())["t"] == "RESUMED"


@pytest.mark.parametrize(
    ("identify", "code"),
    [
        ({"token": "wrong"}, 4004),
        ({"intents": 1 << 15 | 512}, 4014),
        ({"intents": 1 << 1}, 4014),
        ({"intents": 1 << 8}, 4014),
        ({"intents": 1 << 30}, 4013),
        ({"intents": None}, 4013),
        ({"shard": [2, 2]}, 4010),
    ],
)
async def test_a_wrong_identify_is_closed(identify, code):
    """Bad token, privileged or unknown intents and impossible shards each have their code."""
    async with DiscordStandin() as d, gateway(d) as socket:
        intents = identify.pop("intents", 512)
        assert (await socket.identify(intents, **identify)) == {"close": code}


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ('{"op": 3, "d": {}}', 4003),
        ('{"op": 99, "d": 1}', 4001),
        ("{", 4002),
        ('{"op": 1, "d": null, "x": "%s"}' % ("x" * 5000), 4002),
    ],
)
async def test_a_wrong_frame_is_closed(frame, code):
    """Too early, unknown, unreadable and oversized frames each have their code."""
    async with DiscordStandin() as d, gateway(d) as socket:
        await socket.socket.send_str(frame)
        assert await socket.close_code() == code


async def test_a_second_identify_and_too_many_frames_are_closed():
    """4005 for identifying twice, 4008 for more frames in a minute than allowed."""
    async with DiscordStandin(rules=Rules(sends_per_minute=5)) as d:
        async with gateway(d) as socket:
            await ready(socket)
            await socket.send(2, {"token": d.token, "intents": 0})
            assert await socket.close_code() == 4005
        async with gateway(d) as socket:
            for _ in range(6):
                await socket.send(1, None)
            assert await socket.close_code() == 4008


@pytest.mark.parametrize(
    "query", ["v=9&encoding=json", "v=10&encoding=etf", "v=10&encoding=json&compress=lzma"]
)
async def test_a_wrong_query_is_closed(query):
    """Only version 10, JSON and known compressions are spoken."""
    async with DiscordStandin() as d, gateway(d, query) as socket:
        assert (await socket.next())["close"] in (4002, 4012)


async def test_intents_decide_what_is_told():
    """Without the intent for DMs or guilds their messages and GUILD_CREATE do not come."""
    async with DiscordStandin() as d:
        channel = d.add_channel(d.add_guild())
        async with gateway(d) as dms, gateway(d) as guilds:
            await dms.identify(1 << 12)
            await guilds.identify(1 << 9)
            await d.say(PERSON, channel, "in the guild")
            await d.say(PERSON, d.dm(PERSON), "in the DM")
            await d.say(PERSON, channel, "end")
            await d.say(PERSON, d.dm(PERSON), "end")
            assert [(await dms.next())["d"]["content"] for _ in range(2)] == ["in the DM", "end"]
            assert ["guild_id" in (await guilds.next())["d"] for _ in range(2)] == [True, True]


async def test_shards_split_guilds_and_shard_zero_has_the_dms():
    """An event goes to the shard of its guild; DMs go to shard 0."""
    async with DiscordStandin() as d:
        guild = d.add_guild(str(1 << 22 | 5))
        channel = d.add_channel(guild)
        async with gateway(d) as zero, gateway(d) as one:
            await zero.identify(4608, shard=[0, 2])
            await one.identify(4608, shard=[1, 2])
            await d.say(PERSON, channel, "x")
            await d.say(PERSON, d.dm(PERSON), "y")
            assert "guild_id" not in (await zero.next())["d"]
            assert (await one.next())["d"]["guild_id"] == guild


async def test_identifying_too_often_resets_the_token():
    """The IDENTIFY beyond the day's limit closes everything with 4004."""
    async with DiscordStandin(rules=Rules(identify_limit=1)) as d, gateway(d) as first, gateway(d) as second:
        await ready(first)
        assert await second.identify() == {"close": 4004}
        assert await first.close_code() == 4004


async def test_identifying_too_soon_is_refused_when_asked_for():
    """With `identify_interval` a hasty second IDENTIFY gets op 9."""
    async with (
        DiscordStandin(rules=Rules(identify_interval=60)) as d,
        gateway(d) as first,
        gateway(d) as second,
    ):
        await ready(first)
        assert (await second.identify())["op"] == 9


async def test_a_reply_carries_what_it_answers():
    """A reply has reference and referenced message; null for a deleted one; in DMs no guild_id anywhere."""
    async with DiscordStandin() as d, gateway(d) as socket:
        await ready(socket)
        dm = d.dm(PERSON)
        asked = await d.say(PERSON, dm, "question")
        await d.say(PERSON, dm, "answer", reply_to=asked)
        await d.delete(dm, asked)
        await d.say(PERSON, dm, "late", reply_to=asked)
        frames = [(await socket.event("MESSAGE_CREATE"))["d"] for _ in range(3)]
        assert [f["type"] for f in frames] == [0, 19, 19]
        assert frames[1]["referenced_message"]["content"] == "question"
        assert frames[2]["referenced_message"] is None
        assert frames[1]["message_reference"] == {"type": 0, "channel_id": dm, "message_id": asked}
        assert not any("guild_id" in f or "member" in f for f in frames)


async def test_a_link_preview_is_an_update_without_an_edit():
    """Unfurling tells MESSAGE_UPDATE with `edited_timestamp` still null."""
    async with DiscordStandin() as d, gateway(d) as socket:
        await ready(socket)
        dm = d.dm(PERSON)
        await d.unfurl(dm, await d.say(PERSON, dm, "https://example.com"))
        update = (await socket.event("MESSAGE_UPDATE"))["d"]
        assert update["edited_timestamp"] is None
        assert update["embeds"]
