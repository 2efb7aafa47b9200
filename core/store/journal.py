"""The durable memory of one run: each step is recorded once, fenced by the run's owner."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from core.store import runs
from core.store.database import Database
from core.types import Claim


class Journal:
    """Steps of the run in `claim`. `memo` holds what is recorded; a value is anything JSON can hold."""

    def __init__(self, db: Database, claim: Claim) -> None:
        self._db = db
        self.claim = claim
        self.memo: dict[str, Any] = dict(claim.memo)

    async def record(self, name: str, value: object, *, ref: str | None = None) -> None:
        """Returns ⇒ the step is on disk. `ref` names the post a step stands for. Raises Lost."""
        claim, now = self.claim, time.time()
        self.memo[name] = value  # before the commit: a caller that is cancelled meanwhile has recorded it too
        await self._db(lambda tx: runs.record(tx, claim.run, claim.owner, name, value, ref, now))

    async def once(self, name: str, step: Callable[[], Awaitable[Any]]) -> Any:
        """The recorded value; the first time, what `step` gives, recorded before it is returned."""
        if name not in self.memo:
            await self.record(name, await step())
        return self.memo[name]

    async def recorded(self, refs: Iterable[str]) -> set[str]:
        """Those of the posts that belong to some run already."""
        wanted = list(refs)
        return await self._db(lambda tx: runs.recorded(tx, wanted))
