"""Vector stores of clients: at the model server, under ids of our own and by project.

Objects pass as they are, with our ids in place of the server's; what the project does not own never shows.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final, Literal

from core.api import access
from core.api.key import Key
from core.api.page import Page, cursors, listed
from core.api.refusal import Refusal, as_refusals, no_file, not_found, translated
from core.api.uploads import SWEEP, SWEEP_AGAIN, Uploads
from core.errors import Permanent, Retryable, SpoolError, Unsaved, loggable
from core.policy import ledger
from core.ports import Object, Service
from core.store import remote_objects, uploads, usage
from core.store.database import Database, Execute
from core.store.remote_objects import RemoteObject
from core.store.usage import Usage

logger = logging.getLogger(__name__)
MARK: Final = "spool_id"
"""In a store's metadata at the server: our id, by which one is found whose making was cut by a kill."""
Method = Literal["GET", "POST"]
_MOST_METADATA: Final = 16
_LISTED: Final = 100
"""Stores that are listed with one request."""
_SKEW: Final = 300.0


class Stores:
    """Vector stores and the files in them. `service` gives the model server once it is needed."""

    def __init__(
        self,
        db: Database,
        files: Uploads,
        service: Callable[[], Awaitable[Service]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._db, self._files, self._service, self._clock = db, files, service, clock
        self._making: set[str] = set()
        self._slots = asyncio.Semaphore(8)

    async def create(self, key: Key, fields: Mapping[str, Any]) -> Object:
        """A new store with these files."""
        self.possible()
        remotes = await self._files.remotes(key, fields.get("file_ids") or ())
        id, now = remote_objects.new_id("vector_store"), self._clock()
        sent = {**fields, "file_ids": list(remotes.values()), "metadata": _marked(fields.get("metadata"), id)}
        self._making.add(id)
        try:
            # On disk before it is made: what a kill after this leaves there `settle` finds by its MARK.
            await self._db(lambda tx: remote_objects.begin(tx, id, "vector_store", key.project, now))
            try:
                asked = self._made(_without_empty(sent), remotes)
                made = await (self._indexing(key, asked) if remotes else asked)
            except Refusal as refusal:
                if refusal.status < 500:
                    await self._db(lambda tx: remote_objects.delete(tx, id))
                raise
            await self._db(lambda tx: remote_objects.made(tx, id, made["id"]))
        finally:
            self._making.discard(id)
        return _store(made, id)

    async def _made(self, fields: Mapping[str, Any], remotes: Mapping[str, str]) -> Object:
        with as_refusals(_turned(remotes), no_file(remotes, "file_id")):
            return await (await self._service()).vector_stores("POST", "", fields, new=True)

    async def _indexing(self, key: Key, asked: Awaitable[Object]) -> Object:
        """What the server answers, with the row of a request that lets it index files."""
        one = Usage(
            "embedding", "", self._clock(), "unknown", platform="api", place=key.project, person=key.person
        )
        try:
            found = await asked
        except Refusal as refusal:
            met = refusal.__cause__
            if isinstance(met, SpoolError) and met.request != "unsent":
                failed = ledger.broken(one, met)
                await self._db(lambda tx: usage.add(tx, failed))
            raise
        done = replace(one, outcome="completed", ended_at=self._clock())
        await self._db(lambda tx: usage.add(tx, done))
        return found

    async def all(self, key: Key, page: Page) -> dict[str, Any]:
        """A page of the project's stores; those the server has no more are left out."""

        def read(tx: Execute) -> tuple[list[RemoteObject], bool]:
            with cursors("vector store"):
                return remote_objects.page(tx, key.project, "vector_store", page)

        async def one(row: RemoteObject) -> Object | None:
            async with self._slots:
                try:
                    return await self.get(key, row.id)
                except Refusal as refusal:
                    if refusal.status == 404:
                        return None
                    raise

        rows, more = await self._db(read)
        found = await asyncio.gather(*map(one, rows))
        return listed([store for store in found if store is not None], more=more)

    async def get(self, key: Key, store: str) -> Object:
        """The store as it is now."""
        return _store(await self._of(await self._row(key, store), "GET", "", {}), store)

    async def modify(self, key: Key, store: str, fields: Mapping[str, Any]) -> Object:
        """Change its name, metadata or expiry."""
        return _store(await self._of(await self._row(key, store), "POST", "", fields), store)

    async def delete(self, key: Key, store: str) -> dict[str, Any]:
        """Returns ⇒ neither we nor the server has it; its files stay. After a kill it may be repeated."""
        row = await self._row(key, store)
        with as_refusals({row.remote: store}, not_found("vector store", store)):
            await (await self._service()).delete_store(row.remote)  # as good when it is not there any more
        await self._db(lambda tx: remote_objects.delete(tx, store))
        return {"id": store, "object": "vector_store.deleted", "deleted": True}

    async def search(self, key: Key, store: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """What is found in it; results of files that are not the project's any more are left out."""
        found = await self._of(await self._row(key, store), "POST", "/search", fields)
        results = found.get("data") or []
        names = await self._ours(key, [one["file_id"] for one in results])
        kept = [{**one, "file_id": names[one["file_id"]]} for one in results if one["file_id"] in names]
        return {**found, "data": kept}

    async def add(self, key: Key, store: str, fields: Mapping[str, Any]) -> Object:
        """Begin to index a file: `file_id`, attributes, chunking_strategy. Once is enough."""
        row, file = await self._row(key, store), fields["file_id"]
        remote = (await self._files.remotes(key, [file]))[file]
        sent, gone = _without_empty({**fields, "file_id": remote}), no_file([file], "file_id")
        asked = self._ask(row, "POST", "/files", sent, gone, {remote: file}, new=True)
        found = await self._indexing(key, asked)
        return _entry(found, store, {remote: file})

    async def files(
        self, key: Key, store: str, page: Page, filter: str | None = None, batch: str | None = None
    ) -> dict[str, Any]:
        """A page of the files in it, or in one of its batches; `filter`: those of that status."""
        row = await self._row(key, store)
        part = await self._batch_row(key, store, batch) if batch else None
        query = {"limit": page.limit, "order": page.order, **({"filter": filter} if filter else {})}
        for name in ("after", "before"):
            if at := getattr(page, name):
                await self.file(key, store, at)  # a cursor that is not in the list is refused
                query[name] = await self._remote(key, store, at)
        gone = _no_batch(store, batch) if batch else not_found("vector store", store)
        of = f"/file_batches/{part.remote}" if part else ""
        found = await self._ask(row, "GET", f"{of}/files", query, gone)
        names = await self._ours(key, [one["id"] for one in found["data"]])
        kept = [_entry(one, store, names) for one in found["data"] if one["id"] in names]
        return listed(kept, more=bool(found.get("has_more")))

    async def file(self, key: Key, store: str, file: str) -> Object:
        """A file in it as it is now."""
        return await self._entry(key, store, file)

    async def modify_file(self, key: Key, store: str, file: str, fields: Mapping[str, Any]) -> Object:
        """Change its attributes."""
        return await self._entry(key, store, file, "POST", {"attributes": fields.get("attributes")})

    async def text(self, key: Key, store: str, file: str) -> Object:
        """A page with the text that was found in it."""
        row, remote = await self._row(key, store), await self._remote(key, store, file)
        of = f"/files/{remote}/content"
        found = await self._ask(row, "GET", of, {}, _not_in(store, file), {remote: file})
        return {**found, **({"file_id": file} if "file_id" in found else {})}

    async def remove(self, key: Key, store: str, file: str) -> dict[str, Any]:
        """Returns ⇒ it is not found in the store any more; the file itself stays."""
        await self._entry(key, store, file)
        row, remote = await self._row(key, store), await self._remote(key, store, file)
        with as_refusals({remote: file, row.remote: store}, _not_in(store, file)):
            await (await self._service()).unindex(row.remote, remote)
        return {"id": file, "object": "vector_store.file.deleted", "deleted": True}

    async def add_batch(self, key: Key, store: str, fields: Mapping[str, Any]) -> Object:
        """Begin to index files: `file_ids` (attributes and chunking for all of them), `files`, or both."""
        row = await self._row(key, store)
        shared = {name: fields[name] for name in ("attributes", "chunking_strategy") if fields.get(name)}
        entries = [{"file_id": file, **shared} for file in fields.get("file_ids") or ()]
        entries += [_without_empty(one) for one in fields.get("files") or ()]
        remotes = await self._files.remotes(key, [one["file_id"] for one in entries])
        sent = {"files": [{**one, "file_id": remotes[one["file_id"]]} for one in entries]}
        gone, ids = no_file(remotes, "file_id"), _turned(remotes)
        asked = self._ask(row, "POST", "/file_batches", sent, gone, ids, new=True)
        made = await self._indexing(key, asked)
        # A kill before the next line: the files are in the store, and a client that asks again loses nothing.
        one = RemoteObject(
            remote_objects.new_id("file_batch"), "file_batch", key.project, made["id"], self._clock()
        )
        await self._db(lambda tx: remote_objects.add(tx, one))
        return {**made, "id": one.id, "vector_store_id": store}

    async def batch(self, key: Key, store: str, batch: str) -> Object:
        """The batch as it is now."""
        return await self._batch(key, store, batch, "GET")

    async def cancel_batch(self, key: Key, store: str, batch: str) -> Object:
        """Stop it as soon as possible."""
        return await self._batch(key, store, batch, "POST", "/cancel")

    async def settle(self) -> None:
        """Remove what a kill left between the server's making of a store and our record of it."""
        left = [one for one in await self._db(remote_objects.begun) if one.id not in self._making]
        if not left:
            return
        service = await self._service()
        made = await _stores(service, min(one.created_at for one in left) - _SKEW)
        marks = {(store.get("metadata") or {}).get(MARK): store["id"] for store in made}
        for one in left:
            if one.id in marks:
                await service.delete_store(marks[one.id])
            await self._db(partial(remote_objects.delete, id=one.id))

    async def keep(self) -> None:
        """For as long as the process lives: `settle`."""
        while True:
            try:
                await self.settle()
                await asyncio.sleep(SWEEP)
            except (Permanent, Retryable, Unsaved) as error:
                logger.warning("stores cannot be looked after (%s); again later", loggable(error))
                await asyncio.sleep(SWEEP_AGAIN)

    def possible(self) -> None:
        """Refuse where the model server has no vector stores."""
        if not self._files.rules.full:
            raise Refusal(
                "The model server of this Spool has no file_search and no vector stores. Leave the "
                "file_search tool and its vector stores out, or ask the operator for a server with them "
                "(OPENAI_FEATURES=full).",
                param="tools",
            )

    async def _row(self, key: Key, store: str) -> RemoteObject:
        self.possible()
        row = await self._db(lambda tx: remote_objects.get(tx, key.project, "vector_store", store))
        if row is None:
            raise not_found("vector store", store)
        return row

    async def _ask(
        self,
        row: RemoteObject,
        method: Method,
        path: str,
        fields: Mapping[str, Any],
        gone: Refusal,
        ids: Mapping[str, str] | None = None,
        *,
        new: bool = False,
    ) -> Object:
        """What the server says of a store, or of what is in it. `ids`: ours of these, by the server's."""
        with as_refusals({row.remote: row.id, **(ids or {})}, gone):
            service = await self._service()
            return await service.vector_stores(method, f"/{row.remote}{path}", fields, new=new)

    async def _of(self, row: RemoteObject, method: Method, path: str, fields: Mapping[str, Any]) -> Object:
        """As `_ask`; a store that the server has no more is not there for us, either."""
        gone = not_found("vector store", row.id)
        try:
            return await self._ask(row, method, path, fields, gone)
        except Refusal as refusal:
            if refusal is not gone:
                raise
            if await self._there(row):
                told = "The model server has this vector store and does not know this operation on it."
                raise Refusal(told, code="not_supported") from None
            await self._db(lambda tx: remote_objects.delete(tx, row.id))
            raise

    async def _there(self, row: RemoteObject) -> bool:
        """Whether the server may still have the store: a 404 can also mean what was asked of it."""
        gone = not_found("vector store", row.id)
        try:
            await self._ask(row, "GET", "", {}, gone)
        except Refusal as refusal:
            return refusal is not gone
        return True

    async def _remote(self, key: Key, store: str, file: str) -> str:
        """The id at the server of a file that may be in the store."""

        def read(tx: Execute) -> str | None:
            access.files(tx, key, [file], self._clock())
            return uploads.remote_of(tx, file)

        remote = await self._db(read)
        if remote is None:
            raise _not_in(store, file)
        return remote

    async def _entry(
        self,
        key: Key,
        store: str,
        file: str,
        method: Method = "GET",
        fields: Mapping[str, Any] | None = None,
    ) -> Object:
        row, remote = await self._row(key, store), await self._remote(key, store, file)
        of, ids = f"/files/{remote}", {remote: file}
        return _entry(await self._ask(row, method, of, fields or {}, _not_in(store, file), ids), store, ids)

    async def _batch_row(self, key: Key, store: str, batch: str) -> RemoteObject:
        row = await self._db(lambda tx: remote_objects.get(tx, key.project, "file_batch", batch))
        if row is None:
            raise _no_batch(store, batch)
        return row

    async def _batch(self, key: Key, store: str, batch: str, method: Method, path: str = "") -> Object:
        row, part = await self._row(key, store), await self._batch_row(key, store, batch)
        gone, of = _no_batch(store, batch), f"/file_batches/{part.remote}{path}"
        found = await self._ask(row, method, of, {}, gone, {part.remote: batch})
        return {**found, "id": batch, "vector_store_id": store}

    async def _ours(self, key: Key, remotes: Collection[str]) -> dict[str, str]:
        return await self._db(lambda tx: uploads.of_remotes(tx, key.project, remotes))


async def _stores(service: Service, since: float) -> list[Object]:
    """Those that the server made since then, newest first."""
    found: list[Object] = []
    more = True
    while more:
        after = {"after": found[-1]["id"]} if found else {}
        page = await service.vector_stores("GET", "", {"limit": _LISTED, **after})
        young = [one for one in page.get("data") or () if one["created_at"] >= since]
        found += young
        more = bool(page.get("has_more")) and len(young) == _LISTED
    return found


def _store(found: Object, id: str) -> Object:
    metadata = dict(found.get("metadata") or {})
    if metadata.get(MARK) == id:
        del metadata[MARK]
    return {**found, "id": id, "name": found.get("name") or "", "metadata": metadata}


def _entry(found: Object, store: str, ids: Mapping[str, str]) -> Object:
    error = found.get("last_error")
    if error:
        error = {**error, "message": translated(str(error.get("message") or ""), ids)}
    return {**found, "id": ids[found["id"]], "vector_store_id": store, "last_error": error}


def _marked(metadata: Mapping[str, str] | None, id: str) -> dict[str, str]:
    """With our id, where there is room: else what a kill leaves is a store that nobody finds again."""
    given = dict(metadata or {})
    return given if len(given) >= _MOST_METADATA else {**given, MARK: id}


def _without_empty(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is null or [] is as good as left out; a server may think otherwise."""
    return {name: value for name, value in fields.items() if value not in (None, [])}


def _turned(remotes: Mapping[str, str]) -> dict[str, str]:
    return {remote: ours for ours, remote in remotes.items()}


def _not_in(store: str, file: str) -> Refusal:
    return Refusal(f"No file found with id '{file}' in vector store '{store}'.", status=404)


def _no_batch(store: str, batch: str) -> Refusal:
    return Refusal(f"No file batch found with id '{batch}' in vector store '{store}'.", status=404)
