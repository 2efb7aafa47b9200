"""Lanes whose runs are carried out by hand, for tests."""

from __future__ import annotations

import asyncio
from typing import Any

from core.inbox import Inbox
from core.runs.approvals import Approvals
from core.runs.lanes import Lanes, Stopping
from core.store.database import Database, Execute
from core.types import Claim, Outcome, RunId
from tests.core.fakes import TIMEOUT, News
from tests.core.queued import BUDGET, asked, status
from tests.core.whole import lane_tasks, rules


class Hands:
    """Carries runs out by hand: each waits in `held` until `let` gives its outcome."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.news = News()
        self.begun: list[Claim] = []
        self.held: dict[RunId, asyncio.Future[Outcome]] = {}
        self.stopping: dict[RunId, Stopping] = {}
        self.lanes = Lanes(db, self.run, BUDGET)

    async def run(self, claim: Claim, stopping: Stopping) -> Outcome:
        """See `core.runs.lanes.RunFn`."""
        self.begun.append(claim)
        self.held[claim.run] = asyncio.get_running_loop().create_future()
        self.stopping[claim.run] = stopping
        self.news.tell()
        return await self.held[claim.run]

    def let(self, run: RunId, outcome: Outcome | Exception | None = None) -> None:
        """The run ends so; completed unless told."""
        if isinstance(outcome, Exception):
            self.held[run].set_exception(outcome)
        else:
            self.held[run].set_result(outcome or Outcome("completed"))

    async def until(self, count: int) -> None:
        """Returns once so many runs were begun."""
        await self.news.until(lambda: len(self.begun) == count)

    async def resume(self, count: int) -> None:
        """A process starts; returns once so many runs were begun."""
        await self.lanes.resume(["fake"])
        await self.until(count)

    async def status(self) -> list[str]:
        """Of every run, in order."""
        return await self.db(status)

    def ids(self) -> list[RunId]:
        """The runs begun, in order."""
        return [claim.run for claim in self.begun]


async def queued(hands: Hands, *asks: str) -> list[RunId]:
    """Runs for messages such as "U1 2": who, and the id."""

    def work(tx: Execute) -> list[RunId]:
        return [asked(tx, ask.split()[1], user=ask.split()[0]) for ask in asks]

    return await hands.db(work)


async def ended() -> None:
    """Returns once every lane has ended."""
    async with asyncio.timeout(TIMEOUT):
        while tasks := lane_tasks():
            await asyncio.wait(tasks)


def inbox(hands: Hands, **policy: Any) -> Inbox:
    """An inbox over these lanes."""
    return Inbox(hands.db, hands.lanes, rules(**policy), Approvals(hands.db))


async def begun(hands: Hands) -> list[list[str]]:
    """The ids of the messages of each run begun, in order."""
    await hands.db(lambda x: None)
    await asyncio.sleep(0)
    return [[said.id for said in claim.messages] for claim in hands.begun]
