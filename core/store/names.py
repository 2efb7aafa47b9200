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
    """People of chats who have asked something, by a part of their id (`slack:U1`) or name."""
    sql = (
        "SELECT asked.id, COALESCE(MAX(called.name), '') FROM (SELECT DISTINCT name AS id FROM usage_days "
        "WHERE what = 'person' AND whose = 'chats' AND name <> '') AS asked LEFT JOIN (SELECT platform || "
        "':' || id AS id, name FROM names) AS called ON called.id = asked.id WHERE asked.id LIKE ? "
        "ESCAPE '\\' OR called.name LIKE ? ESCAPE '\\' GROUP BY asked.id ORDER BY 2, 1 LIMIT ?"
    )
    return [
        {"id": id, "name": name} for id, name in tx.execute(sql, (like(part), like(part), most)).fetchall()
    ]
