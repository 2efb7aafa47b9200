"""A person's yes or no, waited for: what is decided is in the database, who waits for it is here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from core.store import approvals
from core.store.approvals import Approval, Decision, State
from core.store.database import Database

SECONDS = 600.0
"""How long a person may take."""


class Approvals:
    """Shared by those who ask (runs) and those who hear the answer (platforms)."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: dict[str, asyncio.Event] = {}

    async def decide(self, id: str, person: str, yes: bool) -> Decision:
        """A button was pressed. done ⇒ it is on disk, and the run knows."""
        now = time.time()
        decision = await self._db(lambda tx: approvals.decide(tx, id, person, yes, now))
        if decision == "done":
            self.decided((id,))
        return decision

    def decided(self, ids: Iterable[str]) -> None:
        """Something was decided and is on disk: wake up whoever waits for it."""
        for id in ids:
            if event := self._waiting.get(id):
                event.set()

    async def wait(self, approval: Approval) -> State:
        """What the person says; `expired` when the time is over first."""
        event = self._waiting.setdefault(approval.id, asyncio.Event())
        try:
            if await self._db(lambda tx: approvals.state(tx, approval.id)) == "waiting":
                async with asyncio.timeout(max(0.0, approval.expires_at - time.time())):
                    await event.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting.pop(approval.id, None)
        return await self._db(lambda tx: approvals.end(tx, approval.id))
