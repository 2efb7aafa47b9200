"""What is counted of runs and of the ledger, read on from where an earlier look stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from core.store import usage_days
from core.store.console import FIRST
from core.store.database import Execute
from core.store.runs import UNFINISHED
from core.store.trials import UNTRIED
from core.store.usage import Total
from core.store.usage_days import Span


class Ended(NamedTuple):
    """Runs that ended alike. `lost`: nothing visible came of them; `extra`: posts beyond those in journals.

    `times`: first word, what we added to it, whole answer, each with the number of the first edge that is not
    passed, and the sum of the seconds; None where there is no such time.
    """

    platform: str
    kind: str
    status: str
    runs: int
    messages: int
    resumed: int
    lost: int
    extra: int
    times: tuple[tuple[int, float] | None, ...]


_POSTED: Final = (
    "(SELECT COUNT(*) FROM steps WHERE run_id = runs.id "
    "AND (name LIKE 'post:%' OR name LIKE 'ask:%' OR name LIKE 'file:%'))"
)
_WAITED: Final = (
    "(SELECT first_at - began_at FROM usage WHERE usage.run_id = runs.id AND usage.kind = 'answer' "
    "AND first_at IS NOT NULL ORDER BY usage.seq LIMIT 1)"
)
"""For the model: what is left of the time to the first word is ours."""
_ONE: Final = (
    "SELECT MIN(COALESCE(messages.platform, CASE WHEN runs.options IS NULL THEN '' ELSE 'api' END)) "
    "AS platform, "
    "COALESCE(MIN(json_extract(messages.body, '$.kind')), 'run') AS kind, runs.status AS status, "
    "COUNT(messages.seq) AS said, runs.takeovers > 0 AS resumed, "
    f"{FIRST} - runs.created_at AS first, {FIRST} - runs.created_at - {_WAITED} AS added, "
    "CASE WHEN runs.status IN ('completed', 'incomplete') AND runs.assistant_id IS NOT NULL "
    "THEN runs.ended_at - runs.created_at END AS whole, "
    "runs.options IS NULL AND runs.status IN ('completed', 'incomplete', 'failed') "
    f"AND COALESCE(runs.posts, 0) = 0 AND {_POSTED} = 0 AS lost, "
    f"CASE WHEN runs.posts > 1 THEN runs.posts - {_POSTED} ELSE 0 END AS extra "
    "FROM runs LEFT JOIN messages ON messages.run_id = runs.id"
)
_TIMES: Final = ("first", "added", "whole")
_SUMS: Final = (
    "COUNT(*), SUM(CASE WHEN said > 0 THEN said ELSE 1 END), SUM(resumed), SUM(lost), "
    "SUM(CASE WHEN extra > 0 THEN extra ELSE 0 END)"
)


def _ended(tx: Execute, which: str, values: Sequence[object], edges: Sequence[float]) -> list[Ended]:
    cases = " ".join(f"WHEN x <= ? THEN {number}" for number in range(len(edges)))
    bucket = f"CASE WHEN x IS NULL THEN NULL {cases} ELSE {len(edges)} END, SUM(x)"
    times = ", ".join(bucket.replace("x", name) for name in _TIMES)
    one = " ".join(
        (_ONE, "WHERE", which, "AND NOT", f"runs.{UNFINISHED}", "AND", UNTRIED, "GROUP BY runs.seq")
    )
    columns = ", ".join(("SELECT platform, kind, status", times, _SUMS))
    rows = tx.execute(
        f"{columns} FROM ({one}) AS run GROUP BY 1, 2, 3, 4, 6, 8", (*edges, *edges, *edges, *values)
    )
    return [_row(*row) for row in rows.fetchall()]


def _row(platform: str, kind: str, status: str, *more: Any) -> Ended:
    pairs = (more[:2], more[2:4], more[4:6])
    times = tuple(None if bucket is None else (bucket, seconds) for bucket, seconds in pairs)
    runs, messages, resumed, lost, extra = more[6:]
    return Ended(platform, kind, status, runs, messages, resumed, lost, extra, times)


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
    waiting = f"SELECT COUNT(*), MIN(created_at) FROM runs WHERE status = 'queued' AND {UNTRIED}"
    rows = tx.execute(waiting).fetchall()
    return int(rows[0][0]), rows[0][1]


def approvals(tx: Execute) -> dict[str, int]:
    """How many questions were decided, by how."""
    sql = "SELECT state, COUNT(*) FROM approvals WHERE state <> 'waiting' GROUP BY state"
    return dict(tx.execute(sql).fetchall())
