"""Vector stores of clients: the API's objects as they are, for what a client may set grows with the API."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from core.ports import Object

Manner = Literal["again", "new"]
"""again: may be repeated; new: something is made, once, of what may be too new to be known everywhere."""
PAGE = 100
"""Stores that are listed with one request."""


class StoreCalls(ABC):
    """See `core.ports.Stores`. Ids stand in addresses: they must be the server's own."""

    @abstractmethod
    async def _object(
        self, method: Literal["GET", "POST"], path: str, fields: Mapping[str, Any], manner: Manner
    ) -> Object:
        """What the server answers. `fields`: the query of a GET, the body of a POST."""

    async def make_store(self, fields: Mapping[str, Any]) -> Object:
        """See `StoreObjects.make_store`."""
        return await self._object("POST", "/vector_stores", fields, "new")

    async def stores(self, since: float) -> Sequence[Object]:
        """See `StoreObjects.stores`."""
        found: list[Object] = []
        page: Object = {"has_more": True}
        while page.get("has_more"):
            query = {"limit": PAGE, **({"after": found[-1]["id"]} if found else {})}
            page = await self._object("GET", "/vector_stores", query, "again")
            young = [one for one in page.get("data") or () if one["created_at"] >= since]
            found += young
            if len(young) < PAGE:
                break
        return found

    async def store(self, store: str) -> Object:
        """See `StoreObjects.store`."""
        return await self._object("GET", f"/vector_stores/{store}", {}, "again")

    async def change_store(self, store: str, fields: Mapping[str, Any]) -> Object:
        """See `StoreObjects.change_store`."""
        return await self._object("POST", f"/vector_stores/{store}", fields, "again")

    async def search_store(self, store: str, fields: Mapping[str, Any]) -> Object:
        """See `StoreObjects.search_store`."""
        return await self._object("POST", f"/vector_stores/{store}/search", fields, "again")

    async def put_entry(self, store: str, fields: Mapping[str, Any]) -> Object:
        """See `StoreEntries.put_entry`."""
        return await self._object("POST", f"/vector_stores/{store}/files", fields, "new")

    async def entry(self, store: str, file: str) -> Object:
        """See `StoreEntries.entry`."""
        return await self._object("GET", f"/vector_stores/{store}/files/{file}", {}, "again")

    async def entries(self, store: str, page: Mapping[str, Any], batch: str | None = None) -> Object:
        """See `StoreEntries.entries`."""
        of = f"/file_batches/{batch}" if batch else ""
        return await self._object("GET", f"/vector_stores/{store}{of}/files", page, "again")

    async def change_entry(self, store: str, file: str, attributes: Mapping[str, Any] | None) -> Object:
        """See `StoreEntries.change_entry`."""
        fields = {"attributes": attributes}
        return await self._object("POST", f"/vector_stores/{store}/files/{file}", fields, "again")

    async def entry_text(self, store: str, file: str) -> Object:
        """See `StoreEntries.entry_text`."""
        return await self._object("GET", f"/vector_stores/{store}/files/{file}/content", {}, "again")

    async def make_batch(self, store: str, fields: Mapping[str, Any]) -> Object:
        """See `EntryBatches.make_batch`."""
        return await self._object("POST", f"/vector_stores/{store}/file_batches", fields, "new")

    async def batch(self, store: str, batch: str) -> Object:
        """See `EntryBatches.batch`."""
        return await self._object("GET", f"/vector_stores/{store}/file_batches/{batch}", {}, "again")

    async def cancel_batch(self, store: str, batch: str) -> Object:
        """See `EntryBatches.cancel_batch`."""
        return await self._object("POST", f"/vector_stores/{store}/file_batches/{batch}/cancel", {}, "again")
