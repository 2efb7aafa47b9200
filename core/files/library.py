"""Documents a model can search: of an assistant, added by the operator, or of one thread, sent by a person.

The owner's id (`asst_…`, `thread_…`) is the key of everything, so nobody's document is ever found by another.
Each step is recorded before the next one begins: whatever happens in between, the same call goes on there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeVar

from core.concurrency import Backoff, KeyedLock, retry
from core.errors import Permanent, Retryable, SpoolError, loggable
from core.files.documents import Source, sent
from core.files.vector_stores import OwnedStores
from core.ports import FILE_LIFE, GONE, UNREADABLE, Files, Upload, VectorStores
from core.store import usage, vector_stores
from core.store.database import Database, Execute
from core.store.usage import Usage
from core.store.vector_stores import Document
from core.types import ThreadId

T = TypeVar("T")
logger = logging.getLogger(__name__)
AT_ONCE: Final = 4
"""Documents on their way at the same time."""
ROUNDS: Final = 3
"""How often a document is taken up again whose store or bytes vanished meanwhile."""
PATIENCE: Final = 180.0
"""Seconds that are waited between the tries of one step."""
SKEW: Final = 120.0
LOST_FOR: Final = 3600.0
"""Seconds around an upload's begin at which the server's clock may have noted it."""


Allowed = Callable[[Callable[[Execute], Usage]], Awaitable[None]]
"""Raises Permanent where a request with such a row may not be made, since a limit is reached."""


class Keeping(Files, VectorStores, Protocol):
    """What a library asks of the model server."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a document. `new`: it was not searchable before; `name`: as it is known."""

    name: str
    new: bool


class Library:
    """Documents of all owners. `tell` is given sentences about what was done besides, for the operator."""

    def __init__(
        self,
        db: Database,
        service: Keeping,
        *,
        tell: Callable[[str], None] = logger.info,
        clock: Callable[[], float] = time.time,
        pause: float = 1.0,
        allowed: Allowed | None = None,
    ) -> None:
        self._db, self._service, self._clock, self._allowed = db, service, clock, allowed
        self._backoff = Backoff(pause, tries=4, seconds=PATIENCE)
        self._shelves = OwnedStores(db, service, self._backoff, tell, clock)
        self._only = KeyedLock()
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def documents(self, owner: str) -> list[Document]:
        """All of the owner's, searchable or not. Asks nobody."""
        return await self._db(lambda tx: vector_stores.documents(tx, owner))

    async def add(
        self,
        owner: str,
        document: Source,
        *,
        days: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Added:
        """Returns ⇒ it is searchable for the owner. The same bytes are uploaded once, however often.

        `days`: how long the owner's store lives after its last use, None: for ever. `progress` is told the
        bytes read of an upload. Raises Permanent (also when the document cannot be read), or Retryable
        after several tries: the same call then goes on where this one ended.
        """
        digest = document.digest
        async with self._slots, self._only.of(f"{owner} {digest}"):
            await self._shelves.check(owner, days)
            new = False
            for _ in range(ROUNDS):
                row = await self._document(owner, digest)
                if row is not None and row.status == "completed":
                    return Added(row.name, new)
                remote = row.remote if row is not None else None
                if remote is None:
                    remote = await self._upload(owner, document, days, progress)
                await self._index(owner, digest, remote, days)
                new = True
        raise Retryable(GONE)

    async def keep(self, owner: str, name: str, content: bytes, *, days: int) -> str:
        """Put a document into the owner's store, made when there is none yet; gives the store's id.

        The store lives `days` after its last use; the bytes are at the server for FILE_LIFE at most.
        """
        await self.add(owner, sent(name, content), days=days)
        await self.settle(owner, days=days)
        await self._shelves.used(owner, days)
        store = await self._shelves.recorded(owner)
        if store is None:
            raise Retryable(GONE)
        return store

    async def put(self, owner: str, remote: str, *, days: int) -> str:
        """Make a file that is at the server already searchable for the owner, too; gives the store's id.

        It is not the owner's document: whoever sent it deletes it. Raises as `add` does.
        """
        async with self._slots:
            await self._shelves.check(owner, days)
            store = await self._shelves.recorded(owner) or await self._shelves.open(owner, days, None)
            done = await self._again(lambda: self._asked(owner, store, remote))
            await self._db(lambda tx: usage.add(tx, _whose(tx, owner, done)))
            await self._shelves.used(owner, days)
            return store

    async def store(self, owner: str) -> str | None:
        """The owner's store if there is one and it is alive. Asks the server only when that is in doubt."""
        return await self._shelves.alive(owner)

    async def settle(self, owner: str, *, days: int | None = None) -> list[Document]:
        """Make searchable what is at the server without being so; gives what still is not."""

        async def one(digest: str) -> None:
            with contextlib.suppress(Permanent, Retryable):
                async with self._slots, self._only.of(f"{owner} {digest}"):
                    row = await self._document(owner, digest)
                    if row is not None and row.status == "uploaded" and row.remote is not None:
                        await self._index(owner, digest, row.remote, days)

        left = [row.digest for row in await self.documents(owner) if row.status == "uploaded"]
        await asyncio.gather(*map(one, left))
        return [
            row for row in await self.documents(owner) if row.digest in left and row.status != "completed"
        ]

    async def remove(self, owner: str, digest: str) -> None:
        """Returns ⇒ the owner does not have it any more, and neither has the server. May be repeated."""
        async with self._only.of(f"{owner} {digest}"):
            row = await self._document(owner, digest)
            if row is None:
                return
            remote = row.remote or await self._again(lambda: self._lost(owner, row))
            if remote is not None:
                await self._take_away(owner, remote)
            await self._db(lambda tx: vector_stores.remove(tx, owner, digest))

    async def drop(self, owner: str) -> None:
        """Returns ⇒ nothing of the owner is left here or at the server. May be repeated."""
        for document in await self.documents(owner):
            await self.remove(owner, document.digest)
        store = await self._shelves.recorded(owner)
        if store is not None:
            await self._again(lambda: self._service.delete_store(store))
        await self._db(lambda tx: vector_stores.close_store(tx, owner))

    async def _again(self, call: Callable[[], Awaitable[T]]) -> T:
        return await retry(call, self._backoff, "documents")

    async def _upload(
        self, owner: str, document: Source, days: int | None, progress: Callable[[int], None] | None
    ) -> str:
        """The id of the document at the server, recorded."""
        name, size, digest = document.name, document.size, document.digest

        async def attempt() -> str:
            before = await self._document(owner, digest)
            lost = await self._lost(owner, before) if before is not None else None
            if lost is not None:
                return lost
            now = self._clock()
            await self._db(lambda tx: vector_stores.begin(tx, owner, digest, name, size, now))
            return await self._service.upload(
                name,
                document.content,
                purpose="assistants",
                seconds=None if days is None else FILE_LIFE[1],
                progress=progress,
            )

        try:
            remote = await self._again(attempt)
        except (Permanent, OSError) as error:
            why = str(error)
            await self._db(lambda tx: vector_stores.failed(tx, owner, digest, why))
            raise
        await self._db(lambda tx: vector_stores.uploaded(tx, owner, digest, remote))
        return remote

    async def _lost(self, owner: str, document: Document) -> str | None:
        """The id of an upload that ended without being recorded, if there is exactly one it can be.

        Name, size and time must fit, and the file must be nobody else's: of an assistant (those of threads
        expire), of no record, and wanted by no second document. Otherwise it is uploaded again.
        """
        if document.status != "waiting" or not owner.startswith("asst_"):
            return None
        begun = document.begun_at
        try:
            listed = await self._service.uploads("assistants", begun - SKEW)
        except Permanent:
            return None  # a server without such a list
        alike = {upload.id for upload in listed if _fits(upload, document)}
        name, size = document.name, document.size
        return await self._db(lambda tx: vector_stores.lost(tx, alike, name, size)) if alike else None

    async def _index(self, owner: str, digest: str, remote: str, days: int | None) -> None:
        """Make an uploaded document searchable; when its store or its bytes are gone, record that."""
        store = await self._shelves.recorded(owner) or await self._shelves.open(owner, days, None)
        try:
            done = await self._again(lambda: self._asked(owner, store, remote))
        except Permanent as error:
            if error.notice == GONE:
                await self._vanished(owner, digest, store, days)
                return
            if error.notice == UNREADABLE:
                why = error.code
                await self._again(lambda: self._service.forget(remote))
                await self._db(lambda tx: vector_stores.failed(tx, owner, digest, why))
            raise

        def write(tx: Execute) -> None:
            vector_stores.completed(tx, owner, digest, remote)
            usage.add(tx, _whose(tx, owner, done))

        await self._db(write)

    async def _asked(self, owner: str, store: str, remote: str) -> Usage:
        """One request to index, as the ledger has it; that it failed is on record before the next."""
        began = self._clock()
        if self._allowed:
            await self._allowed(lambda tx: _whose(tx, owner, Usage("embedding", "", began, "unsent")))
        try:
            await self._service.index(store, remote)
        except SpoolError as error:
            if error.request != "unsent":
                one = Usage("embedding", "", began, error.request, error=loggable(error))
                await self._db(lambda tx: usage.add(tx, _whose(tx, owner, one)))
            raise
        return Usage("embedding", "", began, "completed", ended_at=self._clock())

    async def _vanished(self, owner: str, digest: str, store: str, days: int | None) -> None:
        if await self._shelves.is_there(store):
            gone = "it is no longer at the server: add it again"
            await self._db(lambda tx: vector_stores.failed(tx, owner, digest, gone))
        else:
            await self._shelves.open(owner, days, store)

    async def _take_away(self, owner: str, remote: str) -> None:
        store = await self._shelves.recorded(owner)
        if store is not None:
            await self._again(lambda: self._service.unindex(store, remote))
        await self._again(lambda: self._service.forget(remote))

    async def _document(self, owner: str, digest: str) -> Document | None:
        return await self._db(lambda tx: vector_stores.document(tx, owner, digest))


def _whose(tx: Execute, owner: str, one: Usage) -> Usage:
    """A document of an assistant counts for it, one of a thread for whoever writes there."""
    if owner.startswith("asst_"):
        return replace(one, assistant_id=owner)
    return usage.for_thread(tx, ThreadId(owner), one)


def _fits(upload: Upload, document: Document) -> bool:
    same = (upload.name, upload.size) == (document.name, document.size)
    return same and upload.lasting and abs(upload.created_at - document.begun_at) < LOST_FOR
