"""The gateway's connection breaks in every way it can: nothing said is lost, nothing is answered twice."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from contextlib import closing

import pytest

from bots.discord.identifies import DAY, IDENTIFIES
from core.store import facts
from core.store.database import Database
from standins.discord import DiscordStandin
from tests.discord.conversation import ANN, BOB, ROOM, all_heard, dm, exchange, mention, shows, texts
from tests.slack.stage import Pause


async def broken(discord: DiscordStandin, how: str) -> None:
    """The connection ends in that way; the session could be resumed."""
    if how == "cut":
        await discord.cut()
    elif how == "op 7":
        await discord.request_reconnect()
    else:
        await discord.invalidate(resumable=True)


RESUMABLE = ["cut", "op 7", "op 9"]


@pytest.mark.parametrize("how", RESUMABLE)
async def test_what_is_said_while_the_connection_is_broken_is_answered(discord, product, script, how):
    """The session is resumed, not begun anew; each message is answered once."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
        await broken(discord, how)
        await mention(discord, ANN, "two")
        await dm(discord, BOB, "first words")
        await shows(discord, ROOM, "echo: one", "echo: two", timeout=10)
        await shows(discord, discord.dm(BOB), "echo: first words", timeout=10)
        await all_heard(discord)

    assert (1, 1) == (discord.identifies, discord.resumes)
    assert 3 == len(script.asked)


@pytest.mark.parametrize("how", RESUMABLE)
async def test_an_answer_goes_on_while_the_connection_is_broken(discord, product, script, how):
    """Posting needs no gateway: the answer is completed in its post, and asked for once."""
    pause = Pause()
    script.perform("Well,", pause, " 42.")
    async with product():
        await mention(discord, ANN, "hello")
        await discord.until(lambda: texts(discord, ROOM) == ["Well,"])
        await broken(discord, how)
        pause.end()
        await shows(discord, ROOM, "Well, 42.")
        await all_heard(discord, timeout=10)

    assert [["hello"]] == script.asked


async def test_a_connection_that_breaks_again_and_again(discord, product, script):
    """Five cuts, a message in each gap: five answers, one session."""
    async with product():
        for number in range(5):
            await discord.cut()
            await exchange(discord, ANN, ROOM, f"hello {number}", timeout=10)

    assert [f"hello {number}" for number in range(5)] == [request[-1] for request in script.asked]
    assert 1 == discord.identifies


@pytest.mark.slow
async def test_a_session_that_is_gone_is_begun_anew(discord, product, script):
    """The resumption is refused: what was said meanwhile where we are known is read from the channels."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
        await exchange(discord, ANN, discord.dm(ANN), "one")
        discord.expire_sessions()
        await discord.gateway_down()
        await mention(discord, ANN, "two")
        await dm(discord, ANN, "two")
        await discord.gateway_up()
        await shows(discord, ROOM, "echo: one", "echo: two", timeout=15)
        await shows(discord, discord.dm(ANN), "echo: one", "echo: two", timeout=15)
        await all_heard(discord)

    assert (2, 0) == (discord.identifies, discord.resumes)
    assert 4 == len(script.asked)


@pytest.mark.parametrize("what", ["gateway", "everything"])
async def test_discord_is_away_for_a_while(discord, product, script, what):
    """Tried again until it is back, then the session is resumed; nothing is lost, nothing twice."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
        if what == "gateway":
            await discord.gateway_down()
        else:
            await discord.go_offline()
        await mention(discord, ANN, "two")
        await discord.until(lambda: not discord.connected)
        await asyncio.sleep(0.3)
        if what == "gateway":
            await discord.gateway_up()
        else:
            await discord.go_online()
        await shows(discord, ROOM, "echo: one", "echo: two", timeout=15)
        await all_heard(discord)

    assert 1 == discord.identifies
    assert 2 == len(script.asked)


@pytest.mark.parametrize("what", ["gateway", "everything"])
async def test_discord_is_away_at_the_start(discord, product, what):
    """The first connection is tried again like any other."""

    async def back() -> None:
        await asyncio.sleep(0.5)
        await (discord.gateway_up() if what == "gateway" else discord.go_online())

    await (discord.gateway_down() if what == "gateway" else discord.go_offline())
    returning = asyncio.ensure_future(back())
    async with product():
        await exchange(discord, ANN, ROOM, "hello")
    await returning


@pytest.mark.parametrize("how", [{"status": 503}, {"drop": True}, {"status": 429, "via": False}], ids=str)
async def test_the_log_in_fails_at_first(discord, product, how):
    """An error of Discord is no refusal of the token."""
    discord.fail("GET", "/users/@me", times=2, **how)
    async with product():
        await exchange(discord, ANN, ROOM, "hello")

    assert 1 == discord.identifies


async def test_heartbeats_are_answered_when_asked_for(discord, product):
    """Op 1 breaks nothing."""
    async with product():
        await discord.request_heartbeat()
        await exchange(discord, ANN, ROOM, "hello")

    assert (1, 0) == (discord.identifies, discord.resumes)


async def test_messages_are_heard_before_everything_is_ready(discord, product):
    """Servers may take their time to be announced; a message does not wait for them."""
    for _ in range(5):
        discord.add_channel(discord.add_guild())
    async with product():
        await exchange(discord, ANN, ROOM, "hello", timeout=1.5)


async def test_leaving_keeps_the_session(discord, product):
    """A shutdown closes with neither 1000 nor 1001: Discord would throw the session away."""
    async with product():
        await exchange(discord, ANN, ROOM, "hello")
    await discord.until(lambda: not discord.connected)

    assert not {1000, 1001} & set(discord.gateway_closes)
    assert 0 == discord.sessions_ended


FRAMES = {
    "nested": '{"content":' + "[" * 5000 + "]" * 5000 + "}",
    "nested in itself": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "oversized": json.dumps({"content": "x" * 5 * 2**20}),
    "no JSON": '{"content": ',
    "no object": "[1, 2]",
    "null": "null",
    "numbers": "1" * 5000,
}


@pytest.mark.parametrize("kind", FRAMES)
async def test_a_frame_that_cannot_be_read_is_left_out(discord, product, kind):
    """Once: the connection stands, the next message is answered, and a resume begins behind it."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
        await discord.raw("MESSAGE_CREATE", FRAMES[kind])
        await exchange(discord, ANN, ROOM, "two")
        assert (1, 0) == (discord.identifies, discord.resumes)
        await discord.raw("MESSAGE_CREATE", FRAMES[kind])
        await discord.cut()
        await exchange(discord, ANN, ROOM, "three")
        await discord.raw("RESUMED", FRAMES[kind])
    async with product():
        await exchange(discord, ANN, ROOM, "four")

    assert (1, 2) == (discord.identifies, discord.resumes)


@pytest.mark.parametrize("resumable", [True, False])
async def test_a_lost_session_is_in_the_log(discord, product, caplog, resumable):
    """Online but deaf must not be silent."""
    with caplog.at_level(logging.INFO):
        async with product():
            await discord.invalidate(resumable=resumable)
            await discord.until(lambda: not discord.connected or discord.resumes)
            await asyncio.sleep(0.1)

    expected = "the session goes on" if resumable else "the session with Discord has ended"
    assert any(expected in record.message for record in caplog.records)


async def test_each_identify_is_on_disk_and_no_resume(discord, product, tmp_path):
    """Counted over restarts, and for the account that made them."""
    for number in range(3):
        async with product():
            await exchange(discord, ANN, ROOM, f"hello {number}")
        if number == 1:
            discord.expire_sessions()

    with closing(Database(tmp_path / "data" / "spool.sqlite3")) as db:
        kept = await db(lambda tx: facts.find(tx, IDENTIFIES))
    assert 2 == discord.identifies == len(kept["at"])
    assert discord.application_id == kept["application"]


async def test_many_sessions_of_yesterday_and_of_others_do_not_count(discord, product, tmp_path):
    """The day is over; or it was another application."""
    for application, at in ((discord.application_id, time.time() - DAY - 1), ("1", time.time())):
        (tmp_path / "data").mkdir(exist_ok=True)
        with closing(Database(tmp_path / "data" / "spool.sqlite3")) as db:
            kept = {"application": application, "at": [at] * 950, "warned": 0.0}
            await db(lambda tx, kept=kept: facts.remember(tx, IDENTIFIES, kept))  # type: ignore[misc]
        discord.expire_sessions()
        async with product():
            await exchange(discord, ANN, ROOM, "hello")
