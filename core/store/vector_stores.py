"""Vector stores and the documents in them. An owner is an assistant or a thread; nothing is ever shared."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from core.store.database import Execute

State = Literal["waiting", "uploaded", "completed", "failed"]
"""waiting: being uploaded; uploaded: at the server, not searchable yet; completed: searchable."""
_COLUMNS = "digest, name, size, remote, status, error, created_at"


@dataclass(frozen=True, slots=True)
class Store:
    """`remote`: its id at the server. `expires_at`: not before, unless it is used; None: never."""

    remote: str
    expires_at: float | None


@dataclass(frozen=True, slots=True)
class Document:
    """A document of an owner. `digest`: SHA-256 of its bytes, in hex. `begun_at`: its last upload's begin."""

    digest: str
    name: str
    size: int
    remote: str | None
    status: State
    error: str | None
    begun_at: float


def store(tx: Execute, owner: str) -> Store | None:
    """The owner's store."""
    rows = tx.execute("SELECT remote, expires_at FROM vector_stores WHERE owner = ?", (owner,)).fetchall()
    return Store(*rows[0]) if rows else None


def open_store(tx: Execute, owner: str, remote: str, expires_at: float | None) -> None:
    """From now on this is the owner's store. Nothing is searchable in a new one."""
    tx.execute(
        "INSERT INTO vector_stores (owner, remote, expires_at) VALUES (?, ?, ?) "
        "ON CONFLICT (owner) DO UPDATE SET remote = excluded.remote, expires_at = excluded.expires_at",
        (owner, remote, expires_at),
    )
    tx.execute(
        "UPDATE vector_store_files SET status = 'uploaded' WHERE owner = ? AND status = 'completed'",
        (owner,),
    )


def used(tx: Execute, owner: str, expires_at: float) -> None:
    """The store was used: it lives until then at least."""
    tx.execute("UPDATE vector_stores SET expires_at = ? WHERE owner = ?", (expires_at, owner))


def close_store(tx: Execute, owner: str) -> None:
    """The owner has no store and no documents any more."""
    tx.execute("DELETE FROM vector_store_files WHERE owner = ?", (owner,))
    tx.execute("DELETE FROM vector_stores WHERE owner = ?", (owner,))


def documents(tx: Execute, owner: str) -> list[Document]:
    """Everything the owner was given, by name."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM vector_store_files WHERE owner = ? ORDER BY name, created_at, digest",
        (owner,),
    ).fetchall()
    return [Document(*row) for row in rows]


def document(tx: Execute, owner: str, digest: str) -> Document | None:
    """The document of these bytes."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM vector_store_files WHERE owner = ? AND digest = ?", (owner, digest)
    ).fetchall()
    return Document(*rows[0]) if rows else None


def begin(tx: Execute, owner: str, digest: str, name: str, size: int, now: float) -> None:
    """Its upload begins now."""
    tx.execute(
        "INSERT INTO vector_store_files (owner, digest, name, size, status, created_at) "
        "VALUES (?, ?, ?, ?, 'waiting', ?) ON CONFLICT (owner, digest) DO UPDATE SET name = excluded.name, "
        "remote = NULL, status = 'waiting', error = NULL, created_at = excluded.created_at",
        (owner, digest, name, size, now),
    )


def uploaded(tx: Execute, owner: str, digest: str, remote: str) -> None:
    """It is at the server under this id."""
    tx.execute(
        "UPDATE vector_store_files SET remote = ?, status = 'uploaded' WHERE owner = ? AND digest = ?",
        (remote, owner, digest),
    )


def completed(tx: Execute, owner: str, digest: str, remote: str) -> None:
    """It can be found in the owner's store."""
    tx.execute(
        "UPDATE vector_store_files SET status = 'completed' WHERE owner = ? AND digest = ? AND remote = ?",
        (owner, digest, remote),
    )


def failed(tx: Execute, owner: str, digest: str, error: str) -> None:
    """It is not at the server, for this reason."""
    tx.execute(
        "UPDATE vector_store_files SET remote = NULL, status = 'failed', error = ? "
        "WHERE owner = ? AND digest = ?",
        (error, owner, digest),
    )


def holds(tx: Execute, owner: str, name: str, size: int) -> bool:
    """Whether the owner has a document of that name and size."""
    sql = "SELECT 1 FROM vector_store_files WHERE owner = ? AND name = ? AND size = ?"
    return bool(tx.execute(sql, (owner, name, size)).fetchall())


def remove(tx: Execute, owner: str, digest: str) -> None:
    """The owner does not have it any more."""
    tx.execute("DELETE FROM vector_store_files WHERE owner = ? AND digest = ?", (owner, digest))


def waiting(tx: Execute, name: str, size: int) -> int:
    """How many documents of that name and size have an upload without a known end, whoever owns them.

    Those of clients, too.
    """
    return len(
        tx.execute(
            "SELECT 1 FROM vector_store_files WHERE name = ? AND size = ? AND status = 'waiting' UNION ALL "
            "SELECT 1 FROM uploads WHERE name = ? AND size = ? AND remote = ''",
            (name, size, name, size),
        ).fetchall()
    )


def known(tx: Execute, remotes: Collection[str]) -> set[str]:
    """Those of the server's file ids that belong to a document, an attachment or a client's file."""
    marks = ", ".join("?" for _ in remotes)
    rows = tx.execute(
        f"SELECT remote FROM vector_store_files WHERE remote IN ({marks}) "
        f"UNION SELECT remote FROM files WHERE remote IN ({marks}) "
        f"UNION SELECT remote FROM uploads WHERE remote IN ({marks})",
        (*remotes, *remotes, *remotes),
    ).fetchall()
    return {row[0] for row in rows}


def lost(tx: Execute, alike: Collection[str], name: str, size: int) -> str | None:
    """Of the server's files of that name and size the one whose upload's end nobody saw, if that is sure."""
    free = set(alike) - known(tx, alike)
    return free.pop() if len(free) == 1 and waiting(tx, name, size) == 1 else None
