"""Socket Mode: nothing is acknowledged before it is safe, nothing is lost, nothing is heard twice."""

from __future__ import annotations

import asyncio
import logging
import sqlite3

import pytest

from bots.slack import socket
from core.concurrency import Backoff
from core.store import counts
from core.store.database import Database
from standins.slack import Timing, Upload
from tests.slack.conversation import all_heard, calls, exchange, shows, texts, workspace
from tests.slack.stage import Pause

OPEN = "apps.connections.open"
lasting = workspace(timing=Timing(grace_seconds=30))
impatient = workspace(redeliver_after=0.15)
forgiving = workspace(redeliver_after=0.3, timing=Timing(grace_seconds=0.1))


async def test_every_event_is_acknowledged_soon(slack, product):
    async with product():
        ts = await exchange(slack, "U1", "C1", "hello")
        await slack.say("U1", "C1", "thinking aloud")
        await slack.unfurl("C1", ts)
        for kind in ("channel_archive", "app_home_opened", "reaction_added", "brand_new_event"):
            await slack.deliver({"type": kind, "user": "U1", "channel": "C1", "event_ts": ts})
        await all_heard(slack)

    assert max(seconds for _, seconds in slack.acks) < 1.0
    assert [] == slack.sockets.deliveries.unknown_acks


@impatient
async def test_nothing_is_acknowledged_before_it_is_stored(slack, product, tmp_path):
    """While the database cannot commit, Slack hears nothing and repeats; then it is one message."""
    async with product():
        await exchange(slack, "U1", "C1", "one")
        await slack.until(lambda: not slack.unacked())
        acknowledged = len(slack.acks)
        lock = sqlite3.connect(tmp_path / "data" / "spool.sqlite3", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        try:
            ts = await slack.mention("U1", "C1", "two")
            await asyncio.sleep(0.4)
            assert acknowledged == len(slack.acks)
        finally:
            lock.execute("ROLLBACK")
            lock.close()
        await shows(slack, "C1", ts, "echo: two")
        await all_heard(slack)

    assert ["echo: one", "echo: two"] == texts(slack, "C1")


async def test_the_same_event_again_is_not_a_new_message(slack, product, script, tmp_path):
    """Redelivered with another event id, during the answer and long after it. Each time is counted on disk,
    unlike the other of the two events of a mention, whichever comes first.
    """
    pause = Pause()
    script.perform("so ", pause, "far")
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        event = {**slack.messages("C1")[0], "channel": "C1", "event_ts": ts}
        await slack.until(lambda: texts(slack, "C1") == ["so "])
        for kind in ("message", "app_mention"):
            await slack.deliver({**event, "type": kind})
        await slack.until(lambda: not slack.unacked())
        pause.end()
        await shows(slack, "C1", ts, "so far")
        for kind in ("message", "app_mention"):
            await slack.deliver({**event, "type": kind})
        files, said = [Upload("a.txt", b"words")], f"<@{slack.bot_user}> read"
        await slack.say("U2", "C1", said, files=files, order="mention")
        await slack.until(lambda: 2 == len(texts(slack, "C1")))
        await all_heard(slack)

    assert 2 == len(script.asked)
    assert "so far" == texts(slack, "C1")[0]
    database = Database(tmp_path / "data" / "spool.sqlite3")
    assert {"slack": 4} == await database(lambda tx: counts.by_platform(tx, counts.REPEATED))
    database.close()


@forgiving
@pytest.mark.parametrize("reason", ["refresh_requested", "link_disabled"])
async def test_slack_asks_for_another_connection(slack, product, script, reason):
    """As it does every few hours: with a new ticket, in the middle of an answer, and nothing is missed."""
    pause = Pause()
    script.perform("so ", pause, "far")
    async with product():
        first = await slack.mention("U1", "C1", "one")
        await slack.until(lambda: texts(slack, "C1") == ["so "])
        await slack.disconnect(reason)
        second = await slack.mention("U2", "C1", "two")
        await slack.until(lambda: len(calls(slack, "apps.connections.open")) >= 2 and slack.connections)
        third = await slack.mention("U3", "C1", "three")
        pause.end()
        await shows(slack, "C1", first, "so far")
        await shows(slack, "C1", second, "echo: two")
        await shows(slack, "C1", third, "echo: three")
        await all_heard(slack)

    assert 3 == len(slack.posts("C1"))


@forgiving
async def test_a_used_ticket_is_not_tried_for_ever(slack, product):
    """Slack refuses the handshake at first: each further attempt brings a new ticket."""
    async with product():
        slack.fail("apps.connections.open", error="internal_error", times=2)
        await slack.cut()
        ts = await slack.mention("U1", "C1", "hello")
        await shows(slack, "C1", ts, "echo: hello", timeout=10)


@forgiving
async def test_slack_is_away_while_an_answer_is_given(slack, product, script):
    """Web API and socket both gone for a moment: the tail comes later, once, in the same post."""
    first, second = Pause(), Pause()
    script.perform("Well,", first, " the answer", second, " is 42.")
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: texts(slack, "C1") == ["Well,"])
        await slack.go_offline()
        first.end()
        await asyncio.sleep(0.6)
        second.end()
        await asyncio.sleep(0.2)
        await slack.go_online()
        await shows(slack, "C1", ts, "Well, the answer is 42.", timeout=10)
        await exchange(slack, "U1", "C1", "next")


async def test_slack_is_away_at_the_start(slack, product):
    """The platform is tried until it is there; then everything works."""
    await slack.go_offline()

    async def back_soon() -> None:
        await asyncio.sleep(0.6)
        await slack.go_online()

    back = asyncio.create_task(back_soon())
    async with product():
        await back
        await exchange(slack, "U1", "C1", "hello")


def said(caplog: pytest.LogCaptureFixture, level: int = logging.WARNING) -> str:
    """All that was logged at that level or above, with the errors."""
    found = [record for record in caplog.records if record.levelno >= level]
    return "\n".join(f"{record.getMessage()} {getattr(record, 'error', '')}" for record in found)


@lasting
@pytest.mark.parametrize(
    ("reason", "cure", "greeted"),
    [("too_many_websockets", "other copies", False), ("link_disabled", "Socket Mode is off", True)],
)
async def test_a_socket_that_is_sent_away_is_not_opened_again_at_once(
    slack, product, caplog, monkeypatch, reason, cure, greeted
):
    """A move into a wall: a few attempts, the old socket goes on serving, and the log says what to do."""
    monkeypatch.setattr(socket, "CONNECTING", Backoff(first=0.1, most=60.0))
    async with product():
        slack.refuse_sockets(reason, 1000, greeted=greeted)
        before = len(calls(slack, OPEN))
        await slack.disconnect()
        await asyncio.sleep(0.5)
        attempts = len(calls(slack, OPEN)) - before
        await exchange(slack, "U1", "C1", "meanwhile")
        slack.sockets.refusals.clear()
        await slack.until(lambda: slack.connections > 1, 20)
        await exchange(slack, "U1", "C1", "after")

    assert 1 <= attempts <= 5
    assert reason in said(caplog)
    assert cure in said(caplog)


@lasting
async def test_no_socket_is_asked_for_before_slack_takes_the_call(slack, product):
    """429 with Retry-After on a move; also when the old socket is lost meanwhile."""
    async with product():
        slack.fail(OPEN, error="ratelimited", retry_after=1)
        await slack.disconnect()
        await slack.until(lambda: len(calls(slack, OPEN)) == 2)
        await slack.cut()
        await slack.until(lambda: len(calls(slack, OPEN)) == 3, 15)
        await slack.until(lambda: slack.connections)
        await exchange(slack, "U1", "C1", "after")

    limited, again = [call.at for call in slack.calls if call.method == OPEN][1:3]
    assert again - limited >= 1


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("missing_scope", logging.ERROR),
        ("link_disabled", logging.ERROR),
        ("team_is_dancing", logging.WARNING),
    ],
)
async def test_what_ends_the_start_is_tried_again_later(slack, product, caplog, word, level):
    """Somebody is changing the app; and what Slack says is in the log also where there is no cure for it."""
    async with product():
        await exchange(slack, "U1", "C1", "before")
        if word == "link_disabled":
            slack.refuse_sockets(word, 1)
        else:
            slack.fail(OPEN, error=word)
        await slack.cut()
        await slack.until(lambda: slack.connections, 20)
        await exchange(slack, "U1", "C1", "after")

    assert word in said(caplog, level)
    assert 1 + 1 + 1 == len(calls(slack, OPEN))
