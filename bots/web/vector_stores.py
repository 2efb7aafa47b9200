"""/v1/vector_stores, the files in them and batches of these."""

from __future__ import annotations

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
from bots.web.route import Answer, Call, Route, by, polled
from bots.web.services import Services
from core.api.stores import Stores


def routes(services: Services) -> tuple[Route, ...]:
    """Their operations."""
    stores = services.stores
    return (*_stores(stores), *_files(stores), *_batches(stores))


def _stores(stores: Stores) -> tuple[Route, ...]:
    every, kind = "/vector_stores", "vector_store"
    one = f"{every}/{{vector_store_id}}"
    create, get, search = by(stores.create, polled), by(stores.get, polled), by(stores.search)
    return (
        Route("POST", every, create, "Create a vector store", body=CreateStore, answer=kind),
        Route("GET", every, by(stores.all), "List vector stores", query=ListQuery, answer="list"),
        Route("GET", one, get, "One vector store", answer=kind),
        Route("POST", one, by(stores.modify), "Change a vector store", body=ModifyStore, answer=kind),
        Route("DELETE", one, by(stores.delete), "Delete a vector store", answer="vector_store.deleted"),
        Route("POST", f"{one}/search", search, "Search a vector store", body=SearchStore, answer="list"),
    )


def _files(stores: Stores) -> tuple[Route, ...]:
    every, kind = "/vector_stores/{vector_store_id}/files", "vector_store.file"
    one = f"{every}/{{file_id}}"
    all, add, modify = by(stores.files), by(stores.add, polled), by(stores.modify_file)
    remove = by(stores.remove)
    return (
        Route("POST", every, add, "Put a file into a vector store", body=AddFile, answer=kind),
        Route("GET", every, all, "List the files of a vector store", query=StoreFilesQuery, answer="list"),
        Route("GET", one, by(stores.file, polled), "One file of a vector store", answer=kind),
        Route("POST", one, modify, "Change a file's attributes", body=ModifyFile, answer=kind),
        Route("DELETE", one, remove, "Take a file out of a vector store", answer=f"{kind}.deleted"),
        Route("GET", f"{one}/content", by(stores.text), "The text found in a file", answer="list"),
    )


def _batches(stores: Stores) -> tuple[Route, ...]:
    async def all(call: Call) -> Answer:
        store, batch = call.path["vector_store_id"], call.path["batch_id"]
        return await stores.files(call.key, store, page_of(call.query), call.query["filter"], batch)

    every, kind = "/vector_stores/{vector_store_id}/file_batches", "vector_store.files_batch"
    one = f"{every}/{{batch_id}}"
    add, get = by(stores.add_batch, polled), by(stores.batch, polled)
    return (
        Route("POST", every, add, "Put files into a vector store", body=AddFiles, answer=kind),
        Route("GET", one, get, "One batch", answer=kind),
        Route("POST", f"{one}/cancel", by(stores.cancel_batch), "Stop a batch", answer=kind),
        Route("GET", f"{one}/files", all, "List the files of a batch", query=StoreFilesQuery, answer="list"),
    )
