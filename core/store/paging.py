"""One page of a list that has an order of its own: where it begins, how many rows, whether there are more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.store.database import Execute


@dataclass(frozen=True, slots=True)
class Page:
    """As clients ask for it: `after` and `before` are ids of the same list; `before` alone gives the nearest
    to it.
    """

    limit: int = 20
    order: Literal["asc", "desc"] = "desc"
    after: str | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list is made of: columns, tables, a condition with its values, what orders it, and its id."""

    select: str
    source: str
    where: str
    values: tuple[Any, ...]
    order: tuple[str, str]
    id: str = "id"

    def sql(self, columns: str, where: str, *rest: str) -> str:
        """A statement over the list: all of its words are constants of the store."""
        return " ".join(["SELECT", columns, "FROM", self.source, "WHERE", where, *rest])


def rows(tx: Execute, listing: Listing, page: Page) -> tuple[list[Any], bool]:
    """The rows, and whether there are others in the direction that was asked for.

    Raises LookupError with the id of a cursor that is not in the list.
    """
    first, second = listing.order
    where, values = listing.where, list(listing.values)
    ascending = page.order == "asc"
    for cursor, rising in ((page.after, ascending), (page.before, not ascending)):
        if cursor is not None:
            where += f" AND ({first}, {second}) {'>' if rising else '<'} (?, ?)"
            values += _place(tx, listing, cursor)
    backwards = page.before is not None and page.after is None
    way = "ASC" if ascending != backwards else "DESC"
    ordered = ("ORDER BY", first, way, ",", second, way, "LIMIT ?")
    sql = listing.sql(listing.select, where, *ordered)
    found = tx.execute(sql, (*values, page.limit + 1)).fetchall()
    those = found[: page.limit]
    return (those[::-1] if backwards else those), len(found) > page.limit


def like(part: str) -> str:
    """The pattern of LIKE … ESCAPE '\\' for a text that has this part."""
    return "%{}%".format(part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_"))


def _place(tx: Execute, listing: Listing, cursor: str) -> Sequence[Any]:
    sql = listing.sql(", ".join(listing.order), listing.where, "AND", listing.id, "= ?")
    found = tx.execute(sql, (*listing.values, cursor)).fetchall()
    if not found:
        raise LookupError(cursor)
    place: Sequence[Any] = found[0]
    return place
