"""The gateway's connection breaks in every way it can: nothing said is lost, nothing is answered twice."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import closing

import pytest

from bots.discord.identifies import IDENTIFIES
from core.store import facts
from core.store.database import Database
from standins.discord import DiscordStandin
from tests.discord.conversation import all_heard, dm, exchange, mention, shows, texts
from tests.discord.people import ANN, BOB, ROOM
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


async def test_an_answer_goes_on_while_the_connection_is_broken(discord, product, script):
    """Posting needs no gateway: the answer is completed in its post, and asked for once."""
    pause = Pause()
    script.perform("Well,", pause, " 42.")
    async with product():
        await mention(discord, ANN, "hello")
        await discord.until(lambda: texts(discord, ROOM) == ["Well,"])
        await discord.cut()
        pause.end()
        await shows(discord, ROOM, "Well, 42.")
        await all_heard(discord, timeout=10)

    assert [["hello"]] == script.asked


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


async def test_discord_is_away_for_a_while(discord, product, script):
    async with product():
        await exchange(discord, ANN, ROOM, "one")
        await discord.go_offline()
        await mention(discord, ANN, "two")
        await discord.until(lambda: not discord.connected)
        await asyncio.sleep(0.3)
        await discord.go_online()
        await shows(discord, ROOM, "echo: one", "echo: two", timeout=15)
        await all_heard(discord)

    assert 1 == discord.identifies
    assert 2 == len(script.asked)


@pytest.mark.parametrize("how", [{"drop": True}, {"status": 429, "via": False}], ids=str)
async def test_discord_is_away_at_the_start(discord, product, how):
    """An error at the log-in is no refusal of the token; and then there is no gateway for a while."""

    async def back() -> None:
        await asyncio.sleep(0.5)
        await discord.gateway_up()

    discord.fail("GET", "/users/@me", times=2, **how)
    await discord.gateway_down()
    returning = asyncio.ensure_future(back())
    async with product():
        await exchange(discord, ANN, ROOM, "hello")
    await returning

    assert 1 == discord.identifies


async def test_heartbeats_are_answered_when_asked_for(discord, product):
    async with product():
        await discord.request_heartbeat()
        await exchange(discord, ANN, ROOM, "hello")

    assert (1, 0) == (discord.identifies, discord.resumes)


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


async def test_a_frame_that_cannot_be_read_is_left_out(discord, product):
    """Once: the connection stands, the next message is answered, and a resume begins behind it."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
        for kind, frame in FRAMES.items():
            await discord.raw("MESSAGE_CREATE", frame)
            await exchange(discord, ANN, ROOM, f"behind {kind}")
        assert (1, 0) == (discord.identifies, discord.resumes)
        for frame in FRAMES.values():
            await discord.raw("MESSAGE_CREATE", frame)
        await discord.cut()
        await exchange(discord, ANN, ROOM, "three")
        for frame in FRAMES.values():
            await discord.raw("RESUMED", frame)
    async with product():
        await exchange(discord, ANN, ROOM, "four")

    assert (1, 2) == (discord.identifies, discord.resumes)


@pytest.mark.parametrize("resumable", [True, False])
async def test_a_lost_session_is_in_the_log(discord, product, caplog, resumable):
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
