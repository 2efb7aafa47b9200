"""Sessions of the web page, and links that make one, once. Only the hash of a secret is kept."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Literal

from core.store.database import Execute

_COLUMNS = "hash, kind, key_id, name, project, admin, read_chats, created_at, used_at"
_IN_FORCE = (
    "(key_id IS NULL OR EXISTS "
    "(SELECT 1 FROM keys WHERE keys.id = key_id AND revoked_at IS NULL AND console = 1))"
)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """Who is logged in, or may be. `key_id`: None where a link was given to somebody."""

    hash: str
    kind: Literal["session", "link"]
    key_id: str | None
    name: str
    project: str
    admin: bool | int
    read_chats: bool | int
    created_at: float
    used_at: float


def add(tx: Execute, row: SessionRow) -> None:
    """Store a new one."""
    tx.execute(f"INSERT INTO sessions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", astuple(row))


def get(tx: Execute, hash: str, kind: str, *, born: float, used: float) -> SessionRow | None:
    """The one with that hash, made after `born` and used after `used`. A revoked key has none."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM sessions WHERE hash = ? AND kind = ? AND created_at > ? AND used_at > ? "
        f"AND {_IN_FORCE}",
        (hash, kind, born, used),
    ).fetchall()
    return SessionRow(*rows[0]) if rows else None


def used(tx: Execute, hash: str, at: float) -> None:
    """Its person was there then."""
    tx.execute("UPDATE sessions SET used_at = ? WHERE hash = ?", (at, hash))


def end(tx: Execute, hash: str) -> None:
    """It opens nothing any more."""
    tx.execute("DELETE FROM sessions WHERE hash = ?", (hash,))


def end_all(tx: Execute) -> int:
    """None opens anything any more, and no link; gives how many there were."""
    return len(tx.execute("DELETE FROM sessions RETURNING hash").fetchall())


def sweep(tx: Execute, *, born: float, used: float, link: float) -> None:
    """Those are gone that open nothing any more."""
    over = f"(created_at <= ? OR used_at <= ? OR NOT {_IN_FORCE})"
    tx.execute(
        f"DELETE FROM sessions WHERE {over} OR (kind = 'link' AND created_at <= ?)", (born, used, link)
    )
