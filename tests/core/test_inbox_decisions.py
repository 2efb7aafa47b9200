"""core.inbox: buttons, and messages that count as an answer; each is on disk when it is done."""

from __future__ import annotations

import contextlib
import sqlite3
import time

import pytest

from core.errors import Unsaved
from core.inbox import Inbox
from core.runs.summaries import NOTHING
from core.store import approvals
from core.store.approvals import Approval
from core.store.database import Execute
from core.types import RunId
from tests.core.fakes import HERE, elsewhere, message
from tests.core.hands import Hands, inbox


async def open_question(
    hands: Hands, box: Inbox, id: str = "1", *, user: str = "U1", call: str = "call_1", seconds: float = 60
) -> Approval:
    """A run that waits for a yes of whoever wrote the message."""
    receipt = await box.receive(message(id, user=user))

    def ask(tx: Execute) -> Approval:
        run = RunId(tx.execute("SELECT run_id FROM messages WHERE platform_id = ?", (id,)).fetchall()[0][0])
        tx.execute("UPDATE runs SET status = 'requires_action' WHERE id = ?", (run,))
        return approvals.settle(tx, run, call, user, time.time(), seconds)

    assert receipt.new
    return await hands.db(ask)


async def states(hands: Hands) -> list[str]:
    """Of all questions, in order."""
    rows = await hands.db(
        lambda tx: tx.execute("SELECT state FROM approvals ORDER BY created_at, call_id").fetchall()
    )
    return [state for (state,) in rows]


@pytest.mark.parametrize(("yes", "state"), [(True, "approved"), (False, "refused")])
async def test_a_decision_is_on_disk_when_it_is_done(hands, tmp_path, yes, state):
    """Another process sees it: the press may be acknowledged. Only the first one by who was asked counts."""
    box = inbox(hands)
    asked = await open_question(hands, box)
    assert "not_yours" == await box.decide(asked.id, "U2", not yes)
    assert "done" == await box.decide(asked.id, "U1", yes)
    with contextlib.closing(sqlite3.connect(tmp_path / "spool.sqlite3")) as reader:
        assert [(state,)] == reader.execute("SELECT state FROM approvals").fetchall()
    assert ["over", "over"] == [await box.decide(asked.id, "U1", again) for again in (True, False)]
    assert "not_yours" == await box.decide(asked.id, "U2", not yes)
    assert () == (await box.receive(message("2"))).refused
    assert [state] == await states(hands)


@pytest.mark.parametrize(
    ("scope", "said", "refused"),
    [
        ("user", message("3", address=elsewhere(channel="C2")), 0),
        ("user", message("3", address=elsewhere(workspace="W2")), 0),
        ("user", message("1"), 0),  # delivered again: it was there before the question
        ("topic", message("2", user="U2"), 0),
        ("topic", message("3"), 1),
    ],
)
async def test_only_a_new_message_of_the_asked_person_there_refuses(hands, scope, said, refused):
    """What others say, or what is said in another conversation, is no answer."""
    box = inbox(hands, scope=scope)
    await open_question(hands, box)
    assert refused == len((await box.receive(said)).refused)
    assert ["refused" if refused else "waiting"] == await states(hands)


async def test_too_late_is_over(hands):
    """Although nobody noted yet that the time is over: there may have been no process."""
    box = inbox(hands)
    asked = await open_question(hands, box, seconds=0)
    assert "over" == await box.decide(asked.id, "U1", True)
    assert ["waiting"] == await states(hands)


async def test_a_message_refuses_the_questions_to_its_person_in_its_thread(hands):
    """All of them, and no other's."""
    box = inbox(hands)
    mine = [await open_question(hands, box)]
    run = mine[0].run
    mine.append(await hands.db(lambda tx: approvals.settle(tx, run, "call_2", "U1", time.time(), 60)))
    other = await open_question(hands, box, "2", user="U2")
    receipt = await box.receive(message("3"))
    assert {one.id for one in mine} == set(receipt.refused)
    assert "done" == await box.decide(other.id, "U2", True)
    assert "over" == await box.decide(mine[0].id, "U1", True)


async def test_the_same_call_is_asked_about_once(hands):
    """Whoever asks again gets the same question, with its first deadline."""
    box = inbox(hands)
    asked = await open_question(hands, box)
    later = await hands.db(
        lambda tx: approvals.settle(tx, asked.run, asked.call_id, "U1", time.time() + 50, 600)
    )
    assert asked == later


async def test_ending_a_run_ends_its_questions(hands):
    """Those that wait are refused; the others stay as they are."""
    box = inbox(hands)
    first = await open_question(hands, box)
    second = await hands.db(lambda tx: approvals.settle(tx, first.run, "call_2", "U1", time.time(), 60))
    await box.decide(first.id, "U1", True)
    ended = await hands.db(lambda tx: approvals.end_all(tx, first.run))
    assert [second.id] == [one.id for one in ended]
    assert ["approved", "refused"] == await states(hands)


async def test_a_decision_that_could_not_be_saved_is_no_decision(hands):
    """The person may press again."""
    box = inbox(hands)
    asked = await open_question(hands, box)
    await hands.db(
        lambda tx: tx.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON approvals BEGIN SELECT gone(); END"
        ).fetchall()
    )
    with pytest.raises(Unsaved):
        await box.decide(asked.id, "U1", True)
    await hands.db(lambda tx: tx.execute("DROP TRIGGER full").fetchall())
    assert "done" == await box.decide(asked.id, "U1", True)


async def test_an_unknown_thread_holds_nothing(hands):
    """Asking for the memory makes no thread."""
    box = inbox(hands)
    assert NOTHING == await box.memory(elsewhere(channel="C9"), "U9")
    assert [] == await hands.db(lambda tx: tx.execute("SELECT id FROM threads").fetchall())


async def test_whom_a_topic_belongs_to(hands):
    """Whoever spoke to us there last before the moment in question; nobody after `stop`."""
    box = inbox(hands)
    for id, user, kind in (
        ("1", "U1", "ask"),
        ("2", "U2", "ask"),
        ("3", "U2", "memory"),
        ("4", "U2", "stop"),
    ):
        await box.receive(message(id, user=user, kind=kind, sent_at=float(id)))
    found = [await box.asked_last(HERE, before) for before in (1.0, 1.5, 2.5, 3.5, 4.5)]
    assert [None, ("U1", 1.0), ("U2", 2.0), ("U2", 3.0), None] == found
    assert await box.asked_last(elsewhere(topic="T2"), 9.0) is None
