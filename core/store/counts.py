"""Counts: what happens and leaves no row of its own."""

from __future__ import annotations

from typing import Final

from core.store.database import Execute

REPEATED: Final = "repeated_deliveries"
"""A network delivered a message again that was accepted already."""
REFUSED: Final = "budget_refusals"
"""A limit on money refused a request; in place of the platform stands which."""


def add(tx: Execute, name: str, platform: str = "", at: float = 0.0) -> None:
    """It happened once more, there and then."""
    for one in (f"{name}:{platform}" if platform else name, f"{name}_in_hour:{at // 3600:08.0f}"):
        tx.execute(
            "INSERT INTO counts (name, value) VALUES (?, 1) "
            "ON CONFLICT (name) DO UPDATE SET value = counts.value + 1",
            (one,),
        ).fetchall()


def since(tx: Execute, name: str, at: float) -> int:
    """How often it happened from the hour of that moment on."""
    sql = "SELECT COALESCE(SUM(value), 0) FROM counts WHERE name >= ? AND name < ?"
    rows = tx.execute(sql, (f"{name}_in_hour:{at // 3600:08.0f}", f"{name}_in_hour;")).fetchall()
    return int(rows[0][0])


def value(tx: Execute, name: str) -> int:
    """How often it happened."""
    return sum(by_platform(tx, name).values())


def by_platform(tx: Execute, name: str) -> dict[str, int]:
    """How often it happened on each; "" for what was counted before they were told apart."""
    rows = tx.execute("SELECT name, value FROM counts").fetchall()
    told = {tuple(one.partition(":")[::2]): count for one, count in rows}
    return {platform: count for (one, platform), count in told.items() if one == name}
