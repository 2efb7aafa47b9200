"""Vector stores: documents that a model can search. A document is indexed a moment after it was added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final
from uuid import uuid4

from standins.openai.files import Clock, File, Files
from standins.openai.refusal import refuse, refused
from standins.openai.rules import Json

_TEXTS: Final = (
    *("c", "cpp", "cs", "css", "go", "html", "java", "js", "json", "md", "php", "py", "rb", "sh", "tex"),
    *("ts", "txt"),
)
_DOCUMENTS: Final = {
    **{"pdf": b"%PDF-", "doc": b"\xd0\xcf\x11\xe0", "docx": b"PK\x03\x04", "pptx": b"PK\x03\x04"},
}
"""Ending to the bytes such a file begins with.
https://developers.openai.com/api/docs/guides/tools-file-search#supported-files
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a store. `error` None: it can be indexed."""

    file: File
    added_at: float
    ready_at: float
    error: Json | None
    attributes: Mapping[str, Any]
    chunking: Json
    cancelled_at: float | None = None

    def status(self, now: float) -> str:
        """in_progress, completed, failed or cancelled."""
        if self.cancelled_at is not None:
            return "cancelled"
        if now < self.ready_at:
            return "in_progress"
        return "failed" if self.error else "completed"


def counted(entries: Iterable[Entry], now: float) -> Json:
    """How many are in which state."""
    states = [entry.status(now) for entry in entries]
    counts = {word: states.count(word) for word in ("in_progress", "completed", "failed", "cancelled")}
    return {**counts, "total": len(states)}


@dataclass
class Store:
    """`days` after its last use it expires; None: never."""

    id: str
    name: str
    created_at: float
    last_active_at: float
    days: int | None
    metadata: Mapping[str, str]
    entries: dict[str, Entry] = field(default_factory=dict)

    @property
    def expires_at(self) -> float | None:
        return None if self.days is None else self.last_active_at + self.days * 86_400

    def expired(self, now: float) -> bool:
        """Whether nothing in it can be found any more."""
        return self.expires_at is not None and self.expires_at <= now

    def to_json(self, now: float) -> Json:
        counts = counted(self.entries.values(), now)
        status = "in_progress" if counts["in_progress"] else "completed"
        return {
            **{"id": self.id, "object": "vector_store", "created_at": int(self.created_at)},
            "name": self.name,
            "usage_bytes": sum(len(entry.file.content) for entry in self.entries.values()),
            "file_counts": counts,
            "status": "expired" if self.expired(now) else status,
            "expires_after": None if self.days is None else {"anchor": "last_active_at", "days": self.days},
            "expires_at": None if self.expires_at is None else int(self.expires_at),
            **{"last_active_at": int(self.last_active_at), "metadata": dict(self.metadata)},
        }

    def file_json(self, entry: Entry, now: float) -> Json:
        status = entry.status(now)
        return {
            **{"id": entry.file.id, "object": "vector_store.file", "created_at": int(entry.added_at)},
            "usage_bytes": len(entry.file.content) if status == "completed" else 0,
            **{"vector_store_id": self.id, "status": status},
            **{"last_error": entry.error if status == "failed" else None},
            "chunking_strategy": entry.chunking,
            "attributes": dict(entry.attributes),
        }


_CHUNKS: Final[Json] = {
    "type": "static",
    "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400},
}


@dataclass(frozen=True, slots=True)
class Batch:
    """Files that were put into a store together."""

    id: str
    store: Store
    created_at: float
    files: Sequence[str]

    def entries(self) -> list[Entry]:
        return [self.store.entries[file] for file in self.files if file in self.store.entries]

    def to_json(self, now: float) -> Json:
        counts = counted(self.entries(), now)
        status = (
            "in_progress" if counts["in_progress"] else "cancelled" if counts["cancelled"] else "completed"
        )
        return {
            **{"id": self.id, "object": "vector_store.files_batch", "created_at": int(self.created_at)},
            **{"vector_store_id": self.store.id, "status": status, "file_counts": counts},
        }


class Stores:
    """`all` has every store that is there; `indexing`: seconds until a document can be found. `errors`: file
    name to the code with which its indexing fails whatever is in it, e.g. `server_error`.
    """

    def __init__(self, clock: Clock, files: Files) -> None:
        self.all: dict[str, Store] = {}
        self.batches: dict[str, Batch] = {}
        self.indexing = 0.02
        self.errors: dict[str, str] = {}
        self._clock, self._files = clock, files

    def create(
        self,
        name: str,
        file_ids: Sequence[str],
        days: int | None,
        metadata: Mapping[str, str],
        chunking: Json | None = None,
    ) -> Store:
        """A new store with these files. Raises Refusal for a file that is not there."""
        now = self._clock.now()
        store = Store(f"vs_{uuid4().hex}", name, now, now, days, metadata)
        for file_id in file_ids:
            self.attach(store, file_id, {}, chunking)
        self.all[store.id] = store
        return store

    def find(self, store_id: str) -> Store:
        """A store, expired or not; files that were deleted are not in it any more. Raises Refusal."""
        store = self.all.get(store_id)
        if store is None:
            raise refused("store", id=store_id)
        for gone in store.entries.keys() - self._files.kept.keys():
            del store.entries[gone]
        return store

    def use(self, store_id: str) -> Store:
        """A store that has not expired; it stays for another while. Raises Refusal."""
        store = self.find(store_id)
        refuse(store.expired(self._clock.now()), "store over", id=store_id)
        store.last_active_at = self._clock.now()
        return store

    def attach(
        self, store: Store, file_id: str, attributes: Mapping[str, Any], chunking: Json | None = None
    ) -> Entry:
        """Begin to index a file; once is enough. Raises Refusal for a file that is not there."""
        file = self._files.find(file_id)
        if file.purpose not in ("assistants", "user_data"):
            raise refused("purpose", id=file_id, purpose=file.purpose)
        now = self._clock.now()
        if file_id not in store.entries:
            code = self.errors.get(file.name)
            error = _error(file) if code is None else {"code": code, "message": f"It fails: {code}."}
            chunks = chunking if chunking and chunking["type"] == "static" else _CHUNKS
            store.entries[file_id] = Entry(file, now, now + self.indexing, error, attributes, chunks)
        return store.entries[file_id]

    def entry(self, store: Store, file_id: str) -> Entry:
        if file_id not in store.entries:
            raise refused("entry", id=file_id, store=store.id)
        return store.entries[file_id]

    def change(self, store: Store, file_id: str, attributes: Mapping[str, Any]) -> Entry:
        store.entries[file_id] = replace(self.entry(store, file_id), attributes=attributes)
        return store.entries[file_id]

    def together(self, store: Store, files: Sequence[Json]) -> Batch:
        """Attach them; none of them when one is refused."""
        for file in files:
            self._files.find(file["file_id"])
        for file in files:
            self.attach(store, file["file_id"], file.get("attributes") or {}, file.get("chunking_strategy"))
        ids = [file["file_id"] for file in files]
        batch = Batch(f"vsfb_{uuid4().hex}", store, self._clock.now(), ids)
        self.batches[batch.id] = batch
        return batch

    def batch(self, store: Store, batch_id: str) -> Batch:
        batch = self.batches.get(batch_id)
        if batch is None or batch.store is not store:
            raise refused("file batch", id=batch_id, store=store.id)
        return batch

    def cancel(self, batch: Batch) -> None:
        """Those that are not indexed yet never are."""
        now = self._clock.now()
        for entry in batch.entries():
            if entry.status(now) == "in_progress":
                batch.store.entries[entry.file.id] = replace(entry, cancelled_at=now)

    def search(self, store: Store, given: Json) -> Json:
        """A page of results, best first, as the search of a client sees them."""
        query = given["query"] if isinstance(given["query"], str) else " ".join(given["query"])
        least = (given.get("ranking_options") or {}).get("score_threshold") or 0
        entries = store.entries
        fitting = [
            {**one, "attributes": dict(entries[one["file_id"]].attributes)}
            for one in self.found([store.id], query)
            if one["score"] >= least and _fits(given.get("filters"), entries[one["file_id"]].attributes)
        ]
        most = given.get("max_num_results") or 10
        data = [
            {**{name: one[name] for name in ("file_id", "filename", "score", "attributes")}, "content": texts}
            for one in fitting[:most]
            for texts in [[{"type": "text", "text": one["text"]}]]
        ]
        page = {"object": "vector_store.search_results.page", "search_query": [query], "data": data}
        return {**page, "has_more": len(fitting) > most, "next_page": None}

    def found(self, store_ids: Sequence[str], query: str) -> list[Json]:
        """What a search finds: the documents in which a word of the query stands, as results of the API."""
        now, words = self._clock.now(), query.lower().split()
        results = []
        for entry in [entry for store_id in store_ids for entry in self.find(store_id).entries.values()]:
            text = entry.file.content.decode(errors="replace")
            score = sum(word in text.lower() for word in words) / max(1, len(words))
            if score and entry.status(now) == "completed":
                where = {"file_id": entry.file.id, "filename": entry.file.name}
                results.append({**where, "score": score, "text": text[:3200], "attributes": {}})
        return sorted(results, key=lambda result: -float(result["score"]))


_COMPARED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    **{"eq": eq, "ne": ne, "gt": gt, "gte": ge, "lt": lt, "lte": le},
    **{"in": lambda value, some: value in some, "nin": lambda value, some: value not in some},
}


def _fits(rule: Json | None, attributes: Mapping[str, Any]) -> bool:
    if rule is None:
        return True
    if rule["type"] in ("and", "or"):
        each = [_fits(one, attributes) for one in rule["filters"]]
        return all(each) if rule["type"] == "and" else any(each)
    value = attributes.get(rule["key"])
    try:
        return value is not None and _COMPARED[rule["type"]](value, rule["value"])
    except TypeError:  # a number and a text have no order
        return False


def _error(file: File) -> Json | None:
    """Why this file will never be searchable."""
    ending = file.name.rsplit(".", 1)[-1].lower() if "." in file.name else ""
    if ending in _DOCUMENTS:
        good = file.content.startswith(_DOCUMENTS[ending])
    elif ending in _TEXTS:
        good = _is_text(file.content)
    else:
        return {"code": "unsupported_file", "message": "The file type is not supported."}
    return None if good else {"code": "invalid_file", "message": "The file could not be parsed."}


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")
    except UnicodeDecodeError:
        return False
