"""What was used, day by day, as the page shows it: the sums of `spool usage`, with people's names."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any, Final

from core.api.console.looks import Looks
from core.api.console.rows import view_of
from core.api.key import Key
from core.store import usage, usage_days
from core.store.console import View
from core.store.database import Execute
from core.store.usage import By, Total
from core.store.usage_days import Span

LINES: Final = 6
"""That are told apart in a plot."""


def whose(view: View) -> tuple[str, ...]:
    """The rows of the ledger that belong to a view."""
    return () if view.project is None else ("chats", f"api:{view.project}")


async def used(looks: Looks, zone: str, key: Key, by: By, days: int) -> dict[str, Any]:
    """Of so many days, today included, in that zone. Raises Refusal."""
    now = time.time()
    until = date.fromisoformat(usage.day_of(now, zone))
    span = Span(until - timedelta(days - 1), zone, whose(view_of(key)))

    def work(tx: Execute) -> dict[str, Any]:
        found, called = usage_days.totals(tx, span, by), usage_days.names(tx, span, by)
        data = [
            {"key": key, "name": called.get(key) or _plain(key, by), **asdict(one)}
            for key, one in found.items()
        ]
        largest = (
            [] if by == "day" else sorted(filter(None, found), key=lambda key: _size(found[key]))[-LINES:]
        )
        lines = usage_days.lines(tx, span, by, largest[::-1])
        spanned = [(span.since + timedelta(day)).isoformat() for day in range(days)]
        return {
            "total": asdict(usage.together(found.values())),
            "data": data,
            "series": {
                "days": spanned,
                "lines": [
                    {"key": key, "name": called.get(key) or _plain(key, by), **_line(line, spanned)}
                    for key, line in lines.items()
                ],
            },
        }

    told = {"by": by, "days": days, "since": span.since.isoformat(), "until": until.isoformat(), "zone": zone}
    return {**told, "at": now, **await looks.look(work)}


def _plain(key: str, by: By) -> str:
    """Of a place that nobody has named its id, of the API its project."""
    return key.partition(":")[2] if by == "place" else key


def _size(one: Total) -> tuple[float, int, int]:
    return one.price_usd or 0.0, one.input + one.output, one.requests


def _line(line: usage_days.Line, days: list[str]) -> dict[str, list[Any]]:
    sums = [line.get(day, (0, 0, 0.0)) for day in days]
    return dict(zip(("requests", "tokens", "price_usd"), map(list, zip(*sums, strict=True)), strict=True))
