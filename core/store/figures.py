"""Figures: what a span of time was like, counted from what is on disk. Nobody's words.

What one answer is, and became, is said in `answers`. Here besides:

- *left alone*: it has not ended, waits for nobody, and neither it nor what is before it in its lane has shown
  a sign of life for longer than a run may last. It is *lost*, too.
- *taken over*: a run under which a process died. It is *finished* when it has ended, is not lost, and was not
  given up because processes died (`interrupted`).
- *disordered*: an answer that was shown before that to a message which was said earlier in the same lane, by
  when people said it, and not by when it came here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, Final, Literal, NamedTuple

from core.store.answers import ADDED, ANSWERED, ASKED, ENDED, FIRST, LOST, TWICE, WORD
from core.store.console import View
from core.store.database import Execute
from core.store.runs import LIVE, UNFINISHED
from core.store.usage import UNPRICED, WHOSE

_PATIENCE: Final = 60.0
"""Seconds beyond the longest run after which one that is silent is nobody's."""
_SAMPLE: Final = 20_000
"""Answers of which it is looked up what the model took."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` on, up to and without `until`, in so many equal parts; what a view sees."""

    view: View
    since: float
    until: float
    parts: int

    @property
    def width(self) -> float:
        """Seconds of a part."""
        return (self.until - self.since) / self.parts

    @property
    def where(self) -> str:
        """The condition on `runs`; its parameters are the next two."""
        seen = self.view.where
        mine = f"AND EXISTS (SELECT 1 FROM threads WHERE threads.id = runs.thread_id AND {seen})"
        mine = "" if self.view.project is None else mine
        return f"runs.created_at >= ? AND runs.created_at < ? AND {ASKED} {mine}"

    @property
    def values(self) -> tuple[Any, ...]:
        """Its parameters."""
        return (self.since, self.until, *self.view.values)

    def spread(self, rows: Sequence[Sequence[Any]], nothing: Sequence[Any]) -> list[list[Any]]:
        """Of rows that begin with the number of a part each column, by parts."""
        found = {min(int(row[0]), self.parts - 1): row[1:] for row in rows}
        return [
            list(one) for one in zip(*(found.get(part, nothing) for part in range(self.parts)), strict=True)
        ]


class Counted(NamedTuple):
    """By parts: messages, runs, those that ended, failed, answered, and are disordered."""

    messages: list[int]
    accepted: list[int]
    ended: list[int]
    failed: list[int]
    answers: list[int]
    disordered: list[int]


def counted(tx: Execute, span: Span) -> Counted:
    """One pass over its runs. A client's run stands for a message of its own."""
    where = span.where
    asked = "SELECT MIN(sent_at) FROM messages WHERE run_id = runs.id"
    count = "SELECT COUNT(*) FROM messages WHERE run_id = runs.id"
    one = (
        f"SELECT CAST((runs.created_at - ?) / ? AS INTEGER) AS part, lane, status, {ENDED} AS ended, "
        f"{ANSWERED} AS answered, CASE WHEN {ANSWERED} THEN {FIRST} END AS shown, "
        f"COALESCE(({asked}), created_at) AS said, COALESCE(NULLIF(({count}), 0), 1) AS messages "
        f"FROM runs WHERE {where}"
    )
    before = (
        "MAX(shown) OVER (PARTITION BY lane ORDER BY said ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    )
    sums = (
        "SELECT part, SUM(messages), COUNT(*), SUM(CASE WHEN ended THEN 1 ELSE 0 END), "
        "SUM(CASE WHEN status = 'failed' THEN 1 ELSE 0 END), SUM(CASE WHEN answered THEN 1 ELSE 0 END), "
        "SUM(CASE WHEN shown < earlier THEN 1 ELSE 0 END) "
        "FROM (SELECT part, status, ended, answered, messages, shown, "
        f"{before} AS earlier FROM ({one}) AS asked) AS placed GROUP BY part"
    )
    rows = tx.execute(sums, (span.since, span.width, *span.values)).fetchall()
    return Counted(*span.spread(rows, (0,) * 6))


def asked(tx: Execute, span: Span) -> int:
    """How many messages."""
    where = span.where
    sql = f"SELECT COUNT(*) FROM runs LEFT JOIN messages ON messages.run_id = runs.id WHERE {where}"
    return int(tx.execute(sql, span.values).fetchall()[0][0])


def words(tx: Execute, span: Span) -> list[tuple[int, float]]:
    """Of each answer the part, and the seconds until its first word was seen; the quickest first."""
    where = span.where
    one = f"SELECT CAST((runs.created_at - ?) / ? AS INTEGER) AS part, {WORD} AS word FROM runs WHERE {where}"
    sql = f"SELECT part, word FROM ({one}) AS told WHERE word IS NOT NULL ORDER BY word"
    rows = tx.execute(sql, (span.since, span.width, *span.values)).fetchall()
    return [(min(part, span.parts - 1), max(0.0, word)) for part, word in rows]


def added(tx: Execute, span: Span, answers: int) -> list[tuple[int, float]]:
    """What of these times was not the model's: of evenly picked answers, where there are very many."""
    where = span.where
    one = (
        f"SELECT CAST((runs.created_at - ?) / ? AS INTEGER) AS part, {ADDED} AS ours "
        f"FROM runs WHERE {where} AND runs.seq % ? = 0"
    )
    sql = f"SELECT part, ours FROM ({one}) AS told WHERE ours IS NOT NULL ORDER BY ours"
    rows = tx.execute(sql, (span.since, span.width, *span.values, 1 + answers // _SAMPLE)).fetchall()
    return [(min(part, span.parts - 1), max(0.0, ours)) for part, ours in rows]


def broken(tx: Execute, span: Span, how: Literal["lost", "twice"]) -> list[int]:
    """The numbers of runs with which a promise was broken, the newest last."""
    where, broken = span.where, LOST if how == "lost" else TWICE
    sql = f"SELECT seq FROM runs WHERE {where} AND {broken} ORDER BY seq"
    return [seq for (seq,) in tx.execute(sql, span.values).fetchall()]


def lost(tx: Execute, span: Span, run_seconds: float) -> list[int]:
    """The numbers of all that are lost, the newest last."""
    return sorted(broken(tx, span, "lost") + left_alone(tx, span, run_seconds))


def left_alone(tx: Execute, span: Span, run_seconds: float) -> list[int]:
    """The numbers of runs that nobody works on: no sign of life for longer than one may last."""
    where, silent = span.where, span.until - run_seconds - _PATIENCE
    sign = (
        "live.created_at >= ? OR live.began_at >= ? "
        "OR EXISTS (SELECT 1 FROM steps WHERE run_id = live.id AND steps.created_at >= ?) "
        "OR EXISTS (SELECT 1 FROM takeovers WHERE run_id = live.id AND at >= ?)"
    )
    alive = (
        f"SELECT 1 FROM runs AS live WHERE live.lane = runs.lane AND live.status IN {LIVE} "
        f"AND (live.status = 'requires_action' OR {sign})"
    )
    sql = (
        f"SELECT seq FROM runs WHERE {where} AND {UNFINISHED} AND awaits IS NULL AND created_at < ? "
        f"AND NOT EXISTS ({alive}) ORDER BY seq"
    )
    return [
        seq for (seq,) in tx.execute(sql, (*span.values, silent, *(silent,) * sign.count("?"))).fetchall()
    ]


def taken_over(tx: Execute, span: Span) -> tuple[int, int, float | None]:
    """Runs under which a process died, those of them that were finished, and the median of the seconds from
    then on.
    """
    where = span.where
    died = "SELECT MAX(at) FROM takeovers WHERE run_id = runs.id AND died = 1"
    fine = f"{ENDED} AND COALESCE(error, '') <> 'interrupted' AND NOT {LOST}"
    sql = (
        "SELECT at, CASE WHEN fine THEN ended_at - at END FROM "
        f"(SELECT ({died}) AS at, ended_at, {fine} AS fine FROM runs WHERE {where} AND takeovers > 0) "
        "AS taken WHERE at IS NOT NULL"
    )
    rows = tx.execute(sql, span.values).fetchall()
    done = [seconds for _, seconds in rows if seconds is not None]
    return len(rows), len(done), median(done) if done else None


def spent(tx: Execute, span: Span, whose: Sequence[str]) -> tuple[list[float], list[int]]:
    """By parts dollars, and requests without a price. `whose`: see `usage.WHOSE`."""
    marks = ", ".join("?" for _ in whose)
    seen = f"AND {WHOSE} IN ({marks})" if whose else ""
    sql = (
        "SELECT CAST((began_at - ?) / ? AS INTEGER) AS part, COALESCE(SUM(price_usd), 0), "
        f"SUM(CASE WHEN {UNPRICED} THEN 1 ELSE 0 END) FROM usage WHERE began_at >= ? AND began_at < ? {seen} "
        "GROUP BY part"
    )
    rows = tx.execute(sql, (span.since, span.width, span.since, span.until, *whose)).fetchall()
    usd, unpriced = span.spread(rows, (0.0, 0))
    return usd, unpriced


def failures(tx: Execute, span: Span) -> list[tuple[str | None, int, int]]:
    """Of failed runs each error, how many there were, and the newest; the most frequent first."""
    where = span.where
    sql = (
        f"SELECT error, COUNT(*) AS often, MAX(seq) FROM runs WHERE {where} AND status = 'failed' "
        "GROUP BY error ORDER BY often DESC"
    )
    return [(error, often, seq) for error, often, seq in tx.execute(sql, span.values).fetchall()]


def unfinished(tx: Execute, span: Span, most: int) -> tuple[list[int], int]:
    """Runs that have not ended, whenever they were accepted: numbers of the oldest, and how many."""
    ever = replace(span, since=0.0)
    where = ever.where
    sql = f"SELECT seq FROM runs WHERE {where} AND {UNFINISHED} ORDER BY seq"
    rows = tx.execute(sql, ever.values).fetchall()
    return [seq for (seq,) in rows[:most]], len(rows)
