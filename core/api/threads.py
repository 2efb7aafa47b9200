"""Threads of clients. Those of chats can be read by a key that has the right to."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from core.api import access, messages
from core.api.key import Key
from core.api.page import Page, cursors, listed
from core.api.refusal import not_found
from core.api.stores import Stores
from core.api.watch import Fields
from core.runs.client import objects, views
from core.runs.client.objects import Object
from core.runs.lanes import Lanes
from core.store import remote_objects, runs, threads, uploads, vector_stores
from core.store.database import Database, Execute
from core.types import RunId


class Threads:
    """What clients may do with threads."""

    def __init__(self, db: Database, lanes: Lanes, stores: Stores | None = None) -> None:
        self._db, self._lanes, self._stores = db, lanes, stores

    async def create(self, key: Key, fields: Fields) -> Object:
        """A new thread, with messages where some are given."""
        ready = await self.with_stores(key, fields)
        return await self._db(lambda tx: _object(add(tx, key, ready, time.time())))

    async def with_stores(self, key: Key, fields: Fields) -> Fields:
        """The fields with the id of a vector store in place of what it is to be made of."""
        resources = fields.get("tool_resources") or {}
        search = resources.get("file_search") or {}
        wanted = search.get("vector_stores")
        if not wanted:
            return fields
        assert self._stores is not None
        made = [(await self._stores.create(key, one))["id"] for one in wanted]
        return {**fields, "tool_resources": {**resources, "file_search": {"vector_store_ids": made}}}

    async def get(self, key: Key, thread: str) -> Object:
        """One thread."""
        return await self._db(lambda tx: _object(access.thread(tx, key, thread, "threads.read")))

    async def all(self, key: Key, page: Page) -> Object:
        """A page of the project's threads, and of the chats' where the key may read them."""

        def work(tx: Execute) -> Object:
            with cursors("thread"):
                found, more = threads.page(tx, key.project, page, chats=key.read_chats)
            if any(one.project is None for one in found):
                access.note(tx, key, "threads.list", "")
            return listed([_object(one) for one in found], more=more)

        return await self._db(work)

    async def modify(self, key: Key, thread: str, fields: Fields) -> Object:
        """Other metadata, or other things for its tools."""

        def work(tx: Execute) -> Object:
            there = access.thread(tx, key, thread, "threads.modify", write=True)
            given = {name: fields[name] or {} for name in ("metadata", "tool_resources") if name in fields}
            check_resources(tx, key, given.get("tool_resources") or {})
            threads.change(tx, there.id, {**there.object, **given})
            return _object(access.thread(tx, key, thread, ""))

        return await self._db(work)

    async def delete(self, key: Key, thread: str) -> Object:
        """The thread with all that was said in it. A run under way ends; what it has cost stays on record."""

        def work(tx: Execute) -> Object | None:
            there = access.thread(tx, key, thread, "threads.delete", write=True)
            run = runs.unfinished_in(tx, there.id)
            told = {**views.now(tx, run), "status": "cancelled"} if run else None
            uploads.delete_outputs(tx, there.id)
            vector_stores.close_store(tx, there.id)
            threads.remove(tx, there.id)  # whoever works on that run finds it gone, and writes nothing more
            return told

        if told := await self._db(work):
            self._lanes.abandon(RunId(told["id"]))
            self._lanes.watching.changed(RunId(told["id"]), told)
        self._db.wipe()
        return objects.deleted("thread", thread)


def add(tx: Execute, key: Key, fields: Fields, now: float) -> threads.Row:
    """Store a new thread with its messages. Raises Refusal."""
    kept = {name: fields[name] for name in ("metadata", "tool_resources") if fields.get(name)}
    check_resources(tx, key, kept.get("tool_resources") or {})
    made = threads.create(tx, key.project, kept, now)
    for one in fields.get("messages") or ():
        messages.add(tx, key, made, one, now)
    return threads.get(tx, made.id) or made


def check_resources(tx: Execute, key: Key, resources: Mapping[str, Any]) -> None:
    """Files and vector stores that tools are given are the project's own. Raises Refusal."""
    files = (resources.get("code_interpreter") or {}).get("file_ids") or ()
    access.files(tx, key, files, time.time())
    stores = (resources.get("file_search") or {}).get("vector_store_ids") or ()
    if unknown := remote_objects.missing(tx, key.project, "vector_store", stores):
        raise not_found("vector store", unknown)


def _object(row: threads.Row) -> Object:
    return objects.thread(row.id, row.created_at, row.object)
