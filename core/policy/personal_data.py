"""A person's data: what is kept of them, all of it, and its end. People are `slack:U…` or `discord:…`."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final, Protocol

from core.concurrency import Backoff
from core.errors import SpoolError, loggable
from core.ports import Erasing as Server
from core.settings import Settings
from core.store import deletions, erasures, forgetting, held
from core.store.database import Database, Execute, look
from core.store.erasures import Erasure
from core.types import RunId

logger = logging.getLogger(__name__)
PERSON: Final = re.compile(r"slack:[UW][A-Z0-9]+|discord:[0-9]{1,20}")
"""The ids of people; only these have data of their own."""
DAY: Final = 86_400.0
GLANCE: Final = 1.0
"""Seconds between two looks at what is to be erased."""
HOUR: Final = 3600.0
QUICK: Final = 0.2
"""Seconds that the file may take at any time to be written anew, for which whoever writes waits."""
REST: Final = 20.0
"""How much longer than it took beyond these nobody waits for that again, however many erase."""
PATIENCE: Final = 20.0
"""Seconds in which runs end by themselves once they are told to, and until what has failed is tried again."""
_AGAIN: Final = Backoff(first=5.0, most=HOUR)


def show(tx: Execute, person: str) -> dict[str, Any]:
    """How much is kept of them, by kind; whether it is being erased, and what the model server still has."""
    erasure = erasures.get(tx, person)
    return {
        "id": person,
        "counts": held.counts(tx, person),
        "erasure": {"asked_at": erasure.asked_at, "done_at": erasure.done_at} if erasure else None,
        "remains": [asdict(one) for one in forgetting.remains(tx, person)],
    }


def export(tx: Execute, person: str) -> dict[str, Any]:
    """All that is kept of them, with every word."""
    return show(tx, person) | held.everything(tx, person)


def erase(tx: Execute, person: str, actor: str, now: float) -> None:
    """On disk ⇒ it will be erased, whatever is killed: the running `Erasing` begins within seconds.

    `show` tells when it is done (`erasure.done_at`). The audit has it as `data.erase`, from this transaction.
    """
    erasures.begin(tx, person, actor, now)


class PersonalData:
    """The same for whoever asks about themselves in a chat, and of workspaces that come and go."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.days = 0
        """After how many days what was said is removed; 0: never."""

    async def show(self, person: str) -> dict[str, Any]:
        """See `show`."""
        return await asyncio.to_thread(look, self._db.path, partial(show, person=person))

    async def export(self, person: str) -> bytes:
        """All of it, as a file of JSON. Whoever writes does not wait for that."""
        found = await asyncio.to_thread(look, self._db.path, partial(export, person=person))
        return json.dumps(found, ensure_ascii=False, indent=1).encode()

    async def erase(self, person: str) -> None:
        """On disk ⇒ it will be. See `erase`."""
        await self._db(partial(erase, person=person, actor=person, now=time.time()))

    async def workspace(self, platform: str, workspace: str, *, here: bool) -> None:
        """The bot was let go of there, or is there again."""
        if here:
            await self._db(partial(erasures.back, platform=platform, workspace=workspace))
        else:
            await self._db(lambda tx: erasures.left(tx, platform, workspace, time.time()))

    async def only(self, platform: str, workspaces: Collection[str]) -> None:
        """The bot is in these alone: of others it was let go while nobody listened."""
        await self._db(lambda tx: erasures.only(tx, platform, workspaces, time.time()))


@dataclass(frozen=True, slots=True)
class Terms:
    """Seconds after which what was said goes, and all of a workspace that let the bot go; None: never."""

    retention: float | None = None
    grace: float | None = None

    @classmethod
    def of(cls, settings: Settings) -> Terms:
        """What could still be read again is kept in any case: it would be answered a second time."""
        days, window = settings.retention_days * DAY, float(settings.catch_up_seconds)
        return cls(max(days, window) if days else None, settings.tenant_grace_days * DAY or None)


class Halting(Protocol):
    """Whoever carries out runs in this process."""

    def stop(self, run: RunId) -> None: ...

    def abandon(self, run: RunId) -> None: ...

    async def go_on(self) -> None: ...


class Erasing:
    """Carries erasures out, here and at the model server. `runs`: None where no Spool is running."""

    def __init__(
        self,
        db: Database,
        service: Callable[[], Awaitable[Server]],
        runs: Halting | None = None,
        terms: Terms | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._db, self._service, self._runs = db, service, runs
        self._terms, self._clock = terms or Terms(), clock
        self._old_at = self._next = 0.0

    async def keep(self) -> None:
        """Look again and again, as long as this runs; what a kill has cut is in the database."""
        while True:
            await asyncio.sleep(GLANCE)
            try:
                await self.look()
            except Exception as error:  # the next look goes on from here
                logger.warning("data could not be erased yet", extra={"error": loggable(error)})
                await asyncio.sleep(PATIENCE)

    async def look(self) -> None:
        """Do what can be done now."""
        if time.monotonic() >= self._next:
            await self._finish()
        await self._old()
        await self._remains()

    async def _finish(self) -> None:
        removed = [one for one in await self._db(erasures.unfinished) if await self._removed(one)]
        if not removed:
            return
        began = time.monotonic()
        try:
            if await self._db.scrub():  # only then it is gone from the disk
                for one in removed:
                    await self._db(partial(erasures.done, one=one, now=self._clock()))
        finally:
            ended = time.monotonic()
            self._next = ended + max(0.0, ended - began - QUICK) * REST

    async def _removed(self, one: Erasure) -> bool:
        """Whether no row is left of it. Each step is one transaction, and may be repeated."""
        if "/" in one.whose:
            if self._terms.grace is None or self._clock() < one.asked_at + self._terms.grace:
                return False
            for person in await self._db(partial(erasures.people_of, one=one)):
                theirs = Erasure(person, self._clock(), one.whose, 0)
                await self._db(partial(erase, person=person, actor=one.whose, now=theirs.asked_at))
                # while it is known what is theirs
                await self._db(partial(erasures.forget_person, one=theirs, now=self._clock()))
        elif not await self._halted(one):
            return False
        else:
            await self._unsaid(one)
        await self._db(partial(erasures.forget_person, one=one, now=self._clock()))
        while await self._db(lambda tx: erasures.forget_some(tx, one, self._clock())):
            pass
        for run in await asyncio.to_thread(look, self._db.path, lambda tx: deletions.heard(tx, *one.of)):
            await self._db(partial(deletions.unhear, run=run, person=one.of[1]))
        return True

    async def _halted(self, one: Erasure) -> bool:
        """Whether nothing of theirs is under way any more, or not to be waited for."""
        live = await self._db(lambda tx: erasures.halt(tx, one, self._clock()))
        own = [run for run, own in live if own]
        late = self._runs is None or self._clock() > one.asked_at + PATIENCE
        if self._runs:
            for run in own:
                (self._runs.abandon if late else self._runs.stop)(run)
            await self._runs.go_on()  # who stood behind what was queued may be able to begin
        return len(own) == len(live) and (late or not live)

    async def _unsaid(self, one: Erasure) -> None:
        """Their words leave copies, and what others said and were answered."""

        def copy(tx: Execute) -> bool:
            found = erasures.copied(tx, one)
            if found:
                forgetting.forget_thread(tx, found, one.whose, self._clock())
            return bool(found)

        while await self._db(copy):
            pass
        for thread in await self._db(partial(erasures.shared, one=one)):
            find = partial(erasures.quotes, one=one, thread=thread)
            lines, found = await asyncio.to_thread(look, self._db.path, find)
            for at in range(0, len(found), erasures.AT_ONCE):
                some = found[at : at + erasures.AT_ONCE]
                await self._db(partial(deletions.unquote, thread=thread, lines=lines, places=some))
        await self._db(partial(erasures.between, one=one))

    async def _old(self) -> None:
        """Once an hour: what was kept for its time."""
        now = self._clock()
        if now < self._old_at:
            return
        await self._db(lambda tx: erasures.settle(tx, now))
        if (kept := self._terms.retention) is not None:
            while await self._db(lambda tx: erasures.forget_old(tx, now - kept, now)):
                pass
            self._db.wipe()
        self._old_at = now + HOUR

    async def _remains(self) -> None:
        """What the model server has of it, until that has it no more."""
        now = self._clock()
        for one in await self._db(lambda tx: forgetting.remains(tx, until=now)):
            try:
                await (await self._service()).erase(one.kind, one.remote)
            except Exception as error:
                again = now + _AGAIN.pause(one.tries + 1, error)
                told = str(error) if isinstance(error, SpoolError) else type(error).__name__
                await self._db(lambda tx: forgetting.put_off(tx, one, told[:200], again))  # noqa: B023
            else:
                await self._db(partial(forgetting.gone, one=one))
