"""What clients have at the model server under ids of our own: vector stores and batches of files in them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from secrets import token_hex
from typing import Final, Literal

from core.store import paging
from core.store.database import Execute
from core.store.paging import Listing, Page

RemoteKind = Literal["vector_store", "file_batch"]
PREFIXES: Final[dict[RemoteKind, str]] = {"vector_store": "vs_", "file_batch": "vsfb_"}
_COLUMNS: Final = "id, kind, project, remote, created_at"
_BEGUN: Final = "begun:"
"""Before its own id, in place of one at the server: it is being made, or was when a process died."""
_MADE: Final = f"substr(remote, 1, {len(_BEGUN)}) <> '{_BEGUN}'"


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """`id` is ours, `remote` the server's."""

    id: str
    kind: RemoteKind
    project: str
    remote: str
    created_at: float


def new_id(kind: RemoteKind) -> str:
    """For one that is about to be made."""
    return f"{PREFIXES[kind]}{token_hex(12)}"


def begin(tx: Execute, id: str, kind: RemoteKind, project: str, now: float) -> None:
    """It is about to be made at the server; nobody sees it before `made`."""
    add(tx, RemoteObject(id, kind, project, f"{_BEGUN}{id}", now))


def add(tx: Execute, one: RemoteObject) -> None:
    """It is there."""
    tx.execute(
        f"INSERT INTO remote_objects (seq, {_COLUMNS}) "
        "VALUES ((SELECT COALESCE(MAX(seq), 0) + 1 FROM remote_objects), ?, ?, ?, ?, ?)",
        (one.id, one.kind, one.project, one.remote, one.created_at),
    )


def made(tx: Execute, id: str, remote: str) -> None:
    """One that was begun is there, under this id."""
    tx.execute("UPDATE remote_objects SET remote = ? WHERE id = ?", (remote, id))


def begun(tx: Execute) -> list[RemoteObject]:
    """Those of which nobody knows whether the server has them."""
    rows = tx.execute(f"SELECT {_COLUMNS} FROM remote_objects WHERE NOT {_MADE}").fetchall()
    return [RemoteObject(*row) for row in rows]


def get(tx: Execute, project: str, kind: RemoteKind, id: str) -> RemoteObject | None:
    """One of that project."""
    sql = f"SELECT {_COLUMNS} FROM remote_objects WHERE id = ? AND project = ? AND kind = ? AND {_MADE}"
    return next((RemoteObject(*row) for row in tx.execute(sql, (id, project, kind)).fetchall()), None)


def page(tx: Execute, project: str, kind: RemoteKind, cut: Page) -> tuple[list[RemoteObject], bool]:
    """A page of the project's, as they were made. Raises LookupError for a cursor."""
    where = f"project = ? AND kind = ? AND {_MADE}"
    listing = Listing(_COLUMNS, "remote_objects", where, (project, kind), ("seq", "seq"))
    found, more = paging.rows(tx, listing, cut)
    return [RemoteObject(*row) for row in found], more


def delete(tx: Execute, id: str) -> None:
    """It is not there any more."""
    tx.execute("DELETE FROM remote_objects WHERE id = ?", (id,))


def remote_of(tx: Execute, id: str) -> str | None:
    """Its id at the server."""
    rows = tx.execute(f"SELECT remote FROM remote_objects WHERE id = ? AND {_MADE}", (id,)).fetchall()
    return rows[0][0] if rows else None


def ours(id: str) -> bool:
    """Whether an id of a store or a file was made here: the server's look otherwise."""
    return re.fullmatch("(?:vs_|file-)[0-9a-f]{24}", id) is not None


def missing(tx: Execute, project: str, kind: RemoteKind, ids: Collection[str]) -> str | None:
    """The first of these ids that is none of the project's; None when all are."""
    return next((id for id in ids if get(tx, project, kind, id) is None), None)
