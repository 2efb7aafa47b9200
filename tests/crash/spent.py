"""The ledger of a product that was killed, against the bill of the stand-in. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

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
