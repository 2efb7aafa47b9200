"""What an operator sees after the fact: runs, their steps, and threads. Nobody's words are read here."""

from __future__ import annotations

from dataclasses import dataclass

from core.store.database import Execute


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
    "SELECT runs.id, status, assistant_id, assistant_version, runs.thread_id, platform, channel, created_at, "
    "ended_at, attempts, deaths, error FROM runs LEFT JOIN messages ON messages.seq = "
    "(SELECT MIN(seq) FROM messages WHERE run_id = runs.id)"
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


def steps(tx: Execute, id: str) -> list[tuple[str, float]]:
    """The names of a run's steps with their times, in order."""
    rows = tx.execute(
        "SELECT name, created_at FROM steps WHERE run_id = ? ORDER BY created_at, id", (id,)
    ).fetchall()
    return [(name, at) for name, at in rows]


def newest_threads(tx: Execute, count: int) -> list[SeenThread]:
    """So many of those that messages go to now, the newest first.

    Only of these the items are counted: everybody's writing waits meanwhile.
    """
    rows = tx.execute(
        "WITH newest AS (SELECT threads.id, platform, workspace, channel, scope, member, created_at "
        "FROM thread_map JOIN threads ON threads.id = thread_id "
        "ORDER BY created_at DESC, threads.id LIMIT ?) "
        "SELECT newest.*, (SELECT COUNT(*) FROM items WHERE items.thread_id = newest.id), "
        "(SELECT runs.created_at FROM items JOIN runs ON runs.id = run_id WHERE items.thread_id = newest.id "
        "ORDER BY items.seq DESC LIMIT 1) "
        "FROM newest ORDER BY created_at DESC, id",
        (count,),
    ).fetchall()
    return [SeenThread(*row) for row in rows]
