"""The vector store of each owner: made when it is needed, made anew when it vanished at the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from core.concurrency import Backoff, KeyedLock, retry
from core.ports import VectorStores
from core.store import assistants, vector_stores
from core.store.database import Database, Execute

DAY: Final = 86400.0
RECHECK: Final = 3600.0
"""Seconds after which a store that outlived its time is asked for again: its use is not always told us."""


class OwnedStores:
    """Stores by owner. `tell` is given what was done to an assistant besides."""

    def __init__(
        self,
        db: Database,
        service: VectorStores,
        backoff: Backoff,
        tell: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self._db, self._service, self._backoff = db, service, backoff
        self._tell, self._clock = tell, clock
        self._only = KeyedLock()
        self._seen: set[tuple[str, str]] = set()

    async def recorded(self, owner: str) -> str | None:
        """The owner's store as we know it."""
        found = await self._db(lambda tx: vector_stores.store(tx, owner))
        return found.remote if found is not None else None

    async def alive(self, owner: str) -> str | None:
        """The owner's store, None when it has none or it expired. The server is asked only when in doubt."""
        found = await self._db(lambda tx: vector_stores.store(tx, owner))
        if found is None or found.expires_at is None or self._clock() < found.expires_at:
            return found.remote if found is not None else None
        if not await self.is_there(found.remote):
            return None
        await self._lives(owner, RECHECK)
        return found.remote

    async def is_there(self, store: str) -> bool:
        """Whether the server has it."""
        return await retry(lambda: self._service.has_store(store), self._backoff, "documents")

    async def used(self, owner: str, days: int) -> None:
        """The store lives so many days from now on, at least."""
        await self._lives(owner, days * DAY)

    async def _lives(self, owner: str, seconds: float) -> None:
        end = self._clock() + seconds
        await self._db(lambda tx: vector_stores.used(tx, owner, end))

    async def check(self, owner: str, days: int | None) -> None:
        """Replace a recorded store that is not there any more; asked once, and when it may have expired."""
        found = await self._db(lambda tx: vector_stores.store(tx, owner))
        if found is None:
            return
        late = found.expires_at is not None and self._clock() >= found.expires_at
        if (owner, found.remote) in self._seen and not late:
            return
        if not await self.is_there(found.remote):
            await self.open(owner, days, found.remote)
            return
        self._seen.add((owner, found.remote))
        self._say(await self._db(lambda tx: self._offer(tx, owner, found.remote, None)))

    async def open(self, owner: str, days: int | None, former: str | None) -> str:
        """A new store in place of the former one, unless somebody was faster.

        A process that dies before it is recorded leaves an empty store behind, which costs nothing.
        """
        async with self._only.of(owner):
            current = await self.recorded(owner)
            if current is not None and current != former:
                return current
            made = await retry(
                lambda: self._service.create_store(f"Spool {owner}", days=days), self._backoff, "documents"
            )
            expires = None if days is None else self._clock() + days * DAY

            def record(tx: Execute) -> str:
                vector_stores.open_store(tx, owner, made, expires)
                return self._offer(tx, owner, made, former)

            self._say(await self._db(record))
            self._seen.add((owner, made))
            return made

    def _offer(self, tx: Execute, owner: str, store: str, former: str | None) -> str:
        """An assistant searches its store from its next run on; gives its name if it could not before."""
        assistant = assistants.get(tx, owner) if owner.startswith("asst_") else None
        if assistant is None:
            return ""
        search = dict(assistant.tool_resources.get("file_search") or {})
        others = [id for id in search.get("vector_store_ids") or () if id not in (store, former)]
        search["vector_store_ids"] = [*others, store]
        tools = [dict(tool) for tool in assistant.tools]
        lacking = assistant.tool("file_search") is None
        if lacking:
            tools.append({"type": "file_search"})
        resources = {**assistant.tool_resources, "file_search": search}
        assistants.update(tx, owner, {"tool_resources": resources, "tools": tools}, self._clock())
        return assistant.label if lacking else ""

    def _say(self, name: str) -> None:
        if name:
            self._tell(f"{name} had no file_search tool: it was added.")
