"""core.inbox: stopping an answer and starting a conversation over."""

from __future__ import annotations

from typing import get_args

import pytest

from core.store.threads import Scope
from core.types import Outcome
from tests.core.fakes import HERE, elsewhere, message
from tests.core.hands import begun, ended, inbox
from tests.core.whole import all_of


async def test_stop_cancels_the_run_and_is_no_question(hands):
    """One's own run is told at once, what waits stays, and the word gets no run; else it is answered."""
    box = inbox(hands)
    await box.receive(message("1"))
    await box.receive(message("2"))
    await hands.until(1)
    assert (await box.receive(message("3", kind="stop", user="U2"))).stopped is None
    assert [["1"], ["3"]] == await begun(hands)
    receipt = await box.receive(message("4", kind="stop"))
    first = hands.ids()[0]
    assert first == receipt.stopped
    assert hands.stopping[first].is_set()
    assert ["cancelling", "queued", "in_progress"] == await hands.status()
    assert not (await box.receive(message("4", kind="stop"))).new


async def test_stopping_by_a_person(hands):
    """True once there is something to stop; only ever one's own."""
    box = inbox(hands)
    assert not await box.stop(HERE, "U1")
    await box.receive(message("1"))
    await hands.until(1)
    assert not await box.stop(HERE, "U2")
    assert not await box.stop(elsewhere(topic="T2"), "U1")
    assert await box.stop(HERE, "U1")
    assert hands.stopping[hands.ids()[0]].is_set()


@pytest.mark.promise("I2")
@pytest.mark.parametrize("scope", get_args(Scope))
async def test_a_reset_message_starts_over_after_what_was_said_before(hands, scope):
    """It is confirmed at once; what waits is answered in the old thread, what follows in the new one."""
    box = inbox(hands, scope=scope)
    for id in ("1", "2"):
        await box.receive(message(id))
    await box.receive(message("3", kind="reset"))
    await box.receive(message("4"))
    found = all_of(
        await hands.db(lambda tx: tx.execute("SELECT thread_id FROM messages ORDER BY seq").fetchall())
    )
    assert [["1"], ["3"], ["4"]] == await begun(hands)
    assert 1 == len(set(found[:3]))
    assert found[3] != found[0]


@pytest.mark.parametrize("scope", get_args(Scope))
async def test_a_reset_command_starts_over(hands, scope):
    """The run under way keeps its thread; its turn never gets into the new one."""
    box = inbox(hands, scope=scope)
    await box.receive(message("1"))
    await hands.until(1)
    assert await box.reset(HERE, "U1")
    hands.let(hands.ids()[0], Outcome("completed", ("q", "a")))
    await ended()
    receipt = await box.receive(message("2"))
    assert receipt.claim is not None
    assert () == receipt.claim.history


async def test_a_reset_under_topic_scope_needs_a_topic(hands):
    """A slash command in a Slack channel cannot tell which conversation is meant."""
    for scope in ("topic", "person-topic"):
        assert await inbox(hands, scope=scope).reset(elsewhere(topic=""), "U1") is None
        assert await inbox(hands, scope=scope).memory(elsewhere(topic=""), "U1") is None
    assert "channel" == await inbox(hands, scope="user").reset(elsewhere(topic=""), "U1")
    assert ["reset"] == all_of(
        await hands.db(lambda tx: tx.execute("SELECT origin FROM threads WHERE origin = 'reset'").fetchall())
    )


async def test_stopping_by_a_post(hands):
    """Who asked may; others may not; a post of an ended run, or of none, has nothing to stop."""
    box = inbox(hands)
    await box.receive(message("1"))
    await hands.until(1)
    (run,) = hands.ids()
    await hands.db(
        lambda tx: tx.execute(
            "INSERT INTO steps (id, run_id, name, value, ref, created_at) "
            "VALUES ('step_1', ?, 'post:0', '{}', 'fake:9', 1)",
            (run,),
        ).fetchall()
    )
    assert await box.stop_post("fake:8", "U1") is None
    assert await box.stop_post("fake:9", "U2") is False
    assert not hands.stopping[run].is_set()
    assert await box.stop_post("fake:9", "U1") is True
    assert await box.stop_post("fake:9") is True
    assert hands.stopping[run].is_set()
    hands.let(run)
    await ended()
    assert await box.stop_post("fake:9", "U1") is None


async def test_a_reset_command_delivered_again_resets_once(hands):
    """What was said since the first delivery is not forgotten; another command is."""
    box = inbox(hands)
    await box.reset(HERE, "U1", order="a", facts={"session": 1})
    first = await box.receive(message("1"))
    assert await box.reset(HERE, "U1", order="a", facts={"session": 2})
    second = await box.receive(message("2"))
    await box.reset(HERE, "U1", order="b")
    third = await box.receive(message("3"))
    assert first.claim is not None
    assert third.claim is not None
    assert second.claim is None
    assert first.claim.thread != third.claim.thread
    assert 2 == await box.fact("session")
