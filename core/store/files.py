"""Files: what came with messages and what answers bring along. Bytes are kept until the run has ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from secrets import token_hex

from core.store.database import Execute
from core.types import File, RunId, ThreadId

_COLUMNS = "id, source, name, type, kind, size, refused, transcript, remote, remote_until"
_FACTS = f"SELECT {_COLUMNS} FROM files"
_WHOLE = f"SELECT {_COLUMNS}, content FROM files"
_UNFINISHED = "('queued', 'in_progress', 'requires_action', 'cancelling')"


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of `files`."""

    id: str
    """`file_…`"""
    source: str
    """What it is known by: of a message's file the message and the position, of an output run and key."""
    name: str
    type: str
    """MIME type by content, "" when refused."""
    kind: str
    """picture | document | text | audio | output, "" when refused."""
    size: int
    """Bytes; the announced ones when refused, -1 when not even that is known."""
    refused: str = ""
    """Key of the text that says why (`core.texts`), else ""."""
    transcript: str | None = None
    remote: str | None = None
    """Its id at the model server."""
    remote_until: float | None = None
    """When that one expires; None: never."""
    content: bytes | None = field(default=None, repr=False)
    """None when refused, when the run has ended, and where only facts were asked for."""


def add(tx: Execute, source: str, thread: ThreadId, run: RunId, file: File, now: float) -> None:
    """Store a file, once for each source. The bytes are left out when the run is over already."""
    over = tx.execute(f"SELECT 1 FROM runs WHERE id = ? AND status NOT IN {_UNFINISHED}", (run,)).fetchall()
    tx.execute(
        "INSERT INTO files (id, source, thread_id, run_id, name, type, kind, size, refused, content, "
        "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?) ON CONFLICT (source) DO NOTHING",
        (
            f"file_{token_hex(12)}",
            source,
            thread,
            run,
            file.name,
            file.type,
            file.kind,
            len(file.content),
            None if over else file.content,
            now,
        ),
    )


def add_refused(
    tx: Execute, source: str, thread: ThreadId, run: RunId, name: str, size: int, reason: str, now: float
) -> None:
    """Put on record that a file is not taken, and why. `size`: as it was announced."""
    tx.execute(
        "INSERT INTO files (id, source, thread_id, run_id, name, type, kind, size, refused, created_at) "
        "VALUES (?, ?, ?, ?, ?, '', '', ?, ?, ?) ON CONFLICT (source) DO NOTHING",
        (f"file_{token_hex(12)}", source, thread, run, name, size, reason, now),
    )


def at(tx: Execute, sources: Sequence[str], *, contents: bool = True) -> tuple[Stored, ...]:
    """The files that are stored under these names, in the order of the names."""
    what = _WHOLE if contents else _FACTS
    return tuple(
        Stored(*row)
        for source in sources
        for row in tx.execute(f"{what} WHERE source = ?", (source,)).fetchall()
    )


def get(tx: Execute, id: str) -> Stored | None:
    """The facts of one file."""
    rows = tx.execute(f"{_FACTS} WHERE id = ?", (id,)).fetchall()
    return Stored(*rows[0]) if rows else None


def of_run(tx: Execute, run: RunId, *, contents: bool = True) -> tuple[Stored, ...]:
    """What came with the messages of a run, refused files too, by message and position."""
    what = _WHOLE if contents else _FACTS
    rows = tx.execute(f"{what} WHERE run_id = ? AND kind <> 'output' ORDER BY source", (run,)).fetchall()
    return tuple(Stored(*row) for row in rows)


def content(tx: Execute, id: str) -> bytes | None:
    """The bytes of a file, None when there are none (any more)."""
    rows = tx.execute("SELECT content FROM files WHERE id = ?", (id,)).fetchall()
    found: bytes | None = rows[0][0] if rows else None
    return found


def refuse(tx: Execute, id: str, reason: str) -> None:
    """A file that was stored is not taken after all: no bytes, no kind, only the reason."""
    tx.execute(
        "UPDATE files SET refused = ?, kind = '', type = '', content = NULL WHERE id = ?", (reason, id)
    )


def set_transcript(tx: Execute, id: str, text: str) -> None:
    """What is said in an audio file; its bytes are of no use any more."""
    tx.execute("UPDATE files SET transcript = ?, content = NULL WHERE id = ?", (text, id))


def set_remote(tx: Execute, id: str, remote: str | None, until: float | None = None) -> None:
    """The file's id at the model server and when that expires (None: never)."""
    tx.execute("UPDATE files SET remote = ?, remote_until = ? WHERE id = ?", (remote, until, id))


def of_message(tx: Execute, place: str) -> tuple[Stored, ...]:
    """The facts of the files whose sources begin with that place, in their order."""
    rows = tx.execute(
        f"{_FACTS} WHERE source > ? AND source < ? ORDER BY source", (f"{place}/", f"{place}0")
    ).fetchall()
    return tuple(Stored(*row) for row in rows)


def drop(tx: Execute, place: str) -> None:
    """Nothing is on record any more of the files whose sources begin with that place."""
    tx.execute(
        "DELETE FROM files WHERE source > ? AND source < ?", (f"{place}/", f"{place}0")
    ).fetchall()  # 0 comes after /


def forget_remotes(tx: Execute, thread: ThreadId, but: RunId) -> None:
    """The model server may not have the thread's files any more, those of one run excepted."""
    tx.execute(
        "UPDATE files SET remote = NULL, remote_until = NULL WHERE thread_id = ? AND run_id <> ?",
        (thread, but),
    )


def kept(tx: Execute, thread: ThreadId, now: float) -> tuple[str | None, tuple[str, ...]]:
    """What the model server still has of the thread: its vector store, and its files, the oldest first."""
    rows = tx.execute(
        "SELECT 0, remote, 0, '' FROM vector_stores "
        "WHERE owner = ? AND (expires_at IS NULL OR expires_at > ?) UNION ALL "
        "SELECT 1, remote, created_at, source FROM files WHERE thread_id = ? AND remote IS NOT NULL "
        "AND (remote_until IS NULL OR remote_until > ?) ORDER BY 1, 3, 4",
        (thread, now, thread, now),
    ).fetchall()
    stores = 1 if rows and rows[0][0] == 0 else 0
    return (rows[0][1] if stores else None), tuple([row[1] for row in rows[stores:]])


def add_output(tx: Execute, run: RunId, thread: ThreadId, key: str, file: File, now: float) -> Stored:
    """Store a file that an answer brings along, once for each key of the run; gives the row.

    Done before it is posted, so that after a crash it need not be made again.
    """
    source = f"{run}/{key}"
    add(tx, source, thread, run, file, now)
    return at(tx, [source])[0]


def outputs(tx: Execute, run: RunId) -> tuple[Stored, ...]:
    """What the answer of a run brings along, in the order it was made."""
    rows = tx.execute(
        f"{_WHOLE} WHERE run_id = ? AND kind = 'output' ORDER BY created_at, source", (run,)
    ).fetchall()
    return tuple(Stored(*row) for row in rows)


def release(tx: Execute, run: RunId) -> None:
    """The run has ended: drop the bytes of its files. What they were stays on record."""
    tx.execute("UPDATE files SET content = NULL WHERE run_id = ? AND content IS NOT NULL", (run,))


def release_ended(tx: Execute) -> None:
    """Drop bytes whose run ended without `release`: its messages were deleted, say. For start-up."""
    tx.execute(
        "UPDATE files SET content = NULL WHERE content IS NOT NULL AND EXISTS "
        f"(SELECT 1 FROM runs WHERE runs.id = files.run_id AND status NOT IN {_UNFINISHED})"
    )
