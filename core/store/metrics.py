"""What is counted of runs and of the ledger, read on from where an earlier look stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from core.store import usage_days
from core.store.answers import ADDED, ANSWERED, ASKED, ENDED, LOST, RESUMED, TWICE, WORD
from core.store.database import Execute
from core.store.runs import UNFINISHED
from core.store.usage import Total
from core.store.usage_days import Span


class Ended(NamedTuple):
    """Runs that ended alike. See `answers`.

    `times`: first word, what we added to it, whole answer, each with the number of the first edge that is not
    passed, and the sum of the seconds; None where there is no such time.
    """

    platform: str
    kind: str
    status: str
    times: tuple[tuple[int, float] | None, ...]
    runs: int
    messages: int
    resumed: int
    lost: int
    twice: int


_TIMES: Final = {
    "first": WORD,
    "added": ADDED,
    "whole": f"CASE WHEN {ANSWERED} THEN runs.ended_at - runs.created_at END",
}
_COUNTS: Final = {
    name: f"CASE WHEN {what} THEN 1 ELSE 0 END"
    for name, what in {"resumed": RESUMED, "lost": LOST, "twice": TWICE}.items()
}
_COLUMNS: Final = {
    "platform": "MIN(COALESCE(messages.platform, CASE WHEN runs.options IS NULL THEN '' ELSE 'api' END))",
    "kind": "COALESCE(MIN(json_extract(messages.body, '$.kind')), 'run')",
    "status": "runs.status",
    "said": "COUNT(messages.seq)",
    **_TIMES,
    **_COUNTS,
}
_NAMED: Final = ", ".join(f"{what} AS {name}" for name, what in _COLUMNS.items())
_ONE: Final = (
    f"SELECT {_NAMED} FROM runs LEFT JOIN messages ON messages.run_id = runs.id WHERE {ASKED} AND {ENDED} AND"
)
_SUMS: Final = ", ".join(
    ("COUNT(*), SUM(CASE WHEN said > 0 THEN said ELSE 1 END)", *(f"SUM({name})" for name in _COUNTS))
)


def _ended(tx: Execute, which: str, values: Sequence[object], edges: Sequence[float]) -> list[Ended]:
    cases = " ".join(f"WHEN x <= ? THEN {number}" for number in range(len(edges)))
    bucket = f"CASE WHEN x IS NULL THEN NULL {cases} ELSE {len(edges)} END, SUM(x)"
    times = ", ".join(bucket.replace("x", name) for name in _TIMES)
    columns = ", ".join(("platform, kind, status", times, _SUMS))
    one = " ".join((_ONE, which, "GROUP BY runs.seq"))
    sql = f"SELECT {columns} FROM ({one}) AS run GROUP BY 1, 2, 3, 4, 6, 8"
    rows = tx.execute(sql, (*edges, *edges, *edges, *values)).fetchall()
    parted = ((row[:3], tuple(map(_time, row[3:9:2], row[4:9:2])), row[9:]) for row in rows)
    return [Ended._make((*who, times, *counts)) for who, times, counts in parted]


def _time(bucket: int | None, seconds: float) -> tuple[int, float] | None:
    return None if bucket is None else (bucket, seconds)


class Mark(NamedTuple):
    """How far was read: the newest run, by its number and when it was accepted, and which had not ended.

    The number of a run that was deleted with its thread is given again.
    """

    seq: int = 0
    at: float = 0.0
    open: frozenset[int] = frozenset()


AT_ONCE: Final = 500
"""Rows that are named in a statement."""


def ended(tx: Execute, mark: Mark, most: int, edges: Sequence[float]) -> tuple[list[Ended], Mark]:
    """What has ended of the open ones and of so many behind that one."""
    known = "SELECT seq, created_at FROM runs WHERE seq <= ? AND created_at <= ? ORDER BY seq DESC LIMIT 1"
    after, at = next(iter(tx.execute(known, mark[:2]).fetchall()), (0, 0.0))
    behind = "SELECT MAX(seq) FROM (SELECT seq FROM runs WHERE seq > ? ORDER BY seq LIMIT ?) AS behind"
    upto = tx.execute(behind, (after, most)).fetchall()[0][0] or after
    rows = tx.execute(f"SELECT seq FROM runs WHERE {UNFINISHED} AND seq <= ?", (upto,)).fetchall()
    still, found = frozenset(one for (one,) in rows), list[Ended]()
    if upto > after:
        found = _ended(tx, "runs.seq > ? AND runs.seq <= ?", (after, upto), edges)
        at = tx.execute("SELECT created_at FROM runs WHERE seq = ?", (upto,)).fetchall()[0][0]
    over = sorted(one for one in mark.open - still if one <= after)
    for first in range(0, len(over), AT_ONCE):
        part = over[first : first + AT_ONCE]
        found += _ended(tx, f"runs.seq IN ({', '.join('?' for _ in part)})", part, edges)
    return found, Mark(upto, at, still)


def spent(tx: Execute) -> Mapping[str, Total]:
    """By model, of all days."""
    return usage_days.totals(tx, Span(date(1970, 1, 2), "UTC"), "model")


def queue(tx: Execute) -> tuple[int, float | None]:
    """How many runs have not begun, and since when the oldest waits."""
    waiting = f"SELECT COUNT(*), MIN(created_at) FROM runs WHERE status = 'queued' AND {ASKED}"
    rows = tx.execute(waiting).fetchall()
    return int(rows[0][0]), rows[0][1]


def approvals(tx: Execute) -> dict[str, int]:
    """How many questions were decided, by how."""
    sql = "SELECT state, COUNT(*) FROM approvals WHERE state <> 'waiting' GROUP BY state"
    return dict(tx.execute(sql).fetchall())
