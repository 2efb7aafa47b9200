"""/v1/vector_stores, the files in them and batches of these."""

from __future__ import annotations

from typing import Any

from bots.web.bodies.files import (
    AddFile,
    AddFiles,
    CreateStore,
    ModifyFile,
    ModifyStore,
    SearchStore,
    StoreFilesQuery,
)
from bots.web.bodies.shared import ListQuery
from bots.web.frame.shapes import page_of
from bots.web.route import Answer, Call, Route
from bots.web.services import Services
from core.api.stores import Stores

POLL = "openai-poll-after-ms"
SOON = "100"
"""Milliseconds until a client looks again at what is being indexed; without it the SDK waits a second."""


def routes(services: Services) -> tuple[Route, ...]:
    """Their operations."""
    stores = services.stores
    return (*_stores(stores), *_files(stores), *_batches(stores))


def _stores(stores: Stores) -> tuple[Route, ...]:
    async def create(call: Call) -> Answer:
        return _polled(call, await stores.create(call.key, call.body))

    async def all(call: Call) -> Answer:
        return await stores.all(call.key, page_of(call.query))

    async def get(call: Call) -> Answer:
        return _polled(call, await stores.get(call.key, call.path["vector_store_id"]))

    async def modify(call: Call) -> Answer:
        return await stores.modify(call.key, call.path["vector_store_id"], call.body)

    async def delete(call: Call) -> Answer:
        return await stores.delete(call.key, call.path["vector_store_id"])

    async def search(call: Call) -> Answer:
        return await stores.search(call.key, call.path["vector_store_id"], call.body)

    one, kind = "/vector_stores/{vector_store_id}", "vector_store"
    return (
        Route("POST", "/vector_stores", create, "Create a vector store", body=CreateStore, answer=kind),
        Route("GET", "/vector_stores", all, "List vector stores", query=ListQuery, answer="list"),
        Route("GET", one, get, "One vector store", answer=kind),
        Route("POST", one, modify, "Change a vector store", body=ModifyStore, answer=kind),
        Route("DELETE", one, delete, "Delete a vector store", answer="vector_store.deleted"),
        Route("POST", f"{one}/search", search, "Search a vector store", body=SearchStore, answer="list"),
    )


def _files(stores: Stores) -> tuple[Route, ...]:
    async def add(call: Call) -> Answer:
        return _polled(call, await stores.add(call.key, call.path["vector_store_id"], call.body))

    async def all(call: Call) -> Answer:
        page = page_of(call.query)
        return await stores.files(call.key, call.path["vector_store_id"], page, call.query["filter"])

    async def get(call: Call) -> Answer:
        return _polled(call, await stores.file(call.key, *_at(call)))

    async def modify(call: Call) -> Answer:
        return await stores.modify_file(call.key, *_at(call), call.body)

    async def remove(call: Call) -> Answer:
        return await stores.remove(call.key, *_at(call))

    async def text(call: Call) -> Answer:
        return await stores.text(call.key, *_at(call))

    every, kind = "/vector_stores/{vector_store_id}/files", "vector_store.file"
    one = f"{every}/{{file_id}}"
    return (
        Route("POST", every, add, "Put a file into a vector store", body=AddFile, answer=kind),
        Route("GET", every, all, "List the files of a vector store", query=StoreFilesQuery, answer="list"),
        Route("GET", one, get, "One file of a vector store", answer=kind),
        Route("POST", one, modify, "Change a file's attributes", body=ModifyFile, answer=kind),
        Route("DELETE", one, remove, "Take a file out of a vector store", answer=f"{kind}.deleted"),
        Route("GET", f"{one}/content", text, "The text found in a file", answer="list"),
    )


def _batches(stores: Stores) -> tuple[Route, ...]:
    async def add(call: Call) -> Answer:
        return _polled(call, await stores.add_batch(call.key, call.path["vector_store_id"], call.body))

    async def get(call: Call) -> Answer:
        return _polled(call, await stores.batch(call.key, *_at(call, "batch_id")))

    async def cancel(call: Call) -> Answer:
        return await stores.cancel_batch(call.key, *_at(call, "batch_id"))

    async def all(call: Call) -> Answer:
        store, batch = _at(call, "batch_id")
        return await stores.files(call.key, store, page_of(call.query), call.query["filter"], batch)

    every, kind = "/vector_stores/{vector_store_id}/file_batches", "vector_store.files_batch"
    one = f"{every}/{{batch_id}}"
    return (
        Route("POST", every, add, "Put files into a vector store", body=AddFiles, answer=kind),
        Route("GET", one, get, "One batch", answer=kind),
        Route("POST", f"{one}/cancel", cancel, "Stop a batch", answer=kind),
        Route("GET", f"{one}/files", all, "List the files of a batch", query=StoreFilesQuery, answer="list"),
    )


def _at(call: Call, name: str = "file_id") -> tuple[str, str]:
    return call.path["vector_store_id"], call.path[name]


def _polled(call: Call, made: dict[str, Any]) -> dict[str, Any]:
    if made["status"] == "in_progress":
        call.headers[POLL] = SOON
    return made
