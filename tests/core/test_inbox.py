"""core.inbox: accepting is committing; threads, runs, resets and stops, each in one transaction."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from dataclasses import replace

import pytest

from core.errors import Unsaved
from core.types import Attachment, Outcome, Quote
from tests.core.fakes import HERE, elsewhere, message
from tests.core.hands import begun, ended, inbox
from tests.core.queued import status
from tests.core.whole import all_of


async def test_a_message_is_on_disk_with_its_run_begun(hands, tmp_path):
    """When `receive` is done another process sees message, thread and run; it may be acknowledged."""
    receipt = await inbox(hands).receive(message("1"))
    reader = sqlite3.connect(tmp_path / "spool.sqlite3")
    rows = reader.execute("SELECT status, owner FROM runs JOIN messages ON run_id = runs.id").fetchall()
    reader.close()
    assert [("in_progress", hands.lanes.owner)] == rows
    assert receipt.new
    assert [["1"]] == await begun(hands)


async def test_a_notice_is_given_once_in_a_window(hands):
    """To each person, of each matter; also by another process."""
    box, later = inbox(hands), time.time() + 60
    asked = [("access", later), ("access", later), ("limit", 1.0), ("limit", later), ("limit", later)]
    told = [await box.first(who, *one) for who in ("slack:U1", "slack:U2") for one in asked]
    assert [True, False, True, True, False] * 2 == told


async def test_a_message_delivered_again_changes_nothing(hands):
    """Not even when it comes by another road, with other words."""
    box = inbox(hands)
    await box.receive(message("1"))
    again = await box.receive(message("1", "edited", kind="reset", author="Kim"))
    assert (False, None, None) == (again.new, again.claim, again.stopped)
    assert ["in_progress"] == await hands.status()


async def test_messages_are_accepted_in_the_order_of_the_calls(hands):
    """Awaited or not."""
    box = inbox(hands)
    accepted = [box.receive(message(id)) for id in ("3", "1", "2")]
    await asyncio.gather(*accepted)
    assert ["3", "1", "2"] == all_of(
        await hands.db(lambda tx: tx.execute("SELECT platform_id FROM messages ORDER BY seq").fetchall())
    )


async def test_a_run_begins_although_its_caller_was_cancelled(hands):
    """What is committed is carried out: a connection that breaks then takes nothing with it."""
    box = inbox(hands)

    async def caller() -> None:
        await box.receive(message("1"))

    calling = asyncio.create_task(caller())
    await asyncio.sleep(0)
    calling.cancel()
    await asyncio.gather(calling, return_exceptions=True)
    await hands.until(1)
    assert calling.cancelled()


async def test_what_cannot_be_saved_is_not_accepted(hands, tmp_path):
    """The caller learns it, and must not acknowledge; nothing was begun."""
    await hands.db(lambda tx: tx.execute("PRAGMA busy_timeout=1").fetchall())
    stranger = sqlite3.connect(tmp_path / "spool.sqlite3", isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    box = inbox(hands)
    with pytest.raises(Unsaved):
        await box.receive(message("1"))
    stranger.execute("ROLLBACK")
    stranger.close()
    assert [] == await begun(hands)
    assert (await box.receive(message("1"))).new


async def test_facts_are_stored_with_the_message(hands):
    """Also with one that is known: the position of a gateway moves on all the same."""
    box = inbox(hands)
    await box.receive(message("1"), {"session": "a"})
    await box.receive(message("1"), {"session": "b"})
    assert "b" == await box.fact("session")
    await box.remember("session", None)
    assert await box.fact("session") is None


@pytest.mark.parametrize(
    ("collect", "runs"),
    [(False, [["1"], ["2"], ["3"], ["4"], ["5"]]), (True, [["1"], ["2", "4"], ["3", "5"]])],
)
async def test_a_busy_thread_answers_each_message_or_those_that_wait_together(hands, collect, runs):
    """`WHILE_BUSY`: `collect` takes those of one topic that wait; what runs already takes none."""
    box = inbox(hands, collect=collect)
    for id, topic in (("1", "T1"), ("2", "T1"), ("3", "T2"), ("4", "T1"), ("5", "T2")):
        await box.receive(message(id, address=elsewhere(topic=topic)))
    for number in range(len(runs)):
        await hands.until(number + 1)
        hands.let(hands.ids()[-1])
    await ended()
    assert runs == await begun(hands)


@pytest.mark.parametrize("kind", ["help", "unreadable", "empty_reply"])
async def test_own_texts_wait_for_nobody(hands, kind):
    """They are shown while an answer of the thread is under way, collecting or not, and by no assistant."""
    box = inbox(hands, collect=True)
    await box.receive(message("1"))
    await box.receive(message("2", kind=kind))
    assert [["1"], ["2"]] == await begun(hands)
    found = all_of(
        await hands.db(lambda tx: tx.execute("SELECT assistant_id FROM runs ORDER BY seq").fetchall())
    )
    assert ["asst_settings", None] == found


async def test_the_budget_of_the_policy_is_that_of_the_claim(hands):
    """History is read with the message, within HISTORY_TOKENS."""
    box = inbox(hands, budget=10)
    await box.receive(message("1", "a"))
    await hands.until(1)
    hands.let(hands.ids()[0], Outcome("completed", ("x" * 60, "y")))
    await ended()
    receipt = await box.receive(message("2", "b"))
    assert receipt.claim is not None
    assert () == receipt.claim.history


async def test_a_message_from_long_ago_is_left_alone(hands):
    """Found in a history and older than CATCH_UP_SECONDS: nobody expects an answer any more."""
    now = time.time()
    box = inbox(hands, window=60.0)
    old = await box.receive(message("1", sent_at=now - 61), {"session": "a"}, live=False)
    fresh = await box.receive(message("2", sent_at=now - 30), live=False)
    assert (False, True) == (old.new, fresh.new)
    assert [["2"]] == await begun(hands)
    assert "a" == await box.fact("session")


@pytest.mark.parametrize("hours", [-2, -1, 0, 1, 2, 24 * 365])
async def test_a_live_message_is_never_too_old(hands, hours):
    """Our clock and the platform's may differ: it was said just now, whatever either says."""
    box = inbox(hands, window=60.0)
    assert (await box.receive(message("1", sent_at=time.time() - hours * 3600))).new


async def test_a_deleted_message_is_not_answered(hands):
    """As long as its run has not begun; the lane goes on behind it."""
    box = inbox(hands)
    for id in ("1", "2", "3"):
        await box.receive(message(id))
    await hands.until(1)
    await box.withdraw(HERE, "1")
    await box.withdraw(HERE, "2")
    hands.let(hands.ids()[0])
    await hands.until(2)
    assert [["1"], ["3"]] == await begun(hands)
    assert ["completed", "cancelled", "in_progress"] == await hands.db(status)


@pytest.mark.parametrize(
    ("id", "text", "asked"),
    [
        ("2", "second corrected", "second corrected"),
        ("2", "message 2", "message 2"),
        ("2", "", "message 2"),
        ("1", "too late", "message 2"),
        ("9", "not known", "message 2"),
    ],
)
async def test_an_edit_before_the_run_begins_changes_the_question(hands, id, text, asked):
    """Not one that changes no word or takes all of them, nor after the run has begun; never a new answer."""
    box, changed = inbox(hands), (id, text) == ("2", asked) and text != "message 2"
    for one in ("1", "2"):
        await box.receive(message(one))
    await hands.until(1)
    edited = replace(
        message(id), text=text, quotes=(Quote("reply", "seen"),), files=(Attachment("F", "a", ""),)
    )

    assert changed is await box.amend(edited)
    hands.let(hands.ids()[0])
    await hands.until(2)

    (said,) = hands.begun[1].messages
    assert (asked, changed, changed) == (said.text, bool(said.quotes), bool(said.files))
    assert "message 1" == hands.begun[0].messages[0].text


async def test_what_is_known_of_people_and_topics_can_be_asked(hands):
    """Who spoke where, and which topics were active."""
    box = inbox(hands)
    await box.receive(message("5"))
    assert await box.spoke_before(HERE, "U1")
    assert not await box.spoke_before(HERE, "U2")
    assert [HERE] == await box.recent("fake", 5.0)
    assert [] == await box.recent("fake", 5.1)


async def test_only_a_new_name_is_written(hands, tmp_path):
    """What is not known takes nothing away; a name is told as often as somebody asks."""
    box, reader = inbox(hands), sqlite3.connect(tmp_path / "spool.sqlite3")
    versions = []
    for told in ({"U1": "Ann", "C1": ""}, {"U1": "Ann"}, {"U1": ""}, {"U1": "Anna"}):
        await box.called(HERE, told)
        versions += reader.execute("PRAGMA data_version").fetchone()
    assert [("U1", "Anna")] == reader.execute("SELECT id, name FROM names").fetchall()
    assert versions[0] == versions[1] == versions[2] != versions[3]
    reader.close()
