"""Counts: what happens and leaves no row of its own."""

from __future__ import annotations

from typing import Final

from core.store.database import Execute

REPEATED: Final = "repeated_deliveries"
"""A network delivered a message again that was accepted already."""


def add(tx: Execute, name: str) -> None:
    """It happened once more."""
    tx.execute(
        "INSERT INTO counts (name, value) VALUES (?, 1) "
        "ON CONFLICT (name) DO UPDATE SET value = counts.value + 1",
        (name,),
    ).fetchall()


def value(tx: Execute, name: str) -> int:
    """How often it happened."""
    rows = tx.execute("SELECT value FROM counts WHERE name = ?", (name,)).fetchall()
    return int(rows[0][0]) if rows else 0
