"""Summaries: the oldest turns of a thread in a few sentences. The turns themselves stay where they are."""

from __future__ import annotations

from dataclasses import dataclass

from core.store import assistants
from core.store.database import Execute
from core.types import Assistant, ThreadId


@dataclass(frozen=True, slots=True)
class Summary:
    """What stands for all items of a thread up to and with `upto` (`items.seq`)."""

    text: str
    upto: int
    due: bool = False
    put_off: bool = False
    """It was tried and failed: the next answer or start tries again."""


NOTHING = Summary("", 0)
_PUT_OFF = 2


def find(tx: Execute, thread: ThreadId) -> Summary:
    """The thread's summary; NOTHING while there is none."""
    rows = tx.execute("SELECT text, upto, due FROM summaries WHERE thread_id = ?", (thread,)).fetchall()
    return Summary(rows[0][0], rows[0][1], bool(rows[0][2]), rows[0][2] == _PUT_OFF) if rows else NOTHING


def want(tx: Execute, thread: ThreadId, now: float) -> None:
    """Note that more of the thread is to be summarised; this survives any crash."""
    tx.execute(
        "INSERT INTO summaries (thread_id, text, upto, due, updated_at) VALUES (?, '', 0, 1, ?) "
        "ON CONFLICT (thread_id) DO UPDATE SET due = 1",
        (thread, now),
    )


def write(tx: Execute, thread: ThreadId, before: Summary, text: str, upto: int, now: float) -> None:
    """Replace `before`; a summary somebody else has written meanwhile stays."""
    tx.execute(
        "UPDATE summaries SET text = ?, upto = ?, due = 0, updated_at = ? WHERE thread_id = ? AND upto = ?",
        (text, upto, now, thread, before.upto),
    )


def put(tx: Execute, thread: ThreadId, text: str, upto: int, now: float) -> None:
    """The first one of a thread."""
    tx.execute(
        "INSERT INTO summaries (thread_id, text, upto, due, updated_at) VALUES (?, ?, ?, 0, ?)",
        (thread, text, upto, now),
    )


def drop(tx: Execute, thread: ThreadId, seq: int) -> None:
    """An item has changed: a summary that covers it is of no use, nor is one that is being made."""
    tx.execute(
        "UPDATE summaries SET text = '', upto = CASE WHEN upto < 0 THEN upto - 1 ELSE -1 END, due = 1 "
        "WHERE thread_id = ? AND (upto >= ? OR due <> 0)",
        (thread, seq),
    ).fetchall()


def not_needed(tx: Execute, thread: ThreadId) -> None:
    """There is nothing left to summarise for now."""
    tx.execute("UPDATE summaries SET due = 0 WHERE thread_id = ?", (thread,))


def put_off(tx: Execute, thread: ThreadId) -> None:
    """It could not be made for now, and is still due."""
    tx.execute("UPDATE summaries SET due = ? WHERE thread_id = ? AND due = 1", (_PUT_OFF, thread)).fetchall()


def due(tx: Execute) -> list[ThreadId]:
    """Threads with a summary to be made."""
    return [
        ThreadId(row[0]) for row in tx.execute("SELECT thread_id FROM summaries WHERE due <> 0").fetchall()
    ]


def assistant(tx: Execute, thread: ThreadId) -> Assistant | None:
    """Who answered in the thread last, as it was then; None while nobody has."""
    rows = tx.execute(
        "SELECT assistant_id, assistant_version FROM items JOIN runs ON runs.id = run_id "
        "WHERE items.thread_id = ? ORDER BY items.seq DESC LIMIT 1",
        (thread,),
    ).fetchall()
    return assistants.get(tx, *rows[0]) if rows and rows[0][0] and rows[0][1] else None
