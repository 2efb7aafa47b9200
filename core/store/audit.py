"""Audit: who did what to which object, without a word of anybody. Rows are only added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.store.database import Execute
from core.store.paging import like

OPERATOR = "operator"
"""Who types commands on the machine itself."""
_END: Final = 2**62


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
    return [entry for _, entry in page(tx, {}, count)]


def page(
    tx: Execute, which: Mapping[str, str], count: int, before: int | None = None
) -> list[tuple[int, Entry]]:
    """So many with their numbers, the newest first; `before`: older than the one with that number.

    `which`: their `actor`, their `object`, their `action` or what it begins with (`keys` for `keys.create`),
    and `q`, a part of any of the three.
    """
    actor, action, object, q = (which.get(name, "") for name in ("actor", "action", "object", "q"))
    rows = tx.execute(
        "SELECT seq, at, actor, action, object FROM audit WHERE seq < ? "
        "AND (? = '' OR actor = ?) AND (? = '' OR object = ?) AND (? = '' OR action = ? OR action LIKE ?) "
        "AND actor || ' ' || action || ' ' || object LIKE ? ESCAPE '\\' ORDER BY seq DESC LIMIT ?",
        (before or _END, actor, actor, object, object, action, action, f"{action}.%", like(q), count),
    ).fetchall()
    return [(seq, Entry(*row)) for seq, *row in rows]
