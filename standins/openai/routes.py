"""What each request does, by method and address; what it takes is in `requests`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from standins.openai.bill import Charge
from standins.openai.files import MODELS, Transcription, check_recording
from standins.openai.refusal import refused
from standins.openai.rules import Json
from standins.openai.service import Service
from standins.openai.stores import Entry, Store

Does = Callable[..., Json | list[Json] | bytes | str]
"""Given what was sent and the names in the address. A list is shown in pages, bytes are a download."""


def routes(service: Service) -> Mapping[str, Does]:
    """Those of this server: not every one has files, stores and containers."""
    found: dict[str, Does] = {
        "GET /models": lambda _: service.listed(),
        "POST /audio/transcriptions": lambda given: _transcribe(service, given),
    }
    if service.hosted:
        content = "GET /containers/{id}/files/{file}/content"
        found |= {**_files(service), **_stores(service), **_entries(service), **_batches(service)}
        found[content] = lambda _, id, file: service.containers.find(id, file).content
        found["DELETE /containers/{id}"] = lambda _, id: _removed(service, id)
    return found


def _transcribe(service: Service, given: Json) -> Json | str:
    sent, model = given["file"], service.check_model(given["model"])
    if service.models is not None and model not in MODELS:
        raise refused("deaf model", model=model)
    check_recording(sent)
    made = Transcription(model, sent.name, service.heard(sent.name, sent.content), sent.content)
    service.transcriptions.append(made)
    service.bill.append(Charge("transcription", model, units=made.seconds / 60, told=True))
    return f"{made.text}\n" if given.get("response_format") == "text" else made.to_json()


def _gone(kind: str, id: str) -> Json:
    return {"id": id, "object": kind, "deleted": True}


def _removed(service: Service, id: str) -> Json:
    del service.containers.all[service.containers.look(id).id]
    return _gone("container.deleted", id)


def _files(service: Service) -> Mapping[str, Does]:
    files = service.files

    def create(given: Json) -> Json:
        sent, life = given["file"], _life(given, "seconds", None)
        return files.add(sent.name, given["purpose"], sent.content, life and int(life)).to_json()

    def listed(given: Json) -> list[Json]:
        kept = files.kept.values()
        return [file.to_json() for file in kept if given.get("purpose") in (None, file.purpose)]

    def delete(_: Json, id: str) -> Json:
        files.delete(id)
        return _gone("file", id)

    return {
        "POST /files": create,
        "GET /files": listed,
        "DELETE /files/{id}": delete,
    }


def _stores(service: Service) -> Mapping[str, Does]:
    stores, now = service.stores, service.clock.now

    def create(given: Json) -> Json:
        days = _life(given, "days", None)
        made = stores.create(
            given.get("name") or "",
            given.get("file_ids") or (),
            days,
            given.get("metadata") or {},
            given.get("chunking_strategy"),
        )
        return made.to_json(now())

    def change(given: Json, id: str) -> Json:
        store = stores.use(id)
        store.name = given.get("name") or store.name
        store.metadata = given.get("metadata") or ({} if "metadata" in given else store.metadata)
        store.days = _life(given, "days", None if "expires_after" in given else store.days)
        return store.to_json(now())

    def delete(_: Json, id: str) -> Json:
        del stores.all[stores.find(id).id]
        return _gone("vector_store.deleted", id)

    return {
        "POST /vector_stores": create,
        "GET /vector_stores": lambda _: [store.to_json(now()) for store in stores.all.values()],
        "POST /vector_stores/{id}": change,
        "POST /vector_stores/{id}/search": lambda given, id: stores.search(stores.use(id), given),
        "GET /vector_stores/{id}": lambda _, id: stores.find(id).to_json(now()),
        "DELETE /vector_stores/{id}": delete,
    }


def _entries(service: Service) -> Mapping[str, Does]:
    stores, now = service.stores, service.clock.now

    def attach(given: Json, id: str) -> Json:
        store = stores.use(id)
        service.bill.append(Charge("indexing", "", told=True))
        entry = stores.attach(
            store, given["file_id"], given.get("attributes") or {}, given.get("chunking_strategy")
        )
        return store.file_json(entry, now())

    def change(given: Json, id: str, name: str) -> Json:
        store = stores.find(id)
        return store.file_json(stores.change(store, name, given["attributes"] or {}), now())

    def text(_: Json, id: str, name: str) -> Json:
        entry = stores.entry(stores.find(id), name)
        texts = [{"type": "text", "text": entry.file.content.decode(errors="replace")}]
        page = {"object": "vector_store.file_content.page", "data": texts}
        return {**page, "has_more": False, "next_page": None}

    def file(_: Json, id: str, name: str) -> Json:
        store = stores.find(id)
        return store.file_json(stores.entry(store, name), now())

    def detach(_: Json, id: str, name: str) -> Json:
        store = stores.find(id)
        del store.entries[stores.entry(store, name).file.id]
        return _gone("vector_store.file.deleted", name)

    return {
        "POST /vector_stores/{id}/files": attach,
        "GET /vector_stores/{id}/files": lambda given, id: _shown(
            service, stores.find(id), stores.find(id).entries.values(), given
        ),
        "POST /vector_stores/{id}/files/{file}": change,
        "GET /vector_stores/{id}/files/{file}/content": text,
        "GET /vector_stores/{id}/files/{file}": file,
        "DELETE /vector_stores/{id}/files/{file}": detach,
    }


def _batches(service: Service) -> Mapping[str, Does]:
    stores, now = service.stores, service.clock.now

    def create(given: Json, id: str) -> Json:
        shared = {name: given.get(name) for name in ("attributes", "chunking_strategy")}
        ids = [{"file_id": file, **shared} for file in given.get("file_ids") or ()]
        return stores.together(stores.use(id), given.get("files") or ids).to_json(now())

    def batch(_: Json, id: str, name: str) -> Json:
        return stores.batch(stores.find(id), name).to_json(now())

    def cancel(_: Json, id: str, name: str) -> Json:
        found = stores.batch(stores.find(id), name)
        stores.cancel(found)
        return found.to_json(now())

    def files(given: Json, id: str, name: str) -> list[Json]:
        store = stores.find(id)
        return _shown(service, store, stores.batch(store, name).entries(), given)

    path = "/vector_stores/{id}/file_batches"
    return {
        f"POST {path}": create,
        f"GET {path}/{{batch}}": batch,
        f"POST {path}/{{batch}}/cancel": cancel,
        f"GET {path}/{{batch}}/files": files,
    }


def _shown(service: Service, store: Store, entries: Iterable[Entry], given: Json) -> list[Json]:
    """The files of a store, of one status if that was asked for."""
    shown = [store.file_json(entry, service.clock.now()) for entry in entries]
    return [one for one in shown if given.get("filter") in (None, one["status"])]


def _life(given: Json, unit: str, usual: Any) -> Any:
    return given["expires_after"][unit] if given.get("expires_after") else usual
