"""core.inbox: buttons, and messages that count as an answer; each is on disk when it is done."""

from __future__ import annotations

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
from tests.core.fakes import elsewhere, message
from tests.core.hands import Hands, inbox


async def open_question(
    hands: Hands, box: Inbox, id: str = "1", *, user: str = "U1", call: str = "call_1", seconds: float = 60
) -> Approval:
    """A run that waits for a yes of whoever wrote the message."""
    receipt = await box.receive(message(id, user=user))

    def ask(tx: Execute) -> Approval:
        run = RunId(tx("SELECT run_id FROM messages WHERE platform_id = ?", id)[0][0])
        tx("UPDATE runs SET status = 'requires_action' WHERE id = ?", run)
        return approvals.settle(tx, run, call, user, time.time(), seconds)

    assert receipt.new
    return await hands.db(ask)


async def states(hands: Hands) -> list[str]:
    """Of all questions, in order."""
    rows = await hands.db(lambda tx: tx("SELECT state FROM approvals ORDER BY created_at, call_id"))
    return [state for (state,) in rows]


@pytest.mark.parametrize(("yes", "state"), [(True, "approved"), (False, "refused")])
async def test_a_decision_is_on_disk_when_it_is_done(hands, tmp_path, yes, state):
    """Another process sees it: the press may be acknowledged."""
    box = inbox(hands)
    asked = await open_question(hands, box)
    assert "done" == await box.decide(asked.id, "U1", yes)

    reader = sqlite3.connect(tmp_path / "spool.sqlite3")
    rows = reader.execute("SELECT state FROM approvals").fetchall()
    reader.close()
    assert [(state,)] == rows


async def test_the_first_decision_counts(hands):
    """A second press, of either button, changes nothing."""
    box = inbox(hands)
    asked = await open_question(hands, box)
    assert ["done", "over", "over"] == [await box.decide(asked.id, "U1", yes) for yes in (False, True, False)]
    assert ["refused"] == await states(hands)


async def test_others_are_told_that_it_is_not_theirs(hands):
    """Before and after it was decided."""
    box = inbox(hands)
    asked = await open_question(hands, box)
    assert "not_yours" == await box.decide(asked.id, "U2", True)
    await box.decide(asked.id, "U1", True)
    assert "not_yours" == await box.decide(asked.id, "U2", False)
    assert ["approved"] == await states(hands)


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


@pytest.mark.parametrize("where", [{"channel": "C2"}, {"workspace": "W2"}])
async def test_a_message_elsewhere_refuses_nothing(hands, where):
    """It belongs to another conversation."""
    box = inbox(hands)
    await open_question(hands, box)
    receipt = await box.receive(message("3", address=elsewhere(**where)))
    assert () == receipt.refused
    assert ["waiting"] == await states(hands)


async def test_in_a_shared_thread_only_the_asked_person_refuses(hands):
    """What others say there is no answer."""
    box = inbox(hands, scope="topic")
    await open_question(hands, box)
    assert () == (await box.receive(message("2", user="U2"))).refused
    assert 1 == len((await box.receive(message("3"))).refused)


async def test_a_message_delivered_again_refuses_nothing(hands):
    """It was there before the question."""
    box = inbox(hands)
    await open_question(hands, box)
    again = await box.receive(message("1"))
    assert (False, ()) == (again.new, again.refused)
    assert ["waiting"] == await states(hands)


async def test_a_question_that_is_decided_stays_decided(hands):
    """A message after the yes takes nothing back."""
    box = inbox(hands)
    asked = await open_question(hands, box)
    await box.decide(asked.id, "U1", True)
    assert () == (await box.receive(message("2"))).refused
    assert ["approved"] == await states(hands)


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
    await hands.db(lambda tx: tx("CREATE TRIGGER full BEFORE UPDATE ON approvals BEGIN SELECT gone(); END"))
    with pytest.raises(Unsaved):
        await box.decide(asked.id, "U1", True)
    await hands.db(lambda tx: tx("DROP TRIGGER full"))
    assert "done" == await box.decide(asked.id, "U1", True)


async def test_an_unknown_thread_holds_nothing(hands):
    """Asking for the memory makes no thread."""
    box = inbox(hands)
    assert NOTHING == await box.memory(elsewhere(channel="C9"), "U9")
    assert [] == await hands.db(lambda tx: tx("SELECT id FROM threads"))
