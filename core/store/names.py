"""Names: what people see in place of a network's ids, for the page alone. Nothing is decided by them."""

from __future__ import annotations

from collections.abc import Mapping

from core.store.database import Execute


def keep(tx: Execute, platform: str, workspace: str, names: Mapping[str, str]) -> None:
    """From now on these ids are called so there."""
    for id, name in names.items():
        tx.execute(
            "INSERT INTO names (platform, workspace, id, name) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (platform, workspace, id) DO UPDATE SET name = excluded.name "
            "WHERE names.name <> excluded.name",
            (platform, workspace, id, name),
        )


def find(tx: Execute, platform: str, id: str) -> str:
    """What that place is called, "" where nobody told it."""
    rows = tx.execute("SELECT name FROM names WHERE platform = ? AND id = ?", (platform, id)).fetchall()
    return rows[0][0] if rows else ""
