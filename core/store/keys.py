"""Keys of clients of the API: who may call, and as whom. Only the hash of a secret is kept."""

from __future__ import annotations

from dataclasses import dataclass

from core.store.database import Execute

_COLUMNS = "id, name, project, admin, read_chats, last4, created_at, last_used_at, revoked_at"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key, whether it is in force or not."""

    id: str
    name: str
    project: str
    admin: bool
    read_chats: bool
    last4: str
    created_at: float
    last_used_at: float | None = None
    revoked_at: float | None = None


def add(tx: Execute, row: KeyRow, digest: str) -> None:
    """Store a new one. `digest`: SHA-256 of the secret, hex."""
    tx.execute(
        "INSERT INTO keys (id, name, project, admin, read_chats, hash, last4, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(row.id, row.name, row.project, int(row.admin), int(row.read_chats)),
            *(digest, row.last4, row.created_at),
        ),
    )


def named(tx: Execute, name: str) -> KeyRow | None:
    """The one with that name, revoked or not."""
    return _one(tx.execute(f"SELECT {_COLUMNS} FROM keys WHERE name = ?", (name,)).fetchall())


def in_force(tx: Execute) -> list[KeyRow]:
    """All that have not been revoked, the oldest first."""
    rows = tx.execute(f"SELECT {_COLUMNS} FROM keys WHERE revoked_at IS NULL ORDER BY created_at, id")
    return [_row(*row) for row in rows.fetchall()]


def of_digest(tx: Execute, digest: str) -> tuple[KeyRow, str] | None:
    """The one in force whose secret has that hash, with the hash as it is stored."""
    rows = tx.execute(
        f"SELECT {_COLUMNS}, hash FROM keys WHERE hash = ? AND revoked_at IS NULL", (digest,)
    ).fetchall()
    return (_row(*rows[0][:-1]), rows[0][-1]) if rows else None


def revoke(tx: Execute, id: str, now: float) -> None:
    """It opens nothing any more; its name stays taken, because the ledger and the audit name it."""
    tx.execute("UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (now, id))


def used(tx: Execute, id: str, at: float) -> None:
    """It was used then."""
    tx.execute("UPDATE keys SET last_used_at = ? WHERE id = ?", (at, id))


def _one(rows: list[tuple[object, ...]]) -> KeyRow | None:
    return _row(*rows[0]) if rows else None


def _row(
    id: object, name: object, project: object, admin: object, read_chats: object, *rest: object
) -> KeyRow:
    return KeyRow(id, name, project, bool(admin), bool(read_chats), *rest)  # type: ignore[arg-type]
