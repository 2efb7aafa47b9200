"""The ledger of a product that was killed, against the bill of the stand-in and what it adds up to by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, get_args

from core.store import facts, usage, usage_days
from core.store.database import Execute
from core.store.usage import By
from core.store.usage_days import Span
from standins.openai.bill import Charge
from tests.crash.history import Finding

ROWS = "SELECT kind, outcome, input, output, reasoning FROM usage WHERE kind IN ('answer', 'summary')"


def check(bill: Iterable[Charge], rows: Sequence[tuple[Any, ...]]) -> list[Finding]:
    """Each request that was made has its row, and none is said to have come to an end that did not."""
    asked = [one for one in bill if one.kind == "response"]
    done = Counter((one.input, one.output, one.reasoning) for one in asked if one.told)
    ours = Counter(row[2:] for row in rows if row[1] in ("completed", "incomplete", "failed"))
    found = [Finding("bill", str(used), "is on the ledger and not on the bill") for used in ours - done]
    if len(rows) < len(asked):
        found.append(Finding("bill", "requests", f"{len(asked)} were made, {len(rows)} are on the ledger"))
    return found


def added_up(tx: Execute) -> list[Finding]:
    """Whether the days are those of the ledger, by whatever they are looked at, once a start made them."""
    zone = facts.find(tx, usage.DAYS)
    ever = Span(date(2000, 1, 1), zone or "UTC")
    wrong = [
        by
        for by in get_args(By)
        if usage.totals(tx, 0.0, by, ever.zone) != usage_days.totals(tx, ever, by) and zone
    ]
    return [Finding("bill", by, "does not add up by day to what is on the ledger") for by in wrong]
