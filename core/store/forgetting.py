"""Forgetting: runs and threads go with all that hangs on them; what the model server has of it `remains`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from core.store import runs, summaries, threads, vector_stores
from core.store.database import Execute
from core.types import RunId, ThreadId

RemainsKind = Literal["file", "vector_store", "container", "response"]
_CONTAINER: Final = re.compile(r"\bcntr_\w+")
_OF_RUN: Final = ("items", "steps", "approvals", "feedback", "saved_questions", "files", "takeovers")


@dataclass(frozen=True, slots=True)
class Remains:
    """Something at the model server that is to be deleted there. `whose`: as in `core.store.erasures`."""

    kind: RemainsKind
    remote: str
    whose: str
    since: float
    tries: int
    error: str | None


def remember(tx: Execute, kind: RemainsKind, remotes: Iterable[Any], whose: str, now: float) -> None:
    """These are to be deleted at the model server."""
    for remote in remotes:
        tx.execute(
            "INSERT INTO remains (kind, remote, whose, since, again_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (kind, remote) DO NOTHING",
            (kind, remote, whose, now, now),
        )


def remains(tx: Execute, whose: str | None = None, *, until: float = 1e18) -> list[Remains]:
    """What is still there, of that person or workspace or of all; what is to be tried until then."""
    rows = tx.execute(
        "SELECT kind, remote, whose, since, tries, error FROM remains "
        "WHERE whose = COALESCE(?, whose) AND again_at <= ? ORDER BY again_at LIMIT 1000",
        (whose, until),
    ).fetchall()
    return [Remains(*row) for row in rows]


def gone(tx: Execute, one: Remains) -> None:
    """The model server does not have it any more."""
    tx.execute("DELETE FROM remains WHERE kind = ? AND remote = ?", (one.kind, one.remote)).fetchall()


def put_off(tx: Execute, one: Remains, error: str, again_at: float) -> None:
    """It could not be deleted, for that reason; it is tried again then."""
    failed = "UPDATE remains SET tries = tries + 1, error = ?, again_at = ? WHERE kind = ? AND remote = ?"
    tx.execute(failed, (error, again_at, one.kind, one.remote)).fetchall()


def forget_run(tx: Execute, run: RunId, whose: str, now: float) -> None:
    """The run is gone with its question, its answer and its files; its thread, too, when it is empty now."""
    thread = runs.row(tx, run).thread
    said = "SELECT item FROM items WHERE run_id = ? UNION ALL SELECT value FROM steps WHERE run_id = ?"
    text = "\n".join(value for (value,) in tx.execute(said, (run, run)).fetchall())
    remember(tx, "container", sorted(set(_CONTAINER.findall(text))), whose, now)
    stored = "SELECT value FROM steps WHERE run_id = ? AND (name = 'response' OR name LIKE 'response:%')"
    answers = [value.strip('"') for (value,) in tx.execute(stored, (run,)).fetchall()]
    remember(tx, "response", [id for id in answers if id not in ("", "null")], whose, now)
    for name, size, remote in tx.execute(
        "SELECT name, size, remote FROM files WHERE run_id = ?", (run,)
    ).fetchall():
        remember(tx, "file", filter(None, [remote]), whose, now)
        if vector_stores.holds(tx, thread, name, size):
            close_store(tx, thread, whose, now)
    ((first,),) = tx.execute("SELECT MIN(seq) FROM items WHERE run_id = ?", (run,)).fetchall()
    if first is not None:
        summaries.drop(tx, thread, first)
    for id, remote in tx.execute("SELECT id, remote FROM uploads WHERE run_id = ?", (run,)).fetchall():
        remember(tx, "file", filter(None, [remote]), whose, now)
        tx.execute("DELETE FROM upload_parts WHERE upload_id = ?", (id,)).fetchall()
        tx.execute("DELETE FROM uploads WHERE id = ?", (id,)).fetchall()
    for table in _OF_RUN:
        tx.execute(f"DELETE FROM {table} WHERE run_id = ?", (run,)).fetchall()
    tx.execute("DELETE FROM messages WHERE run_id = ? OR answer_of = ?", (run, run)).fetchall()
    tx.execute("DELETE FROM runs WHERE id = ?", (run,)).fetchall()
    tidy(tx, thread, whose, now)


def close_store(tx: Execute, owner: str, whose: str, now: float) -> None:
    """The owner has no store any more, here and soon at the model server."""
    store = vector_stores.store(tx, owner)
    remember(tx, "vector_store", [store.remote] if store else [], whose, now)
    documents = [one.remote for one in vector_stores.documents(tx, owner)]
    remember(tx, "file", filter(None, documents), whose, now)
    vector_stores.close_store(tx, owner)


def forget_thread(tx: Execute, thread: ThreadId, whose: str, now: float) -> None:
    """The thread is gone with all of its runs."""
    for (run,) in tx.execute("SELECT id FROM runs WHERE thread_id = ?", (thread,)).fetchall():
        forget_run(tx, RunId(run), whose, now)
    close_store(tx, thread, whose, now)
    kept = "SELECT remote FROM files WHERE thread_id = ? AND remote IS NOT NULL"
    remember(tx, "file", [remote for (remote,) in tx.execute(kept, (thread,)).fetchall()], whose, now)
    tx.execute("DELETE FROM thread_map WHERE thread_id = ?", (thread,)).fetchall()
    threads.remove(tx, thread)


def tidy(tx: Execute, thread: ThreadId, whose: str, now: float) -> None:
    """A thread in which nothing is left goes, too."""
    held = " UNION ALL ".join(
        f"SELECT 1 FROM {table} WHERE thread_id = ?" for table in ("messages", "items", "runs")
    )
    if not tx.execute(f"{held} LIMIT 1", (thread,) * 3).fetchall():
        forget_thread(tx, thread, whose, now)
