"""What has been counted so far: of the database, read on from where a look stopped, and of the process."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from core.policy.ledger import BUCKETS
from core.store import counts, figures, metrics
from core.store.console import View
from core.store.database import Execute
from core.store.figures import Span
from core.store.metrics import Ended, Mark

Labels = tuple[str, ...]
MOST_RUNS: Final = 50_000
"""In one look: a reading connection gives up one that takes long."""
MOST_VALUES: Final = 50
"""Of a label that others fill: clients of the API name models that are none, networks find new words."""
OTHER: Final = "other"
TIMES: Final = ("first_word_seconds", "added_seconds", "answer_seconds")


class Timed:
    """Seconds by buckets. Told by one thread, read by any."""

    def __init__(self) -> None:
        self.buckets, self.sum = [0] * (len(BUCKETS) + 1), 0.0

    def __call__(self, seconds: float) -> None:
        """It took so long."""
        self.add(bisect_left(BUCKETS, seconds), 1, seconds)

    def add(self, bucket: int, count: int, seconds: float) -> None:
        """So many did, together."""
        self.buckets[bucket] += count
        self.sum += seconds


Counted = Mapping[str, Mapping[Labels, float | Timed]]
"""By metric and labels."""


class Tally:
    """Counts of the database, which lies there. `read` in one thread, again and again.

    `run_seconds`: how long a run may last.
    """

    def __init__(self, path: Path, run_seconds: float) -> None:
        self._log, self._mark = path.with_name(f"{path.name}-wal"), Mark()
        self._run_seconds, self._models = run_seconds, list[str]()
        self._sums: dict[tuple[str, Labels], float] = {
            ("double_answers", ()): 0,
            ("runs_resumed_total", ()): 0,
        }
        self._times: dict[tuple[str, Labels], Timed] = {}

    def read(self, tx: Execute) -> Counted | None:
        """All of it; None: there is more to read. A look that is given up half-way counts nothing."""
        ended, mark = metrics.ended(tx, self._mark, MOST_RUNS, BUCKETS)
        now = () if (more := mark.seq - self._mark.seq >= MOST_RUNS) else tuple(self._of_now(tx))
        self._mark = mark
        for one in ended:
            self._ended(one)
        return None if more else _together([*self._sums.items(), *now, *deepcopy(self._times).items()])

    def _ended(self, one: Ended) -> None:
        counted: list[tuple[str, Labels, float]] = [
            ("lost_messages", (), one.lost),
            ("double_answers", (), one.twice),
            ("runs_resumed_total", (), one.resumed),
            ("runs_total", (one.status,), one.runs),
            ("messages_total", (one.platform, one.kind, one.status), one.messages),
        ]
        for name, labels, count in counted:
            self._sums[name, labels] = self._sums.get((name, labels), 0) + count
        for name, found in zip(TIMES, one.times, strict=True):
            if found:
                timed = self._times.setdefault((name, (one.platform,)), Timed())
                timed.add(found[0], one.runs, found[1])

    def _of_now(self, tx: Execute) -> Iterator[tuple[tuple[str, Labels], float]]:
        now, (depth, since) = time.time(), metrics.queue(tx)
        yield ("queue_depth", ()), depth
        yield ("oldest_queued_seconds", ()), max(0.0, now - since) if since else 0.0
        ever = Span(View(None), 0.0, now, 1)
        yield ("lost_messages", ()), len(figures.left_alone(tx, ever, self._run_seconds))
        yield ("wal_bytes", ()), self._log.stat().st_size if self._log.exists() else 0
        for state, count in metrics.approvals(tx).items():
            yield ("approvals_total", (state,)), count
        for platform, count in counts.by_platform(tx, counts.REPEATED).items():
            yield ("duplicates_total", (platform,)), count
        for scope, count in counts.by_platform(tx, counts.REFUSED).items():
            yield ("budget_refusals_total", (scope,)), count
        spent = sorted(metrics.spent(tx).items(), key=lambda one: -one[1].requests)
        for model, total in spent:
            if model not in self._models and len(self._models) < MOST_VALUES:
                self._models.append(model)
            name = model if model in self._models else OTHER
            for kind in ("input", "cached", "output", "reasoning"):
                yield ("tokens_total", (name, kind)), getattr(total, kind)
            yield ("cost_usd_total", (name,)), total.price_usd or 0.0
            yield ("unpriced_requests_total", (name,)), total.unpriced


def _together(found: Iterable[tuple[tuple[str, Labels], float | Timed]]) -> Counted:
    """By metric. What is found twice is added up."""
    made: dict[str, dict[Labels, Any]] = {}
    for (name, labels), value in found:
        there = made.setdefault(f"spool_{name}", {})
        there[labels] = there[labels] + value if labels in there else value
    return made
