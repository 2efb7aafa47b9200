"""Keys of clients of the API: who may call, and as whom. Only the hash of a secret is kept."""

from __future__ import annotations

from dataclasses import dataclass

from core.store.database import Execute

_NAMES = "id, name, project, admin, read_chats, last4, created_at, last_used_at, revoked_at, console"
_SELECT = f"SELECT {_NAMES} FROM keys"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key, whether it is in force or not."""

    id: str
    name: str
    project: str
    admin: bool | int
    read_chats: bool | int
    last4: str
    created_at: float
    last_used_at: float | None = None
    revoked_at: float | None = None
    console: bool | int = False


def add(tx: Execute, row: KeyRow, digest: str) -> None:
    """Store a new one. `digest`: SHA-256 of the secret, hex."""
    rights = (int(row.admin), int(row.read_chats), int(row.console))
    tx.execute(
        "INSERT INTO keys (id, name, project, admin, read_chats, console, hash, last4, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (row.id, row.name, row.project, *rights, digest, row.last4, row.created_at),
    )


def named(tx: Execute, name: str) -> KeyRow | None:
    """The one with that name, revoked or not."""
    return next(iter(_found(tx, f"{_SELECT} WHERE name = ?", name)), None)


def in_force(tx: Execute) -> list[KeyRow]:
    """All that have not been revoked, the oldest first."""
    return _found(tx, f"{_SELECT} WHERE revoked_at IS NULL ORDER BY created_at, id")


def of_digest(tx: Execute, digest: str) -> KeyRow | None:
    """The one in force whose secret has that hash."""
    return next(iter(_found(tx, f"{_SELECT} WHERE hash = ? AND revoked_at IS NULL", digest)), None)


def _found(tx: Execute, sql: str, *values: str) -> list[KeyRow]:
    return [KeyRow(*row) for row in tx.execute(sql, values).fetchall()]


def revoke(tx: Execute, id: str, now: float) -> None:
    """It opens nothing any more; its name stays taken, because the ledger and the audit name it."""
    tx.execute("UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (now, id))


def used(tx: Execute, id: str, at: float) -> None:
    """It was used then."""
    tx.execute("UPDATE keys SET last_used_at = ? WHERE id = ?", (at, id))
