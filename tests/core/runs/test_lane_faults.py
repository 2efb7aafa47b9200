"""core.runs.lanes: lost runs, a database that refuses, and errors nobody expected."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.concurrency import Backoff
from core.errors import Lost, Unsaved
from core.runs import claims
from core.runs.lanes import Lanes
from core.store import runs
from core.types import Outcome
from tests.core.hands import Hands, ended, queued
from tests.core.queued import BUDGET, thread_of


@pytest.mark.parametrize("when", ["while it runs", "at its end"])
async def test_a_lost_run_is_left_alone(hands, when, caplog):
    """Its new owner has it, and what waits behind it too."""
    (run, _) = await queued(hands, "U1 1", "U1 2")
    await hands.resume(1)
    if when == "at its end":
        await hands.db(lambda tx: claims.claim(tx, thread_of(tx), "other", BUDGET))
    hands.let(run, Lost(run) if when == "while it runs" else Outcome("completed"))
    await ended()
    assert [run] == hands.ids()
    assert ["in_progress", "queued"] == await hands.status()
    assert ["run has another owner now"] == [record.getMessage() for record in caplog.records]


@contextlib.asynccontextmanager
async def locked(hands: Hands, path: Path) -> AsyncIterator[None]:
    """Nobody can write: another program holds the database."""
    await hands.db(lambda tx: tx.execute("PRAGMA busy_timeout=1").fetchall())
    stranger = sqlite3.connect(path, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        stranger.execute("ROLLBACK")
        stranger.close()


async def test_an_outcome_that_cannot_be_saved_is_tried_again(hands, tmp_path, caplog):
    """The database refuses more than once; then the same run goes on, and no error is counted."""
    caplog.set_level(logging.ERROR)
    first, second = await queued(hands, "U1 1", "U1 2")
    await hands.resume(1)
    async with locked(hands, tmp_path / "spool.sqlite3"):
        hands.let(first)
        await asyncio.sleep(0.7)  # longer than the first pause of half a second
    await hands.until(2)
    assert [first, first] == hands.ids()
    assert (True, 0) == (hands.begun[1].resumed, hands.begun[1].attempts)
    hands.let(first)
    await hands.until(3)
    hands.let(second)
    await ended()
    assert ["completed", "completed"] == await hands.status()
    assert all("refused" in record.getMessage() for record in caplog.records)


async def test_a_full_disk_is_tried_ever_more_slowly(hands, caplog):
    """Each try may ask the model again. It is one error with its cure, and another one when it comes back."""
    caplog.set_level(logging.INFO)
    full, heard = Unsaved("database or disk is full"), []
    full.cure = "Make room."
    told = lambda asked, error: heard.append((asked.id, error))  # noqa: E731
    hands.lanes = Lanes(hands.db, hands.run, BUDGET, refused=told, refusing=Backoff(first=0.02))
    first, second = await queued(hands, "U1 1", "U1 2")
    await hands.lanes.resume(["fake"])
    began = asyncio.get_running_loop().time()
    for tries, run in ((1, first), (2, first), (3, first), (5, second)):
        await hands.until(tries)
        hands.let(run, full)
        if tries == 3:
            assert asyncio.get_running_loop().time() - began >= 0.02 + 0.04
            await hands.until(4)
            hands.let(first)
    await hands.until(6)

    lines = [(one.levelname, vars(one)["error"]) for one in caplog.records if "refused" in one.getMessage()]
    assert ["ERROR", "INFO", "INFO", "ERROR"] == [level for level, _ in lines]
    assert all(text.endswith("database or disk is full Make room.") for _, text in lines)
    assert ["1", "1", "1", "2"] == [id for id, _ in heard]


async def test_a_run_lost_while_the_database_was_away_is_left_alone(hands, tmp_path):
    """The lane ends instead of asking for ever."""
    (run,) = await queued(hands, "U1 1")
    await hands.resume(1)
    async with locked(hands, tmp_path / "spool.sqlite3"):
        hands.let(run)
        await asyncio.sleep(0.01)
    await hands.db(lambda tx: claims.claim(tx, thread_of(tx), "other", BUDGET))
    await ended()
    assert [run] == hands.ids()


async def test_an_unexpected_error_is_an_attempt(hands):
    """It is counted, and the run is tried again as it was recorded."""
    (run,) = await queued(hands, "U1 1")
    await hands.resume(1)
    hands.let(run, ValueError("on purpose"))
    await hands.until(2)
    assert (run, 1, True) == (hands.begun[1].run, hands.begun[1].attempts, hands.begun[1].resumed)


async def test_the_third_unexpected_error_ends_the_run_and_the_lane_goes_on(hands):
    """A run that breaks every time does not block what waits behind it; its end is told."""
    first, second = await queued(hands, "U1 1", "U1 2")
    told = []
    hands.lanes.ended = lambda claim, outcome: told.append((claim.run, outcome.status))
    await hands.resume(1)
    await hands.db(lambda tx: runs.met_error(tx, first, hands.lanes.owner, "a"))
    await hands.db(lambda tx: runs.met_error(tx, first, hands.lanes.owner, "b"))
    hands.let(first, ValueError("on purpose"))
    await hands.until(2)
    assert second == hands.ids()[1]
    assert ["failed", "in_progress"] == await hands.status()
    assert [(first, "failed")] == told
