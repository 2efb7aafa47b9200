"""The Discord stand-in's gateway over a bare socket: who is told what, and what ends a connection."""

from __future__ import annotations

import aiohttp
import pytest

from standins.discord import Rules
from tests.standins.discord.clients import CHANNEL, PERSON, gateway, ready, standin_with

CONTENT = 1 << 15
PLAIN = 1 << 0 | 1 << 9 | 1 << 12


async def test_the_greeting_then_ready_then_the_guilds(d, socket):
    """READY names guilds as unavailable; GUILD_CREATE follows for each, numbered on."""
    guild = d.add_guild(name="Home")
    parent = d.add_channel(guild)
    thread = d.add_thread(parent)
    first, second = await socket.identify(), await socket.next()
    assert (first["t"], first["s"], first["op"]) == ("READY", 1, 0)
    assert first["d"]["guilds"] == [{"id": guild, "unavailable": True}]
    assert first["d"]["application"]["id"] == d.application_id
    assert (second["t"], second["s"], second["d"]["name"]) == ("GUILD_CREATE", 2, "Home")
    assert [r["tags"]["bot_id"] for r in second["d"]["roles"] if "tags" in r] == [d.bot_user]
    assert [(t["id"], t["parent_id"], t["type"]) for t in second["d"]["threads"]] == [(thread, parent, 11)]
    assert [channel["id"] for channel in second["d"]["channels"]] == [parent]
    new = d.add_thread(parent)
    created = (await socket.event("THREAD_CREATE"))["d"]
    assert (created["id"], created["parent_id"], created["newly_created"]) == (new, parent, True)
    d.archive(new)
    assert (await socket.event("THREAD_UPDATE"))["d"]["thread_metadata"]["archived"]


async def test_a_heartbeat_is_acknowledged_and_can_be_asked_for(d, socket):
    """Op 1 is answered with op 11, also before IDENTIFY; the server may send op 1 itself."""
    await socket.send(1, None)
    assert (await socket.next())["op"] == 11
    await d.request_heartbeat()
    assert (await socket.next())["op"] == 1


@standin_with(rules=Rules(heartbeat_interval=0.2))
async def test_a_silent_client_is_closed(d):
    """The session can still be resumed."""
    async with gateway(d) as socket:
        session, seq = await ready(socket)
        assert await socket.close_code() == 4009
    async with gateway(d) as socket:
        await socket.resume(session, seq)
        assert (await socket.next())["t"] == "RESUMED"


@pytest.mark.parametrize(
    ("op", "data", "code"),
    [
        (2, {"token": "wrong"}, 4004),
        (2, {"token": 5}, 4002),
        (2, {"intents": 1 << 15 | 512}, 4014),
        (2, {"intents": 1 << 1}, 4014),
        (2, {"intents": 1 << 8}, 4014),
        (2, {"intents": 1 << 30}, 4013),
        (2, {"intents": None}, 4013),
        (2, {"shard": [0, 2]}, 4010),
        (3, {}, 4003),
        (99, {}, 4001),
        (6, {"session_id": "x"}, 4002),
        (1, {"x": "x" * 5000}, 4002),
    ],
)
async def test_a_wrong_frame_is_closed(d, socket, op, data, code):
    await socket.send(op, {"token": d.token, "intents": 512, **data})
    assert await socket.next() == {"close": code}


@standin_with(rules=Rules(sends_per_minute=5))
async def test_a_second_identify_and_too_many_frames_are_closed(d):
    async with gateway(d) as socket:
        await ready(socket)
        await socket.send(3, {})
        await socket.send(2, {"token": d.token, "intents": 0})
        assert await socket.close_code() == 4005
    async with gateway(d) as socket:
        for _ in range(6):
            await socket.send(1, None)
        assert await socket.close_code() == 4008


@pytest.mark.parametrize(
    ("query", "code"),
    [("v=9&encoding=json", 4012), ("v=10&encoding=etf", 4012), ("v=10&encoding=json&compress=lzma", 4002)],
)
async def test_a_wrong_query_is_closed(d, query, code):
    """Frames that are not JSON, too. They can come as text."""
    async with gateway(d, query) as socket:
        assert await socket.next() == {"close": code}
    async with gateway(d, "v=10&encoding=json") as socket:
        assert (await socket.socket.receive_json())["op"] == 10
        await socket.socket.send_str("{")
        assert await socket.close_code() == 4002


async def test_intents_decide_what_is_told(d, room):
    async with gateway(d) as dms, gateway(d) as guilds:
        await dms.identify(1 << 12)
        await guilds.identify(1 << 9)
        for text in ("first", "end"):
            await d.say(PERSON, room, text)
            await d.say(PERSON, CHANNEL, f"{text} in the DM")
        assert [(await dms.next())["d"]["content"] for _ in range(2)] == ["first in the DM", "end in the DM"]
        assert ["guild_id" in (await guilds.next())["d"] for _ in range(2)] == [True, True]


@pytest.mark.parametrize("intents", [PLAIN, PLAIN | CONTENT])
@standin_with(rules=Rules(message_content=True))
async def test_content_is_shown_to_sessions_that_may_read_it(api, d, room, socket, intents):
    """Where it is switched on and asked for; else the text of what does not concern the bot is hidden."""
    await socket.identify(intents)
    await d.say(PERSON, room, "hello")
    event = await socket.event("MESSAGE_CREATE")
    _, (page,) = await api.ask("GET", f"/channels/{room}/messages")
    assert (event["d"]["content"], page["content"]) == ("hello" if intents & CONTENT else "", "hello")


@standin_with(rules=Rules(identify_limit=1))
async def test_identifying_too_often_resets_the_token(d):
    async with gateway(d) as first, gateway(d) as second:
        await ready(first)
        assert (await second.identify(), await first.close_code()) == ({"close": 4004}, 4004)


async def test_a_reply_carries_what_it_answers(d, socket):
    """A reply has reference and referenced message; null for a deleted one; in DMs no guild_id anywhere."""
    await ready(socket)
    asked = await d.say(PERSON, CHANNEL, "question")
    await d.say(PERSON, CHANNEL, "answer", reply_to=asked)
    await d.delete(CHANNEL, asked)
    await d.say(PERSON, CHANNEL, "late", reply_to=asked)
    frames = [(await socket.event("MESSAGE_CREATE"))["d"] for _ in range(3)]
    assert [f["type"] for f in frames] == [0, 19, 19]
    assert frames[1]["referenced_message"]["content"] == "question"
    assert frames[2]["referenced_message"] is None
    assert frames[1]["message_reference"] == {"type": 0, "channel_id": CHANNEL, "message_id": asked}
    assert not any("guild_id" in f or "member" in f for f in frames)


async def test_a_link_preview_is_an_update_without_an_edit(d, socket):
    await ready(socket)
    await d.unfurl(CHANNEL, await d.say(PERSON, CHANNEL, "https://example.com"))
    update = (await socket.event("MESSAGE_UPDATE"))["d"]
    assert (update["edited_timestamp"], len(update["embeds"])) == (None, 1)


async def test_a_recording_is_told_as_it_is(d, socket):
    await ready(socket)
    await d.replay("MESSAGE_CREATE", {"guild_id": None, "id": 7})
    assert (await socket.event("MESSAGE_CREATE"))["d"] == {"guild_id": None, "id": 7}
    await d.raw("MESSAGE_CREATE", '"malformed"')
    assert ((await socket.event("MESSAGE_CREATE"))["d"], d.messages(CHANNEL)) == ("malformed", [])


async def test_the_gateway_can_be_down_alone(d, api):
    await d.gateway_down()
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with gateway(d):
            pass
    assert (await api.ask("GET", "/users/@me"))[0] == 200
    await d.gateway_up()
    async with gateway(d) as socket:
        await ready(socket)
        assert d.connected == 1
