"""`/vector_stores`."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from standins.openai.body import body
from standins.openai.checks import fields, one_of, typed, within
from standins.openai.draft import Json
from standins.openai.page import page
from standins.openai.refusal import Refusal
from standins.openai.service import Service
from standins.openai.stores import Store

_CREATE = ("name", "description", "file_ids", "expires_after", "chunking_strategy", "metadata")
_STATES = ("in_progress", "completed", "failed", "cancelled")


class StoreRoutes:
    """Vector stores and the files in them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def add(self, app: web.Application) -> None:
        """Register."""
        app.router.add_post("/v1/vector_stores", self._create)
        app.router.add_get("/v1/vector_stores", self._list)
        app.router.add_get("/v1/vector_stores/{id}", self._retrieve)
        app.router.add_post("/v1/vector_stores/{id}", self._update)
        app.router.add_delete("/v1/vector_stores/{id}", self._delete)
        app.router.add_post("/v1/vector_stores/{id}/files", self._attach)
        app.router.add_get("/v1/vector_stores/{id}/files", self._files)
        app.router.add_get("/v1/vector_stores/{id}/files/{file}", self._file)
        app.router.add_delete("/v1/vector_stores/{id}/files/{file}", self._detach)

    async def _create(self, http: web.Request) -> web.Response:
        given = await body(http)
        fields("", given, _CREATE)
        typed("name", given.get("name") or "", "a string")
        store = self._service.stores.create(
            given.get("name") or "",
            given.get("file_ids") or [],
            _days(given.get("expires_after")),
            given.get("metadata") or {},
        )
        return self._shown(store)

    async def _list(self, http: web.Request) -> web.Response:
        now = self._service.clock.now()
        stores = [store.to_json(now) for store in self._service.stores.all.values()]
        return web.json_response(page(stores, http.query))

    async def _retrieve(self, http: web.Request) -> web.Response:
        return self._shown(self._service.stores.find(http.match_info["id"]))

    async def _update(self, http: web.Request) -> web.Response:
        store = self._service.stores.find(http.match_info["id"])
        given = await body(http)
        fields("", given, ("name", "expires_after", "metadata"))
        store.name = given.get("name") or store.name
        store.days = _days(given["expires_after"]) if "expires_after" in given else store.days
        return self._shown(store)

    async def _delete(self, http: web.Request) -> web.Response:
        store = self._service.stores.find(http.match_info["id"])
        del self._service.stores.all[store.id]
        return web.json_response({"id": store.id, "object": "vector_store.deleted", "deleted": True})

    async def _attach(self, http: web.Request) -> web.Response:
        store = self._service.stores.use(http.match_info["id"])
        given = await body(http)
        fields("", given, ("file_id", "attributes", "chunking_strategy"), ("file_id",))
        self._service.stores.attach(store, given["file_id"], given.get("attributes") or {})
        return self._entry(store, given["file_id"])

    async def _files(self, http: web.Request) -> web.Response:
        store = self._service.stores.find(http.match_info["id"])
        now, wanted = self._service.clock.now(), http.query.get("filter")
        if wanted is not None:
            one_of("filter", wanted, _STATES)
        entries = [store.file_json(entry, now) for entry in store.entries.values()]
        return web.json_response(
            page([entry for entry in entries if wanted in (None, entry["status"])], http.query)
        )

    async def _file(self, http: web.Request) -> web.Response:
        return self._entry(self._service.stores.find(http.match_info["id"]), http.match_info["file"])

    async def _detach(self, http: web.Request) -> web.Response:
        store, file_id = self._service.stores.find(http.match_info["id"]), http.match_info["file"]
        self._service.stores.entry(store, file_id)
        del store.entries[file_id]
        return web.json_response({"id": file_id, "object": "vector_store.file.deleted", "deleted": True})

    def _shown(self, store: Store) -> web.Response:
        return web.json_response(store.to_json(self._service.clock.now()), headers=self._poll())

    def _entry(self, store: Store, file_id: str) -> web.Response:
        shown: Json = store.file_json(self._service.stores.entry(store, file_id), self._service.clock.now())
        return web.json_response(shown, headers=self._poll())

    def _poll(self) -> dict[str, str]:
        """When the SDK shall look again."""
        return {"openai-poll-after-ms": str(max(1, int(self._service.stores.indexing * 1000)))}


def _days(policy: Any) -> int | None:
    if policy is None:
        return None
    fields("expires_after", policy, ("anchor", "days"), ("anchor", "days"))
    one_of("expires_after.anchor", policy["anchor"], ("last_active_at",))
    within("expires_after.days", policy["days"], 1, 365, "an integer")
    if not isinstance(policy["days"], int):
        raise Refusal("Invalid type for 'expires_after.days': expected an integer.")
    return policy["days"]
