"""What must be true of threads and their runs: the model that `test_run_states` compares with."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from hypothesis.stateful import RuleBasedStateMachine

from core.inbox import Inbox
from core.store.database import Database
from core.types import Claim
from tests.core.fakes import settled
from tests.core.hands import Hands
from tests.core.whole import lane_tasks, rules
from tests.fresh import fresh

T = TypeVar("T")

LIVE = ("in_progress", "cancelling")


@dataclass
class Run:
    """What must be true of a run."""

    messages: list[str]
    status: str = "queued"
    attempts: int = 0
    deaths: int = 0
    gone: set[str] = field(default_factory=set)
    """Those of the messages that were deleted since it began."""
    steps: set[str] = field(default_factory=set)
    held: bool = False
    """Whether some process that did not let go has it."""


@dataclass
class Thread:
    """Runs in the order of acceptance, and what they left behind."""

    runs: list[Run] = field(default_factory=list)
    turns: list[str] = field(default_factory=list)

    @property
    def live(self) -> Run | None:
        """The run under way."""
        return next((run for run in self.runs if run.status in LIVE), None)

    @property
    def waiting(self) -> list[Run]:
        """Runs that have not begun."""
        return [run for run in self.runs if run.status == "queued"]

    def begin(self) -> None:
        """The oldest waiting run begins, if none is under way."""
        if not self.live and self.waiting:
            self.waiting[0].held = True
            self.waiting[0].status = "in_progress"


class Processes(RuleBasedStateMachine):
    """A database, the process that works on it, those that froze before, and what must be true of them."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.directory = tempfile.TemporaryDirectory()
        self.db = Database(fresh(Path(self.directory.name) / "spool.sqlite3"))
        self.do(lambda: self.db(settled))
        self.hands = Hands(self.db)
        self.frozen: list[tuple[Hands, Claim]] = []
        self.alive = True
        self.collect = False
        self.said = 0
        self.current: dict[str, Thread] = {}
        self.threads: list[Thread] = []
        self.withdrawn: set[str] = set()

    def teardown(self) -> None:
        """Nothing is left behind."""
        self.do(self.killed)
        self.db.close()
        self.loop.close()
        self.directory.cleanup()

    def do(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do it, and wait until all that follows from it has happened."""

        async def and_settle() -> T:
            result = await work()
            for _ in range(3):
                for _ in range(3):
                    await asyncio.sleep(0)
                await self.db(lambda x: None)
            return result

        return self.loop.run_until_complete(and_settle())

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """What the database says."""

        async def work() -> list[tuple[Any, ...]]:
            return await self.db(lambda tx: tx.execute(sql).fetchall())

        return self.loop.run_until_complete(work())

    @property
    def inbox(self) -> Inbox:
        """That of the process that is alive."""
        return Inbox(self.db, self.hands.lanes, rules(collect=self.collect))

    def claims(self) -> dict[str, Claim]:
        """What the living process carries out: first message → claim."""
        return {
            claim.messages[0].id: claim for claim in self.hands.begun if not self.hands.held[claim.run].done()
        }

    async def killed(self) -> None:
        """Tasks end where they are; the database learns nothing."""
        for task in lane_tasks():
            task.cancel()
