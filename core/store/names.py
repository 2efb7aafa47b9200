"""Names: what people see in place of a network's ids, for the page alone. Nothing is decided by them."""

from __future__ import annotations

from collections.abc import Mapping

from core.store.database import Execute
from core.store.paging import like


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


def people(tx: Execute, part: str, most: int) -> list[dict[str, str]]:
    """People of chats who have said something, by a part of their name or id (`slack:U1`)."""
    said = (
        "SELECT 1 FROM messages AS m WHERE m.platform <> '' AND m.platform = n.platform AND m.person = n.id"
    )
    found = tx.execute(
        f"SELECT n.platform || ':' || n.id AS who, MAX(name) FROM names AS n WHERE EXISTS ({said}) AND (name "
        "LIKE ? ESCAPE '\\' OR n.platform || ':' || n.id LIKE ? ESCAPE '\\') "
        "GROUP BY who ORDER BY 2, 1 LIMIT ?",
        (like(part), like(part), most),
    ).fetchall()
    return [{"id": id, "name": name} for id, name in found]
