"""When clients' runs expire: by our own clock, also while nobody reads, and at a start for what is overdue.

What makes it safe: what is to end is marked in the database first (`cancelling`), and whoever carries that
out, this process or the next, finds that its time is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from typing import Final

from core.concurrency import retry
from core.errors import Unsaved
from core.runs import claims
from core.runs.client import views
from core.runs.client.objects import Object
from core.runs.lanes import RECORDING, Lanes
from core.store import client_runs
from core.store.client_runs import RunRow
from core.store.database import Database, Execute
from core.types import Claim, RunId, RunStatus

LONGEST: Final = 60.0
"""Seconds between two looks at what is overdue: clocks are set, and machines sleep."""


class Endings:
    """Ends clients' runs before they end by themselves: cancelled or expired."""

    def __init__(self, db: Database, lanes: Lanes, budget: int) -> None:
        self._db, self._lanes, self._budget = db, lanes, budget
        self._news, self._until = asyncio.Event(), math.inf

    def mark(self, tx: Execute, row: RunRow, status: RunStatus, now: float) -> Claim | None:
        """Part of a transaction: it is to end so. What that leads to is carried out by `carry_out`."""
        if client_runs.cancel(tx, row.id, status, now):
            return claims.claim(tx, row.thread, self._lanes.owner, self._budget, self._lanes.turns)
        return None

    def carry_out(self, run: RunId, claim: Claim | None, told: Object) -> None:
        """The mark is on disk: whoever works on the run stops, or it is ended here."""
        if claim:
            self._lanes.start(claim)
        elif told["status"] == "cancelling":
            self._lanes.stop(run)
        self._lanes.watching.changed(run, told)

    async def expire(self) -> float:
        """End what is overdue; gives when the next run will be."""
        now = time.time()

        def work(tx: Execute) -> tuple[list[tuple[RunId, Claim | None, Object]], float]:
            over = []
            for row in client_runs.overdue(tx, now):
                claim = self.mark(tx, row, "expired", now)
                over.append((row.id, claim, views.now(tx, row.id)))
            return over, client_runs.next_expiry(tx)

        over, following = await self._db(work)
        for run, claim, told in over:
            self.carry_out(run, claim, told)
        return following

    def expects(self, at: float) -> None:
        """There is a new run, which may be the next to expire."""
        if at < self._until:
            self._news.set()

    async def watch(self) -> None:
        """Expire runs as their time comes, until cancelled."""
        while True:
            self._news.clear()
            self._until = math.inf  # what comes meanwhile makes this look again
            again = lambda error: isinstance(error, Unsaved)  # noqa: E731
            self._until = await retry(self.expire, RECORDING, "expiry", again=again)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(LONGEST, max(0.0, self._until - time.time()))):
                    await self._news.wait()
