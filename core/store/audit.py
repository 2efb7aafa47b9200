"""Audit: who did what to which object, without a word of anybody. Rows are only added."""

from __future__ import annotations

from dataclasses import dataclass

from core.store.database import Execute
from core.store.paging import like

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


@dataclass(frozen=True, slots=True)
class Which:
    """Empty: whatever. `action` stands for all that begin so: `keys` for `keys.create`."""

    q: str = ""
    """A part of any of the three, whatever its capitals."""
    actor: str = ""
    action: str = ""
    object: str = ""


def newest(tx: Execute, count: int) -> list[Entry]:
    """The newest entries, the newest first."""
    return [entry for _, entry in page(tx, Which(), count)]


def page(tx: Execute, which: Which, count: int, before: int | None = None) -> list[tuple[int, Entry]]:
    """So many with their numbers, the newest first; `before`: older than the one with that number."""
    rows = tx.execute(
        "SELECT seq, at, actor, action, object FROM audit WHERE (CAST(? AS INTEGER) IS NULL OR seq < ?) "
        "AND (? = '' OR actor = ?) AND (? = '' OR object = ?) AND (? = '' OR action = ? OR action LIKE ?) "
        "AND (? = '' OR LOWER(actor || ' ' || action || ' ' || object) LIKE ? ESCAPE '\\') "
        "ORDER BY seq DESC LIMIT ?",
        (
            *(before, before, which.actor, which.actor, which.object, which.object),
            *(which.action, which.action, f"{which.action}.%", which.q, like(which.q.lower()), count),
        ),
    ).fetchall()
    return [(seq, Entry(*row)) for seq, *row in rows]
