"""core.store.runs: the durable queue, one live run per lane."""

from __future__ import annotations

import sqlite3

import pytest

from core.runs import claims
from core.store import items, messages, runs, steps, threads
from core.store.database import Execute
from core.types import Outcome, Quote
from tests.core.fakes import HERE, Watched, message
from tests.core.queued import BUDGET, asked, claimed, status, thread_of
from tests.core.whole import all_of

LIVE = ["in_progress", "requires_action", "cancelling"]
ENDED = ["completed", "incomplete", "failed", "cancelled", "expired"]


def test_a_queued_run_becomes_ours_with_all_it_needs(tx):
    """The claim holds the messages, no steps, no history, and says that nobody began it."""
    assert claims.claim(tx, thread_of(tx), "me", BUDGET) is None
    run = asked(tx, "1")
    claim = claimed(tx)
    assert (run, thread_of(tx), "me") == (claim.run, claim.thread, claim.owner)
    assert ((message("1"),), {}, ()) == (claim.messages, claim.memo, claim.history)
    assert ("in_progress", False, 1.0) == (claim.status, claim.resumed, claim.created_at)
    assert (0, 0) == (claim.attempts, claim.deaths)


def test_runs_of_a_lane_are_claimed_in_the_order_of_acceptance(tx):
    """The oldest queued run is next, and only when the one before it has ended; other lanes do not wait."""
    first, second = asked(tx, "2"), asked(tx, "1")
    other = asked(tx, "3", user="U2")
    claim = claimed(tx)
    assert first == claim.run
    assert other == claimed(tx, user="U2").run
    assert claims.claim(tx, claim.lane, "me", BUDGET) is None
    with pytest.raises(sqlite3.IntegrityError):  # even a mistake of ours cannot run a lane twice
        tx.execute("UPDATE runs SET status = 'in_progress' WHERE id = ?", (second,)).fetchall()

    following, *_ = claims.finish(tx, claim, Outcome("completed"), BUDGET, 9.0, go_on=True)
    assert following is not None
    assert second == following.run


@pytest.mark.parametrize("live", LIVE)
def test_a_live_run_is_taken_over_before_anything_new_begins(tx, live):
    """Whatever state it is in, it comes back with its steps, and the death is counted."""
    run = asked(tx, "1")
    asked(tx, "2")
    claimed(tx, "dead")
    steps.record(tx, run, "dead", "response", {"id": "한"}, None, 1.0)
    tx.execute("UPDATE runs SET status = ? WHERE id = ?", (live, run)).fetchall()
    claim = claimed(tx)
    assert (run, True, 1) == (claim.run, claim.resumed, claim.deaths)
    assert ({"response": {"id": "한"}}, live) == (claim.memo, claim.status)


def test_releasing_lets_go_of_ones_own_runs_only(tx):
    """And of no run that has ended. It is no death, but the run was begun all the same."""
    done = asked(tx, "1")
    claims.finish(tx, claimed(tx), Outcome("completed"), BUDGET, 2.0, go_on=False)
    for id, user, owner in (("2", "U2", "me"), ("3", "U3", "other")):
        asked(tx, id, user=user)
        claimed(tx, owner, user)
    runs.release(tx, "me")
    assert ["me", None, "other"] == all_of(tx.execute("SELECT owner FROM runs ORDER BY seq").fetchall())
    assert [("me",)] == tx.execute("SELECT owner FROM runs WHERE id = ?", (done,)).fetchall()
    claim = claimed(tx, "next", "U2")
    assert (0, True) == (claim.deaths, claim.resumed)


def test_a_run_that_another_process_begins_meanwhile_is_left_to_it(tx: Execute):
    """Where several processes share a database, the first one has it."""
    asked(tx, "1")

    def meanwhile(sql: str, *_: object) -> None:
        if "status = 'queued' ORDER BY" in sql:
            assert claims.claim(tx, thread_of(tx), "other", BUDGET) is not None

    assert claims.claim(Watched(tx, meanwhile), thread_of(tx), "me", BUDGET) is None
    assert ["other"] == all_of(tx.execute("SELECT owner FROM runs").fetchall())


def test_begin_leaves_a_busy_lane_alone(tx):
    """Not even a run of a dead owner is taken over in passing: that is for the start."""
    asked(tx, "1")
    assert claims.begin(tx, thread_of(tx), "me", BUDGET) is not None
    asked(tx, "2")
    assert claims.begin(tx, thread_of(tx), "me", BUDGET) is None
    assert claims.begin(tx, thread_of(tx), "other", BUDGET) is None
    assert [("in_progress", "me"), ("queued", None)] == tx.execute(
        "SELECT status, owner FROM runs ORDER BY seq"
    ).fetchall()


def test_a_lane_of_its_own_waits_for_nobody(tx):
    """A run without a lane is its own lane; help and confirmations need no history, no model answers them."""
    items.add(tx, thread_of(tx), asked(tx, "1"), ["a"])
    claimed(tx)
    run = runs.add(tx, thread_of(tx), 2.0, lane=None)
    messages.add(tx, message("2", kind="help", inside_topic=True), thread_of(tx), run)
    claim = claims.begin(tx, run, "me", BUDGET)
    assert claim is not None
    assert (run, run, thread_of(tx)) == (claim.run, claim.lane, claim.thread)
    assert ((), None) == (claim.history, claim.context_since)


@pytest.mark.parametrize("quoted", ["", "z" * 60])
@pytest.mark.parametrize("inside", [False, True])
def test_history_makes_room_for_the_messages(tx, inside, quoted):
    """The budget is for both, and where a topic is to be read, a part is kept free for what stands there."""
    asked(tx, "1")
    claims.finish(tx, claimed(tx), Outcome("completed", ("x" * 30,)), BUDGET, 2.0, go_on=False)
    quotes = (Quote("forward", quoted),) if quoted else ()
    asked(tx, "2", text="y" * 30, inside_topic=inside, quotes=quotes)
    cost = items.weigh("x" * 30, "y" * 30, *(one.text for one in quotes))
    tight = claims.claim(tx, thread_of(tx), "me", cost if inside else cost - 1)
    assert tight is not None
    enough = claims.reread(tx, tight, cost + 1 + claims.context_room(2 * cost) if inside else cost)
    assert ((), ("x" * 30,)) == (tight.history, enough.history)


@pytest.mark.parametrize(
    ("former", "inside", "since"),
    [("", True, 0.0), ("", False, None), ("question", True, 3.0), ("reset", True, 4.0)],
)
def test_a_topic_is_context_only_from_inside_it(tx, former, inside, since):
    """Since the last question, or since a reset: what was forgotten does not come back as context."""
    if former == "question":
        asked(tx, "3", inside_topic=True)
        claims.finish(tx, claimed(tx), Outcome("completed"), BUDGET, 6.0, go_on=False)
    if former == "reset":
        threads.renew(tx, HERE, "U1", "user", origin="reset", now=4.0)
    asked(tx, "5", inside_topic=inside)
    assert since == claimed(tx).context_since


@pytest.mark.parametrize("ended", ENDED)
def test_finishing_writes_outcome_and_turn_at_once(tx, ended):
    """Status, error and time stand in the run, the turn in its thread, in order."""
    asked(tx, "1")
    claim = claimed(tx)
    after = claims.finish(tx, claim, Outcome(ended, ("q", "a"), "why"), BUDGET, 9.0, go_on=True)
    assert after == claims.Ended(None, due=False)
    assert [(ended, "why", 9.0)] == tx.execute("SELECT status, error, ended_at FROM runs").fetchall()
    assert ("q", "a") == items.newest(tx, claim.thread, BUDGET)


def test_finishing_gives_the_next_run_its_turn_in_its_history(tx):
    """The next claim of the lane knows what was said just now; on the way out nothing new is begun."""
    for number in range(3):
        asked(tx, f"{number}")
    following, *_ = claims.finish(tx, claimed(tx), Outcome("completed", ("q", "a")), BUDGET, 9.0, go_on=True)
    assert following is not None
    assert (("q", "a"), "me") == (following.history, following.owner)
    last = claims.finish(tx, following, Outcome("completed"), BUDGET, 9.0, go_on=False)
    assert last == claims.Ended(None, due=False)
    assert ["completed", "completed", "queued"] == status(tx)


def test_unfinished_lanes_are_named_once_oldest_first(tx):
    """Live and waiting work counts; what has ended, and other platforms, do not."""
    asked(tx, "1", user="done")
    claims.finish(tx, claimed(tx, "me", "done"), Outcome("failed"), BUDGET, 2.0, go_on=False)
    for id, user in (("2", "U2"), ("3", "U1"), ("4", "U2")):
        asked(tx, id, user=user)
    claimed(tx, "me", "U1")
    assert [thread_of(tx, "U2"), thread_of(tx, "U1")] == runs.unfinished(tx, ["fake", "third"])
    assert [] == runs.unfinished(tx, ["other"])
    assert [] == runs.unfinished(tx, [])


def test_a_waiting_run_is_found_by_its_topic(tx):
    """The newest that has not begun; neither one of another topic nor a live one."""
    asked(tx, "1")
    claimed(tx)
    assert runs.waiting_in(tx, thread_of(tx), HERE.topic) is None
    asked(tx, "2")
    newest = asked(tx, "3")
    assert newest == runs.waiting_in(tx, thread_of(tx), HERE.topic)
    assert runs.waiting_in(tx, thread_of(tx), "T2") is None
    assert runs.waiting_in(tx, thread_of(tx, "U2"), HERE.topic) is None
