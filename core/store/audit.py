"""Audit: who did what to which object, without a word of anybody. Rows are only added."""

from __future__ import annotations

from dataclasses import dataclass

from core.store.database import Execute

OPERATOR = "operator"
"""Who types commands on the machine itself."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One deed. `actor`: a key's name, the operator, or who came by a link: `slack:U…`."""

    at: float
    actor: str
    action: str
    """Such as `threads.read`, `keys.create`."""
    object: str
    """The id, or the name, of what it was done to."""


def add(tx: Execute, entry: Entry) -> None:
    """Write it, in the transaction of what was done."""
    tx.execute(
        "INSERT INTO audit (at, actor, action, object) VALUES (?, ?, ?, ?)",
        (entry.at, entry.actor, entry.action, entry.object),
    )


def newest(tx: Execute, count: int) -> list[Entry]:
    """The newest entries, the newest first."""
    rows = tx.execute(
        "SELECT at, actor, action, object FROM audit ORDER BY seq DESC LIMIT ?", (count,)
    ).fetchall()
    return [Entry(*row) for row in rows]
