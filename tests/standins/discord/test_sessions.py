"""The Discord stand-in's gateway sessions: what survives, what is replayed, what is lost."""

from __future__ import annotations

import pytest

from standins.discord import Rules
from tests.standins.discord.clients import CHANNEL, PERSON, gateway, ready, standin_with


async def resumed(d, session, seq):
    """The first frame after a RESUME."""
    async with gateway(d) as socket:
        await socket.resume(session, seq)
        return await socket.next()


async def test_resume_replays_exactly_what_was_missed(d):
    """Events after the given seq come again, in order, then RESUMED; then life goes on."""
    async with gateway(d) as socket:
        session, seq = await ready(socket)
        await d.say(PERSON, CHANNEL, "1")
        await socket.event("MESSAGE_CREATE")
        await d.cut()
    for text in "23":
        await d.say(PERSON, CHANNEL, text)
    async with gateway(d) as socket:
        await socket.resume(session, seq)
        frames = [await socket.next() for _ in range(4)]
        assert [f["t"] for f in frames] == ["MESSAGE_CREATE"] * 3 + ["RESUMED"]
        assert [f["d"]["content"] for f in frames[:3]] == ["1", "2", "3"]
        await d.say(PERSON, CHANNEL, "4")
        assert (await socket.next())["d"]["content"] == "4"
    assert (d.resumes, d.identifies) == (1, 1)


@pytest.mark.parametrize(("code", "ended"), [(1000, 1), (1001, 1), (4000, 0)])
async def test_only_a_goodbye_ends_the_session(d, code, ended):
    async with gateway(d) as socket:
        session, seq = await ready(socket)
        await socket.socket.close(code=code)
    await d.until(lambda: d.gateway_closes)
    frame = await resumed(d, session, seq)
    assert (frame["op"], frame["d"]) == ((9, False) if ended else (0, {"_trace": []}))
    assert (d.gateway_closes[0], d.sessions_ended) == (code, ended)


@pytest.mark.parametrize("how", ["killed", "offline"])
async def test_who_was_cut_off_misses_nothing(d, how):
    async with gateway(d) as socket:
        session, seq = await ready(socket)
        if how == "killed":
            socket.vanish()
            await d.until(lambda: not d.connected)
        else:
            await d.go_offline()
    if how == "offline":
        with pytest.raises(OSError, match=r"Cannot connect|refused"):
            await resumed(d, session, seq)
    await d.say(PERSON, CHANNEL, "meanwhile")
    await d.go_online()
    assert (await resumed(d, session, seq))["d"]["content"] == "meanwhile"


@standin_with(rules=Rules(session_lifetime=0))
async def test_a_session_can_be_too_old_to_resume(d):
    """Past its lifetime, or unknown: op 9 `false`, after which IDENTIFY works on the same connection."""
    async with gateway(d) as socket:
        session, seq = await ready(socket)
    await d.until(lambda: not d.connected)
    await d.say(PERSON, CHANNEL, "for nobody")
    async with gateway(d) as socket:
        for name in (session, "unknown"):
            await socket.resume(name, seq)
            assert (await socket.next()) == {"t": None, "s": None, "op": 9, "d": False}
        await ready(socket)


@pytest.mark.parametrize("invalid", [False, True])
async def test_sessions_can_be_told_to_expire(d, socket, invalid):
    """The connection that stands goes on, but cannot be resumed; op 9 forgets it at once."""
    session, seq = await ready(socket)
    if invalid:
        await d.invalidate()
        assert (await socket.next())["op"] == 9
        await socket.resume(session, seq)
        assert (await socket.next())["op"] == 9
    else:
        d.expire_sessions()
        await d.say(PERSON, CHANNEL, "still told")
        assert (await socket.next())["t"] == "MESSAGE_CREATE"
    assert (await resumed(d, session, seq))["op"] == 9


@standin_with(rules=Rules(replay_limit=3))
async def test_a_seq_from_the_future_or_long_gone_cannot_be_resumed(d):
    async with gateway(d) as socket:
        future, seq = await ready(socket)
    assert await resumed(d, future, seq + 10) == {"close": 4007}
    async with gateway(d) as socket:
        session, seq = await ready(socket)
        for _ in range(5):
            await d.say(PERSON, CHANNEL, "x")
    assert (await resumed(d, session, seq))["op"] == 9


async def test_a_resume_takes_the_session_from_its_old_connection(d):
    async with gateway(d) as old, gateway(d) as new:
        session, seq = await ready(old)
        await new.resume(session, seq)
        assert ((await new.next())["t"], await old.close_code()) == ("RESUMED", 4000)
        await d.say(PERSON, CHANNEL, "x")
        assert (await new.next())["t"] == "MESSAGE_CREATE"


async def test_every_message_can_come_twice(d):
    """Under numbers of their own; whoever resumes behind the first is told the second."""
    async with gateway(d) as socket:
        session, _ = await ready(socket)
        d.deliver_twice(True)
        await d.say(PERSON, CHANNEL, "once")
        first, again = [await socket.next() for _ in range(2)]
    assert (first["d"], first["s"] + 1) == (again["d"], again["s"])
    assert "MESSAGE_CREATE" == (await resumed(d, session, first["s"]))["t"]
