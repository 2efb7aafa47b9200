"""What an operator sees after the fact: runs, their steps, threads, promises. Words only by `said`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from core.store import counts, figures
from core.store.answers import ANSWERED, ENDED, EXTRA, FIRST, RESUMED, TWICE
from core.store.console import View
from core.store.database import Execute
from core.store.figures import Span


@dataclass(frozen=True, slots=True)
class SeenRun:
    """A run from outside. Times are Unix seconds; None: not yet. The place is that of its first message."""

    id: str
    status: str
    assistant: str | None
    assistant_version: int | None
    thread: str
    platform: str | None
    channel: str | None
    created_at: float
    ended_at: float | None
    attempts: int
    deaths: int
    error: str | None
    began_at: float | None
    first_token_at: float | None
    first_text_at: float | None
    posts: int | None
    edits: int | None
    takeovers: int


@dataclass(frozen=True, slots=True)
class SeenThread:
    """A conversation from outside: whose it is, and how much there was. `member`: a person, or a topic.

    `items`: what the model can be shown of it, such as a question, an answer, a call; `last_at`: when the
    newest run that left some began.
    """

    id: str
    platform: str
    workspace: str
    channel: str
    scope: str
    member: str
    created_at: float
    items: int
    last_at: float | None


_RUNS = (
    "SELECT runs.id, status, assistant_id, assistant_version, runs.thread_id, "
    "COALESCE(platform, CASE WHEN options IS NULL THEN NULL ELSE 'api' END), channel, created_at, "
    f"ended_at, attempts, deaths, error, began_at, first_token_at, {FIRST}, posts, edits, takeovers "
    "FROM runs LEFT JOIN messages ON messages.seq = "
    "(SELECT MIN(seq) FROM messages WHERE run_id = runs.id)"
)


_THREADS = (
    "SELECT threads.id, COALESCE(platform, CASE WHEN project IS NULL THEN '' ELSE 'api' END), "
    "COALESCE(workspace, project, ''), COALESCE(channel, ''), COALESCE(scope, ''), COALESCE(member, ''), "
    "created_at FROM threads LEFT JOIN thread_map ON threads.id = thread_id"
)
_HELD = (
    "SELECT newest.*, (SELECT COUNT(*) FROM items WHERE items.thread_id = newest.id), "
    "(SELECT runs.created_at FROM items JOIN runs ON runs.id = run_id WHERE items.thread_id = newest.id "
    "ORDER BY items.seq DESC LIMIT 1) FROM newest ORDER BY created_at DESC, id"
)


def newest_runs(tx: Execute, count: int) -> list[SeenRun]:
    """So many, the newest first."""
    return [
        SeenRun(*row) for row in tx.execute(f"{_RUNS} ORDER BY runs.seq DESC LIMIT ?", (count,)).fetchall()
    ]


def run(tx: Execute, id: str) -> SeenRun | None:
    """The run with this id, or None."""
    rows = tx.execute(f"{_RUNS} WHERE runs.id = ?", (id,)).fetchall()
    return SeenRun(*rows[0]) if rows else None


@dataclass(frozen=True, slots=True)
class SeenStep:
    """A step of a run: when it began, where that is known, and when it was recorded."""

    name: str
    began_at: float | None
    created_at: float


def steps(tx: Execute, id: str) -> list[SeenStep]:
    """A run's steps in order."""
    rows = tx.execute(
        "SELECT name, began_at, created_at FROM steps WHERE run_id = ? ORDER BY created_at, id", (id,)
    ).fetchall()
    return [SeenStep(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Promises:
    """What was promised to people, counted from what is on disk as the page counts it: see `answers`.

    `accepted`: runs, each of which is the answer to a question. `answered`: those that ended with what the
    model said. `refused`: those that ended with a notice in its place, were stopped, or expired. `waiting`:
    those that have not ended. `lost`: those of all these of which nothing was seen. `repeated`: deliveries of
    a message that was known already, of all times. `taken_over_finished`: runs that another process began and
    this or a later one ended. `extra_posts`: posts beyond those that journals name, of *twice*.
    """

    accepted: int
    answered: int
    refused: int
    waiting: int
    lost: int
    repeated: int
    taken_over_finished: int
    extra_posts: int


def promises(tx: Execute, since: float, run_seconds: float) -> Promises:
    """Of runs that were accepted since then. `run_seconds`: how long one may last."""
    span = Span(View(None), since, time.time(), 1)
    where, lost = span.where, figures.lost(tx, span, run_seconds)
    kinds = (ANSWERED, f"{ENDED} AND NOT {ANSWERED}", f"NOT {ENDED}", RESUMED)
    sums = ", ".join(f"COALESCE(SUM(CASE WHEN {one} THEN 1 ELSE 0 END), 0)" for one in kinds)
    extra = f"COALESCE(SUM(CASE WHEN {TWICE} THEN {EXTRA} END), 0)"
    sql = f"SELECT COUNT(*), {sums}, {extra} FROM runs WHERE {where}"
    accepted, answered, refused, open_, taken, more = tx.execute(sql, span.values).fetchall()[0]
    repeated = counts.value(tx, counts.REPEATED)
    return Promises(accepted, answered, refused, open_, len(lost), repeated, taken, more)


def newest_threads(tx: Execute, count: int) -> list[SeenThread]:
    """So many of those that messages go to now, the newest first.

    Only of these the items are counted: everybody's writing waits meanwhile.
    """
    rows = tx.execute(
        f"WITH newest AS ({_THREADS} WHERE thread_id IS NOT NULL OR project IS NOT NULL "
        f"ORDER BY created_at DESC, threads.id LIMIT ?) {_HELD}",
        (count,),
    ).fetchall()
    return [SeenThread(*row) for row in rows]


def thread(tx: Execute, id: str) -> SeenThread | None:
    """The thread with this id, also one that a reset has ended, or None."""
    rows = tx.execute(f"WITH newest AS ({_THREADS} WHERE threads.id = ?) {_HELD}", (id,)).fetchall()
    return SeenThread(*rows[0]) if rows else None


def said(tx: Execute, id: str) -> list[str]:
    """All that the model can be shown of it, as JSON."""
    rows = tx.execute("SELECT item FROM items WHERE thread_id = ? ORDER BY seq", (id,)).fetchall()
    return [item for (item,) in rows]


def thread_runs(tx: Execute, id: str) -> list[SeenRun]:
    """Its runs in order."""
    found = tx.execute(f"{_RUNS} WHERE runs.thread_id = ? ORDER BY runs.seq", (id,)).fetchall()
    return [SeenRun(*row) for row in found]


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a message of a chat. `run`: None where it needs none, or was withdrawn."""

    platform: str
    channel: str
    id: str
    kind: str
    run: str | None
    status: str | None
    ended_at: float | None


@dataclass(frozen=True, slots=True)
class Chats:
    """Chats since a moment. `posts`: those that journals name, by their ids at the network: run and step."""

    asked: tuple[Asked, ...]
    posts: Mapping[str, tuple[str, str]]
    takeovers: int
    requests: int


def chats(tx: Execute, since: float) -> Chats:
    """What was asked in them since then, and what answered it."""
    asked = tx.execute(
        "SELECT platform, channel, platform_id, json_extract(body, '$.kind'), run_id, status, ended_at "
        "FROM messages LEFT JOIN runs ON runs.id = run_id "
        "WHERE platform IN ('slack', 'discord') AND sent_at >= ? ORDER BY messages.seq",
        (since,),
    ).fetchall()
    posts = tx.execute(
        "SELECT json_extract(value, '$.id'), run_id, name FROM steps "
        "WHERE ref IS NOT NULL AND created_at >= ?",
        (since,),
    ).fetchall()
    (takeovers,) = tx.execute(
        "SELECT COALESCE(SUM(takeovers), 0) FROM runs WHERE created_at >= ?", (since,)
    ).fetchall()[0]
    (requests,) = tx.execute("SELECT COUNT(*) FROM usage WHERE began_at >= ?", (since,)).fetchall()[0]
    named = {id: (run, step) for id, run, step in posts}
    return Chats(tuple(Asked(*row) for row in asked), named, int(takeovers), int(requests))
