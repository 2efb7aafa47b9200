"""core.runs.lanes: one run at a time in each lane, over starts and stops of the process."""

from __future__ import annotations

import asyncio

import pytest

from core.runs import claims
from core.runs.lanes import Lanes, Stopping
from core.store import runs
from core.types import Claim, Outcome, RunId
from tests.core.hands import Hands, ended, queued
from tests.core.queued import BUDGET, thread_of
from tests.core.whole import lane_tasks


async def test_a_lane_runs_one_after_the_other_in_order(hands):
    """The next begins when the one before it has its outcome on disk."""
    first, second, third = await queued(hands, "U1 3", "U1 1", "U1 2")
    await hands.resume(1)
    assert [first] == hands.ids()
    hands.let(first)
    await hands.until(2)
    assert ["completed", "in_progress", "queued"] == await hands.status()
    hands.let(second, Outcome("failed"))
    await hands.until(3)
    hands.let(third)
    await ended()
    assert [first, second, third] == hands.ids()
    assert ["completed", "failed", "completed"] == await hands.status()
    await asyncio.sleep(0)
    assert not hands.lanes.busy


async def test_lanes_run_at_once_by_the_hundred(hands):
    """None waits for another."""
    ids = await queued(hands, *(f"U{number} {number}" for number in range(300)))
    await hands.resume(300)
    assert sorted(ids) == sorted(hands.ids())
    assert hands.lanes.busy


async def test_the_start_takes_over_what_a_dead_process_ran(hands):
    """The run goes on as it is recorded; what waits behind it follows."""
    first, second = await queued(hands, "U1 1", "U1 2")
    await hands.db(lambda tx: claims.claim(tx, thread_of(tx), "dead", BUDGET))
    await hands.resume(1)
    hands.let(first)
    await hands.until(2)
    hands.let(second)
    assert [(first, True, 1), (second, False, 0)] == [(c.run, c.resumed, c.deaths) for c in hands.begun]


async def test_the_start_begins_the_oldest_first(hands):
    """Whoever has waited longest is served first."""
    first, second, _ = await queued(hands, "U2 1", "U1 2", "U2 3")
    await hands.resume(2)
    assert [first, second] == hands.ids()


async def test_resuming_begins_what_is_served_and_nothing_twice(hands):
    """`run slack` does not touch what waits for Discord; what this process runs already is left alone."""
    await queued(hands, "U1 1")
    await hands.lanes.resume(["another"])
    assert ["queued"] == await hands.status()
    await hands.lanes.resume(["fake"])
    await hands.resume(1)
    assert 1 == len(lane_tasks())


async def test_a_run_is_told_to_stop(hands):
    """The one that is meant; an unknown one, or one that has ended, is no error."""
    first, second = await queued(hands, "U1 1", "U2 2")
    await hands.resume(2)
    hands.lanes.stop(first)
    hands.lanes.stop(RunId("run_unknown"))
    assert (True, False) == (hands.stopping[first].is_set(), hands.stopping[second].is_set())


@pytest.mark.parametrize("owner", ["dead", ""])
async def test_a_stop_is_told_from_the_beginning(hands, owner):
    """It outlives the process, or comes between the claim of a run and its first step."""
    (run,) = await queued(hands, "U1 1")
    owner = owner or hands.lanes.owner
    claim = await hands.db(lambda tx: claims.claim(tx, thread_of(tx), owner, BUDGET))
    assert claim is not None
    if owner == "dead":
        await hands.db(lambda tx: runs.stop(tx, thread_of(tx)))
        await hands.lanes.resume(["fake"])
    else:
        hands.lanes.start(claim)
        hands.lanes.stop(run)
    await hands.until(1)
    assert hands.stopping[run].is_set()


async def test_closing_lets_go_of_everything_where_it_is(hands):
    """Runs stay live without an owner, waiting ones wait; the next start counts no death."""
    await queued(hands, "U1 1", "U1 2")
    await hands.resume(1)
    await hands.lanes.close()
    assert [] == lane_tasks()
    assert ["in_progress", "queued"] == await hands.status()
    later = Hands(hands.db)
    await later.resume(1)
    assert (0, True) == (later.begun[0].deaths, later.begun[0].resumed)
    await later.lanes.close()


async def test_closing_waits_until_runs_have_let_go(hands):
    """When it returns nothing of them touches a platform any more."""
    left: list[RunId] = []

    async def run(claim: Claim, stopping: Stopping) -> Outcome:
        try:
            await asyncio.Event().wait()
            return Outcome("completed")
        finally:
            await asyncio.sleep(0.05)
            left.append(claim.run)

    await queued(hands, "U1 1", "U2 2")
    lanes = Lanes(hands.db, run, BUDGET)
    await lanes.resume(["fake"])
    await asyncio.sleep(0)
    await lanes.close()
    assert 2 == len(left)


async def test_nothing_begins_while_closing(hands):
    """A message accepted at the last moment is begun by the next start, and no death is counted."""
    await queued(hands, "U1 1")
    claim = await hands.db(lambda tx: claims.claim(tx, thread_of(tx), hands.lanes.owner, BUDGET))
    assert claim is not None
    closing = asyncio.create_task(hands.lanes.close())
    await asyncio.sleep(0)
    hands.lanes.start(claim)
    await closing
    assert [] == hands.begun
    assert [(None,)] == await hands.db(lambda tx: tx.execute("SELECT owner FROM runs").fetchall())
