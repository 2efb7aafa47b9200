"""core.store.runs: the durable queue, one live run per lane."""

from __future__ import annotations

import sqlite3

import pytest

from core.runs import claims
from core.store import items, messages, runs, steps, threads
from core.types import Outcome
from tests.core.fakes import HERE, Watched, message, store
from tests.core.queued import BUDGET, asked, claimed, status, thread_of
from tests.core.whole import all_of

LIVE = ["in_progress", "requires_action", "cancelling"]
ENDED = ["completed", "incomplete", "failed", "cancelled", "expired"]


def test_a_queued_run_becomes_ours_with_all_it_needs():
    """The claim holds the messages, no steps, no history, and says that nobody began it."""
    with store() as tx:
        run = asked(tx, "1")

        claim = claimed(tx)

        assert (run, thread_of(tx), "me") == (claim.run, claim.thread, claim.owner)
        assert ((message("1"),), {}, ()) == (claim.messages, claim.memo, claim.history)
        assert ("in_progress", False, 0, 0, 1.0) == (
            claim.status,
            claim.resumed,
            claim.attempts,
            claim.deaths,
            claim.created_at,
        )


def test_runs_of_a_lane_are_claimed_in_the_order_of_acceptance():
    """The oldest queued run is next, and only when the one before it has ended."""
    with store() as tx:
        first, second = asked(tx, "2"), asked(tx, "1")

        claim = claimed(tx)

        assert first == claim.run
        assert claims.claim(tx, claim.lane, "me", BUDGET) is None
        following, _ = claims.finish(tx, claim, Outcome("completed"), BUDGET, 9.0, go_on=True)
        assert following is not None
        assert second == following.run


def test_lanes_do_not_wait_for_each_other():
    """Another person's run is claimed while the first one is under way."""
    with store() as tx:
        asked(tx, "1")
        other = asked(tx, "2", user="U2")
        claimed(tx)

        assert other == claimed(tx, user="U2").run


def test_nothing_is_claimed_where_nothing_waits():
    """A lane without queued runs gives None."""
    with store() as tx:
        assert claims.claim(tx, thread_of(tx), "me", BUDGET) is None


def test_the_database_itself_refuses_a_second_live_run():
    """Even a mistake of ours cannot run a lane twice."""
    with store() as tx:
        asked(tx, "1")
        second = asked(tx, "2")
        claimed(tx)

        with pytest.raises(sqlite3.IntegrityError):
            tx.execute("UPDATE runs SET status = 'in_progress' WHERE id = ?", (second,))


@pytest.mark.parametrize("live", LIVE)
def test_a_live_run_is_taken_over_before_anything_new_begins(live):
    """Whatever state it is in, it comes back with its steps, and the death is counted."""
    with store() as tx:
        run = asked(tx, "1")
        asked(tx, "2")
        claimed(tx, "dead")
        steps.record(tx, run, "dead", "response", {"id": "한"}, None, 1.0)
        tx.execute("UPDATE runs SET status = ? WHERE id = ?", (live, run))

        claim = claimed(tx)

        assert (run, True, 1) == (claim.run, claim.resumed, claim.deaths)
        assert ({"response": {"id": "한"}}, live) == (claim.memo, claim.status)


def test_a_released_run_is_taken_over_without_a_death():
    """Letting go on purpose is no death, but the run was begun all the same."""
    with store() as tx:
        asked(tx, "1")
        claimed(tx, "former")
        runs.release(tx, "former")

        claim = claimed(tx)

        assert (0, True) == (claim.deaths, claim.resumed)


def test_releasing_lets_go_of_ones_own_runs_only():
    """And of no run that has ended."""
    with store() as tx:
        done = asked(tx, "1")
        claims.finish(tx, claimed(tx), Outcome("completed"), BUDGET, 2.0, go_on=False)
        asked(tx, "2", user="U2")
        claimed(tx, "me", "U2")
        asked(tx, "3", user="U3")
        claimed(tx, "other", "U3")

        runs.release(tx, "me")

        assert ["me", None, "other"] == all_of(tx.execute("SELECT owner FROM runs ORDER BY seq").fetchall())
        assert [("me",)] == tx.execute("SELECT owner FROM runs WHERE id = ?", (done,)).fetchall()


def test_a_run_that_another_process_begins_meanwhile_is_left_to_it():
    """Where several processes share a database, the first one has it."""
    with store() as tx:
        asked(tx, "1")

        def meanwhile(sql: str, *_: object) -> None:
            if "status = 'queued' ORDER BY" in sql:
                assert claims.claim(tx, thread_of(tx), "other", BUDGET) is not None

        assert claims.claim(Watched(tx, meanwhile), thread_of(tx), "me", BUDGET) is None
        assert ["other"] == all_of(tx.execute("SELECT owner FROM runs").fetchall())


def test_begin_leaves_a_busy_lane_alone():
    """Not even a run of a dead owner is taken over in passing: that is for the start."""
    with store() as tx:
        asked(tx, "1")
        assert claims.begin(tx, thread_of(tx), "me", BUDGET) is not None
        asked(tx, "2")

        assert claims.begin(tx, thread_of(tx), "me", BUDGET) is None
        assert claims.begin(tx, thread_of(tx), "other", BUDGET) is None
        assert [("in_progress", "me"), ("queued", None)] == tx.execute(
            "SELECT status, owner FROM runs ORDER BY seq"
        ).fetchall()


def test_a_lane_of_its_own_waits_for_nobody():
    """A run without a lane is its own lane."""
    with store() as tx:
        asked(tx, "1")
        claimed(tx)
        run = runs.add(tx, thread_of(tx), 2.0, lane=None)
        messages.add(tx, message("2", kind="help"), thread_of(tx), run)

        claim = claims.begin(tx, run, "me", BUDGET)

        assert claim is not None
        assert (run, run, thread_of(tx)) == (claim.run, claim.lane, claim.thread)


def test_the_claim_of_an_own_text_reads_no_history():
    """Help and confirmations are not answered by the model."""
    with store() as tx:
        former = asked(tx, "1")
        items.add(tx, thread_of(tx), former, ["a"])
        run = runs.add(tx, thread_of(tx), 2.0, lane=None)
        messages.add(tx, message("2", kind="help", inside_topic=True), thread_of(tx), run)

        claim = claims.begin(tx, run, "me", BUDGET)

        assert claim is not None
        assert ((), None) == (claim.history, claim.context_since)


def test_history_makes_room_for_the_messages():
    """The budget is for history and question together."""
    with store() as tx:
        asked(tx, "1")
        claims.finish(tx, claimed(tx), Outcome("completed", ("x" * 30,)), BUDGET, 2.0, go_on=False)
        asked(tx, "2", text="y" * 30)
        cost = items.weigh("x" * 30) + items.weigh("y" * 30)

        tight = claims.claim(tx, thread_of(tx), "me", cost - 1)
        assert tight is not None
        enough = claims.reread(tx, tight, cost)

        assert ((), ("x" * 30,)) == (tight.history, enough.history)


def test_history_leaves_room_for_what_stood_in_a_topic():
    """Where a topic is to be read, a part of the budget is kept free for it."""
    with store() as tx:
        asked(tx, "1")
        claims.finish(tx, claimed(tx), Outcome("completed", ("x" * 30,)), BUDGET, 2.0, go_on=False)
        asked(tx, "2", text="y", inside_topic=True)
        budget = items.weigh("x" * 30) + items.weigh("y")

        tight = claims.claim(tx, thread_of(tx), "me", budget)
        assert tight is not None
        enough = claims.reread(tx, tight, budget + 1 + claims.context_room(2 * budget))

        assert ((), ("x" * 30,)) == (tight.history, enough.history)


@pytest.mark.parametrize(("inside", "since"), [(True, 0.0), (False, None)])
def test_a_topic_is_context_only_from_inside_it(inside, since):
    """Where the message began its topic there is nothing to read."""
    with store() as tx:
        asked(tx, "5", inside_topic=inside)

        assert since == claimed(tx).context_since


def test_a_topic_is_context_from_the_last_question_on():
    """What stood there before is in the thread's history; what others wrote since then is new."""
    with store() as tx:
        asked(tx, "5", inside_topic=True)
        claims.finish(tx, claimed(tx), Outcome("completed"), BUDGET, 6.0, go_on=False)
        asked(tx, "7", inside_topic=True)

        assert 5.0 == claimed(tx).context_since


def test_after_a_reset_a_topic_is_context_from_the_reset_on():
    """What the person had forgotten does not come back as context."""
    with store() as tx:
        threads.renew(tx, HERE, "U1", "user", origin="reset", now=4.0)
        asked(tx, "5", inside_topic=True)

        assert 4.0 == claimed(tx).context_since


@pytest.mark.parametrize("ended", ENDED)
def test_finishing_writes_outcome_and_turn_at_once(ended):
    """Status, error and time stand in the run, the turn in its thread, in order."""
    with store() as tx:
        asked(tx, "1")
        claim = claimed(tx)

        after = claims.finish(tx, claim, Outcome(ended, ("q", "a"), "why"), BUDGET, 9.0, go_on=True)

        assert (None, False) == after

        assert [(ended, "why", 9.0)] == tx.execute("SELECT status, error, ended_at FROM runs").fetchall()
        assert ("q", "a") == items.newest(tx, claim.thread, BUDGET)


def test_finishing_gives_the_next_run_its_turn_in_its_history():
    """The next claim of the lane knows what was said just now."""
    with store() as tx:
        asked(tx, "1")
        asked(tx, "2")

        outcome = Outcome("completed", ("q", "a"))
        following, _ = claims.finish(tx, claimed(tx), outcome, BUDGET, 9.0, go_on=True)

        assert following is not None
        assert (("q", "a"), "me") == (following.history, following.owner)


def test_finishing_may_leave_the_lane_where_it_is():
    """On the way out nothing new is begun."""
    with store() as tx:
        asked(tx, "1")
        asked(tx, "2")

        after = claims.finish(tx, claimed(tx), Outcome("completed"), BUDGET, 9.0, go_on=False)

        assert (None, False) == after
        assert ["completed", "queued"] == status(tx)


def test_unfinished_lanes_are_named_once_oldest_first():
    """Live and waiting work counts; what has ended, and other platforms, do not."""
    with store() as tx:
        asked(tx, "1", user="done")
        claims.finish(tx, claimed(tx, "me", "done"), Outcome("failed"), BUDGET, 2.0, go_on=False)
        for id, user in (("2", "U2"), ("3", "U1"), ("4", "U2")):
            asked(tx, id, user=user)
        claimed(tx, "me", "U1")

        assert [thread_of(tx, "U2"), thread_of(tx, "U1")] == runs.unfinished(tx, ["fake", "third"])
        assert [] == runs.unfinished(tx, ["other"])
        assert [] == runs.unfinished(tx, [])


def test_a_waiting_run_is_found_by_its_topic():
    """The newest that has not begun; neither one of another topic nor a live one."""
    with store() as tx:
        asked(tx, "1")
        claimed(tx)
        assert runs.waiting_in(tx, thread_of(tx), HERE.topic) is None
        asked(tx, "2")
        newest = asked(tx, "3")

        assert newest == runs.waiting_in(tx, thread_of(tx), HERE.topic)
        assert runs.waiting_in(tx, thread_of(tx), "T2") is None
        assert runs.waiting_in(tx, thread_of(tx, "U2"), HERE.topic) is None
