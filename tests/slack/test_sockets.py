"""Socket Mode: nothing is acknowledged before it is safe, nothing is lost, nothing is heard twice."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from standins.slack import Timing
from tests.slack.conversation import all_heard, calls, exchange, shows, texts, workspace
from tests.slack.stage import Pause

impatient = workspace(redeliver_after=0.15)
forgiving = workspace(redeliver_after=0.3, timing=Timing(grace_seconds=0.1))


async def test_every_event_is_acknowledged_soon(slack, product):
    """Also those the bot has no use for."""
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


async def test_the_same_event_again_is_not_a_new_message(slack, product, script):
    """Redelivered with another event id, during the answer and long after it."""
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
        await all_heard(slack)

    assert [["hello"]] == script.asked
    assert ["so far"] == texts(slack, "C1")


async def test_the_same_event_after_a_restart_is_not_a_new_message(slack, product, script):
    """What was seen is remembered by the database, not by the process."""
    async with product():
        ts = await exchange(slack, "U1", "C1", "hello")
    event = {**slack.messages("C1")[0], "channel": "C1", "event_ts": ts}
    async with product():
        await slack.deliver({**event, "type": "app_mention"})
        await all_heard(slack)

    assert [["hello"]] == script.asked


@forgiving
@pytest.mark.parametrize("reason", ["refresh_requested", "warning", "link_disabled"])
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
async def test_a_cut_connection_is_made_again(slack, product, script):
    """Three times in a row, each time with a question in between."""
    async with product():
        for number in range(3):
            await slack.cut()
            ts = await slack.mention("U1", "C1", f"question {number}")
            await shows(slack, "C1", ts, f"echo: question {number}", timeout=15)
        await all_heard(slack)

    assert 3 == len(script.asked)


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
