"""Lanes: who runs a thread. In process: one task per lane with work, one run at a time in each.

This is the seam for several processes: another implementation of `start`, `resume` and `stop` would ask
the database who may run a lane; the runs, the journal and the platforms would not notice.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import replace

from core.concurrency import Backoff, retry
from core.errors import Lost, Parked, Unsaved, loggable
from core.policy.turns import Turns
from core.runs import claims
from core.runs.client.watching import Watching
from core.store import runs
from core.store.database import Database, Execute
from core.types import Claim, IncomingMessage, Outcome, RunId, ThreadId

logger = logging.getLogger(__name__)
Stopping = asyncio.Event
MAX_ATTEMPTS = 3
"""Errors a run may meet before it ends as failed."""
RECORDING = Backoff(first=0.5, most=15.0)
REFUSING = Backoff(first=0.5, most=60.0)
"""Between the tries of a run that could not be stored: each may ask the model again."""
RunFn = Callable[[Claim, Stopping], Awaitable[Outcome]]
UNEXPECTED = Outcome("failed", error="unexpected")


def _nobody(*_: object) -> None:
    """Where nobody wants to be told."""


class Lanes:
    """Carries out claims with `run` until nothing is left in their lane; `due` is told of threads whose
    summary is due, `refused` of each message whose run, or which itself, the database refuses.
    """

    def __init__(
        self,
        db: Database,
        run: RunFn,
        budget: int,
        due: Callable[[ThreadId], None] = _nobody,
        refused: Callable[[IncomingMessage, Unsaved], None] = _nobody,
        refusing: Backoff = REFUSING,
    ) -> None:
        self._db, self._run, self._budget, self._due, self.refused = db, run, budget, due, refused
        self._refusing = refusing
        self.owner = secrets.token_hex(8)
        self.turns = Turns(self.owner)
        """Who has to wait for others: nobody, unless it is set."""
        self.watching = Watching()
        """Who is told of clients' runs; the runner tells the same."""
        self._tasks: dict[asyncio.Task[None], str] = {}
        """By channel."""
        self.noticed: Callable[[], None] = _nobody
        """Told whenever `places` has changed."""
        self.ended: Callable[[Claim, Outcome], None] = _nobody
        """Told of each run whose end is on disk. Must not raise."""
        self._stopping: dict[RunId, Stopping] = {}
        self._closing = False
        self._refused = ""
        """Why the database refuses, "" while it does not."""

    def start(self, claim: Claim) -> None:
        """Go on with a claim of this owner; returns at once."""
        if self._closing:
            return  # it stays ours in the database until `close` releases it
        task = asyncio.create_task(self._lane(claim), name=f"lane {claim.lane}")
        self._tasks[task] = next((message.address.channel for message in claim.messages), "")
        task.add_done_callback(self._ended)
        self.noticed()

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self.noticed()

    def stop(self, run: RunId) -> None:
        """Tell a run that it is to be cancelled; the database knows already."""
        self._stopping.setdefault(run, Stopping()).set()  # its lane may not have begun it yet

    def abandon(self, run: RunId) -> None:
        """It is gone from the database: whoever works on it, stop."""
        if run in self._stopping:
            self.stop(run)

    async def resume(self, platforms: Iterable[str]) -> None:
        """Go on with everything unfinished. This is start-up: there is no other recovery."""
        wanted = list(platforms)
        turns = self.turns = replace(self.turns, platforms=tuple(wanted))

        def work(tx: Execute) -> list[Claim | None]:
            lanes = runs.unfinished(tx, wanted)
            if turns.limited:  # what had begun goes on, and our own texts: the others take turns
                lanes = [lane for lane in lanes if runs.live(tx, lane) or lane.startswith("run_")]
            held = [claims.claim(tx, lane, self.owner, self._budget, turns) for lane in lanes]
            return [*held, *claims.go_round(tx, self._budget, turns)]

        for claim in await self._db(work):
            if claim:
                self.start(claim)

    async def go_on(self, person: str = "") -> None:
        """This person has made room without an end of a run: begin what waited for that. Never raises."""
        if not self.turns.limited or self._closing:
            return
        with suppress(Unsaved):  # the next end of a run makes up for it
            for claim in await self._db(lambda tx: claims.go_round(tx, self._budget, self.turns, person)):
                self.start(claim)

    @property
    def busy(self) -> bool:
        """Whether any run is under way or waiting."""
        return bool(self._tasks)

    @property
    def places(self) -> tuple[str, ...]:
        """The channel of each lane that has work; one that waits for a person counts."""
        return tuple(self._tasks.values())

    async def quiet(self) -> None:
        """Returns when no run is under way."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def close(self) -> None:
        """Let go of all runs where they are; the next start goes on with them."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._db(lambda tx: runs.release(tx, self.owner))

    async def _lane(self, claim: Claim) -> None:
        try:
            await self._until_empty(claim)
        except Lost as lost:
            self.watching.over(RunId(str(lost)))
            logger.warning("run has another owner now", extra={"run_id": str(lost)})
            await self.go_on()

    async def _until_empty(self, claim: Claim) -> None:
        following: Claim | None = claim
        refusals = 0
        while following:
            claim = following
            try:
                following, refusals = await self._one(claim), 0
                self._refused = ""
            except Lost:
                raise
            except Unsaved as error:  # nothing was lost: the run stands as it was recorded
                refusals += 1
                self._tell(claim, error)
                following = await self._again(claim, self._refusing.pause(refusals))
            except Exception:
                logger.exception("run met an unexpected error", extra={"run_id": claim.run})
                following = await self._again(claim, RECORDING.pause(1), failed=True)

    def _tell(self, claim: Claim, error: Unsaved) -> None:
        """An error the first time, with its cure; while it lasts it is told in passing."""
        level = logging.INFO if self._refused == str(error) else logging.ERROR
        self._refused = str(error)
        facts = {"run_id": claim.run, "error": loggable(error)}
        logger.log(level, "database refused, trying again", extra=facts)
        self.refused(claim.messages[-1], error)

    async def _one(self, claim: Claim) -> Claim | None:
        stopping = self._stopping.setdefault(claim.run, Stopping())
        if claim.status == "cancelling":
            stopping.set()
        elif claim.options:
            self.watching.changed(claim.run, claim.told)
        try:
            outcome = await self._run(claim, stopping)
            now, go_on = time.time(), not self._closing
            ended = await self._db(
                lambda tx: claims.finish(tx, claim, outcome, self._budget, now, self.turns, go_on=go_on)
            )
            self.ended(claim, outcome)
            for other in ended.others:
                self.start(other)
            if ended.due:
                self._due(claim.thread)
            if ended.wiped:
                self._db.wipe()
            if ended.told:
                self.watching.changed(claim.run, ended.told)
            return ended.following
        except Parked as parked:
            waiting = parked
            told = await self._db(lambda tx: claims.park(tx, claim, waiting, self._budget))
            if isinstance(told, Claim):
                return told
            self.watching.changed(claim.run, told)
            await self.go_on()
            return None
        finally:
            self._stopping.pop(claim.run, None)
            self.watching.live.pop(claim.run, None)

    async def _again(self, claim: Claim, pause: float, *, failed: bool = False) -> Claim | None:
        """The same run once more, after a while; `failed`: by a fault of its own, which ends it in time."""
        await asyncio.sleep(pause)
        reread = lambda: self._db(lambda tx: self._reread(tx, claim, failed=failed))  # noqa: E731
        found = await retry(reread, RECORDING, "run", again=lambda error: isinstance(error, Unsaved))
        if isinstance(found, Claim):
            return found
        self.ended(claim, UNEXPECTED)
        for other in found.others:
            self.start(other)
        if found.told:
            self.watching.changed(claim.run, found.told)
        return found.following

    def _reread(self, tx: Execute, claim: Claim, *, failed: bool) -> Claim | claims.Ended:
        if failed and runs.met_error(tx, claim.run, claim.owner, "unexpected") >= MAX_ATTEMPTS:
            return claims.finish(tx, claim, UNEXPECTED, self._budget, time.time(), self.turns, go_on=True)
        return claims.reread(tx, claim, self._budget)
