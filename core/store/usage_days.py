"""Usage by day, as it stands added up beside the ledger: a look costs the days, not the requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from core.store import usage
from core.store.database import Execute
from core.store.usage import SUMMED, UNIT, By, Total

_SUMS: Final = ", ".join(f"SUM({one})" for one in SUMMED)


@dataclass(frozen=True, slots=True)
class Span:
    """Days of that zone from `since` on, of what somebody sees: `whose` as in `usage.WHOSE`, () for all."""

    since: date
    zone: str
    whose: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """The condition, of a look by one thing."""
        seen = f" AND whose IN ({', '.join('?' for _ in self.whose)})" if self.whose else ""
        return f"what = ? AND day >= ?{seen}"

    def values(self, by: By) -> tuple[str, ...]:
        """Of its parameters. Each day has all of its requests by each thing, so also by the one with few."""
        return ("kind" if by == "day" else by, self.since.isoformat(), *self.whose)


def totals(tx: Execute, span: Span, by: By) -> dict[str, Total]:
    """What `usage.totals` gives for the same span."""
    column, where = "day" if by == "day" else "name", span.where
    sql = f"SELECT {column}, {_SUMS} FROM usage_days WHERE {where} GROUP BY {column} ORDER BY {column}"
    found = {key: [usage.total(sums)] for key, *sums in tx.execute(sql, span.values(by)).fetchall()}
    begins = usage.begins(span.since, span.zone)
    for key, total in usage.opinions(tx, begins, by, span.zone, span.whose):
        found.setdefault(key, []).append(total)
    return {key: usage.together(parts) for key, parts in found.items()}


def spent(tx: Execute, day: date, person: str = "") -> int:
    """What that person's requests of the day have cost; without one, those of all since then. In `UNIT`."""
    sums = "SELECT COALESCE(SUM(price), 0) FROM usage_days WHERE what = 'person' AND day = ? AND name = ?"
    if not person:
        sums = "SELECT COALESCE(SUM(price), 0) FROM usage_days WHERE what = 'kind' AND day >= ?"
    return int(tx.execute(sums, (day.isoformat(), person)[: 1 + bool(person)]).fetchall()[0][0])


Line = dict[str, tuple[int, int, float]]
"""By day: requests, tokens in and out, dollars."""


def lines(tx: Execute, span: Span, by: By, keys: Sequence[str]) -> dict[str, Line]:
    """How these went from day to day, and "" all others together, where there are any."""
    summed = "SUM(requests), SUM(input) + SUM(output), COALESCE(SUM(price), 0)"
    marks, where = ", ".join("?" for _ in keys), span.where
    each = f"AND name IN ({marks}) GROUP BY name, day"
    one = f"SELECT name, day, {summed} FROM usage_days WHERE {where} {each}"
    found: dict[str, dict[str, list[int]]] = {key: {} for key in keys}
    rest: dict[str, list[int]] = {}
    for day, *sums in tx.execute(
        f"SELECT day, {summed} FROM usage_days WHERE {where} GROUP BY day", span.values("kind")
    ).fetchall():
        rest[day] = sums
    for name, day, *sums in tx.execute(one, (*span.values(by), *keys)).fetchall():
        found[name][day] = sums
        rest[day] = [left - part for left, part in zip(rest[day], sums, strict=True)]
    if any(sums[0] for sums in rest.values()):
        found[""] = rest
    return {
        name: {day: (count, tokens, price / UNIT) for day, (count, tokens, price) in line.items()}
        for name, line in found.items()
    }


_NAMES: Final = "SELECT platform || ':' || id, name FROM names WHERE platform || ':' || id"
_CALLED: Final[Mapping[str, str]] = {
    "person": _NAMES,
    "place": _NAMES,
    "assistant": "SELECT id, name FROM assistants WHERE id",
}


def names(tx: Execute, span: Span, by: By) -> dict[str, str]:
    """What people see in place of the keys of those days, where somebody told."""
    if by not in _CALLED:
        return {}
    called, where = _CALLED[by], span.where
    sql = f"{called} IN (SELECT name FROM usage_days WHERE {where})"
    found: list[Any] = tx.execute(sql, span.values(by)).fetchall()
    return dict(found)
