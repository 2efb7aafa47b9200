"""What a thread has at the model server from what people sent: files, and a store of documents."""

from __future__ import annotations

import time
from contextlib import suppress

from core.errors import Permanent, Retryable
from core.runs.input import KEPT_DAYS, RunInput
from core.runs.request import Resources
from core.runs.run_context import RunContext
from core.store import files, vector_stores
from core.types import Claim


class ThreadResources:
    """Of the thread of one run. `asked` is what it brings itself."""

    def __init__(self, run_context: RunContext, claim: Claim, asked: RunInput) -> None:
        self._run_context, self._claim, self._asked = run_context, claim, asked

    def __bool__(self) -> bool:
        """Whether there is anything from before this question."""
        return bool(self._claim.kept or self._claim.store)

    def resources(self, *, before: bool = True) -> Resources:
        """What hosted tools work on; what was there `before` this question may be left out."""
        if not self._run_context.rules.full:
            return Resources()
        store = self._asked.store or (self._claim.store if before else None)
        sent = [file.remote for file in self._asked.files() if file.remote]
        return Resources(
            [store] if store else [], list(dict.fromkeys([*(self._claim.kept if before else ()), *sent]))
        )

    async def searched(self) -> None:
        """The store was used: its days are counted anew at the server, and here."""
        until = time.time() + KEPT_DAYS * 86_400
        await self._run_context.db(lambda tx: vector_stores.used(tx, self._claim.thread, until))

    async def forget(self) -> None:
        """Something of it is gone at the server: not every question is to be refused first because of it."""
        claim, now = self._claim, time.time()
        await self._run_context.db(lambda tx: files.forget_remotes(tx, claim.thread, claim.run))
        await self._run_context.db(
            lambda tx: vector_stores.used(tx, claim.thread, now)
        )  # in doubt from now on
        with suppress(Retryable, Permanent):
            if claim.store and await self._run_context.library.store(claim.thread):
                await self.searched()
