"""The Discord stand-in's gateway sessions: what survives, what is replayed, what is lost."""

from __future__ import annotations

import pytest

from standins.discord import DiscordStandin, Rules
from tests.standins.discord_clients import OTHER, PERSON, gateway, ready


async def test_resume_replays_exactly_what_was_missed():
    """Events after the given seq come again, in order, then RESUMED; then life goes on."""
    async with DiscordStandin() as d:
        dm = d.dm(PERSON)
        async with gateway(d) as socket:
            session, seq = await ready(socket)
            await d.say(PERSON, dm, "1")
            await socket.event("MESSAGE_CREATE")
            await d.cut()
        for text in "23":
            await d.say(PERSON, dm, text)
        async with gateway(d) as socket:
            await socket.resume(session, seq)
            frames = [await socket.next() for _ in range(4)]
            assert [f["t"] for f in frames] == ["MESSAGE_CREATE"] * 3 + ["RESUMED"]
            assert [f["d"]["content"] for f in frames[:3]] == ["1", "2", "3"]
            await d.say(PERSON, dm, "4")
            assert (await socket.next())["d"]["content"] == "4"
        assert (d.resumes, d.identifies) == (1, 1)


@pytest.mark.parametrize("code", [1000, 1001, 4000])
async def test_only_a_goodbye_ends_the_session(code):
    """Closing with 1000 or 1001 forfeits the session; any other code keeps it."""
    async with DiscordStandin() as d:
        async with gateway(d) as socket:
            session, seq = await ready(socket)
            await socket.socket.close(code=code)
        await d.until(lambda: d.gateway_closes)
        async with gateway(d) as socket:
            await socket.resume(session, seq)
            frame = await socket.next()
            assert (frame["op"], frame["d"]) == ((9, False) if code < 4000 else (0, {"_trace": []}))
            assert d.gateway_closes == [code]


async def test_a_client_that_is_killed_keeps_its_session():
    """A connection that ends without a close frame, as after kill -9, forfeits nothing."""
    async with DiscordStandin() as d:
        async with gateway(d) as socket:
            session, seq = await ready(socket)
            socket.vanish()
            await d.until(lambda: not d.connected)
        await d.say(PERSON, d.dm(PERSON), "while it was dead")
        async with gateway(d) as socket:
            await socket.resume(session, seq)
            assert (await socket.next())["d"]["content"] == "while it was dead"
            assert d.gateway_closes == []


async def test_a_session_can_be_too_old_to_resume():
    """Past its lifetime, or unknown: op 9 `false`, after which IDENTIFY works on the same connection."""
    async with DiscordStandin(rules=Rules(session_lifetime=0)) as d:
        async with gateway(d) as socket:
            session, seq = await ready(socket)
        await d.until(lambda: not d.connected)
        async with gateway(d) as socket:
            for name in (session, "unknown"):
                await socket.resume(name, seq)
                frame = await socket.next()
                assert (frame["op"], frame["d"]) == (9, False)
            await ready(socket)


async def test_sessions_can_be_told_to_expire():
    """The connection that stands goes on, but cannot be resumed."""
    async with DiscordStandin() as d:
        async with gateway(d) as socket:
            session, seq = await ready(socket)
            d.expire_sessions()
            await d.say(PERSON, d.dm(PERSON), "still told")
            assert (await socket.next())["t"] == "MESSAGE_CREATE"
        async with gateway(d) as socket:
            await socket.resume(session, seq)
            assert (await socket.next())["op"] == 9


async def test_a_seq_from_the_future_or_long_gone_cannot_be_resumed():
    """4007 for a seq that was never sent; op 9 for one whose successors are no longer kept."""
    async with DiscordStandin(rules=Rules(replay_limit=3)) as d:
        async with gateway(d) as socket:
            future, seq = await ready(socket)
        async with gateway(d) as socket:
            await socket.resume(future, seq + 10)
            assert await socket.close_code() == 4007
        async with gateway(d) as socket:
            session, seq = await ready(socket)
            for _ in range(5):
                await d.say(PERSON, d.dm(PERSON), "x")
        async with gateway(d) as socket:
            await socket.resume(session, seq)
            assert (await socket.next())["op"] == 9


async def test_a_resume_takes_the_session_from_its_old_connection():
    """The old connection is closed; events go to the new one alone."""
    async with DiscordStandin() as d, gateway(d) as old, gateway(d) as new:
        session, seq = await ready(old)
        await new.resume(session, seq)
        assert (await new.next())["t"] == "RESUMED"
        assert await old.close_code() == 4000
        await d.say(PERSON, d.dm(PERSON), "x")
        assert (await new.next())["t"] == "MESSAGE_CREATE"


async def test_invalidate_forgets_the_session():
    """Op 9 `false` is told to the client, and the session is gone."""
    async with DiscordStandin() as d, gateway(d) as socket:
        session, seq = await ready(socket)
        await d.invalidate()
        assert (await socket.next()) == {"t": None, "s": None, "op": 9, "d": False}
        await socket.resume(session, seq)
        assert (await socket.next())["op"] == 9


async def test_an_outage_keeps_port_and_sessions():
    """Offline nobody can connect; online again on the same port, the missed event is replayed."""
    async with DiscordStandin() as d:
        async with gateway(d) as socket:
            session, seq = await ready(socket)
            url = d.gateway_url
            await d.go_offline()
        with pytest.raises(OSError, match=r"Cannot connect|refused"):
            async with gateway(d):
                pass
        await d.say(OTHER, d.dm(OTHER), "anyone?")
        await d.go_online()
        assert d.gateway_url == url
        async with gateway(d) as socket:
            await socket.resume(session, seq)
            assert (await socket.next())["d"]["content"] == "anyone?"
