"""Uploads: files of clients, and files that answers of API runs made. Their bytes stay here, in parts.

What makes an upload whole: its parts come first, each in a transaction of its own, and the row last. Parts
without a row belong to a request that was cut or whose process died: `unfinished`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from secrets import token_hex
from typing import Final

from core.store import paging
from core.store.database import Execute
from core.store.paging import Listing, Page

PART: Final = 512 * 1024
"""Bytes of a part: few enough that others who write are not kept waiting."""
_AT_ONCE: Final = 8
"""Parts that are removed in one transaction: each is overwritten, which takes its time."""
BEGUN: Final = ""
"""In place of an id at the model server: it is being sent there, or was when a process died."""
_COLUMNS: Final = "id, project, name, purpose, size, created_at, expires_at, remote, run_id"
_THERE: Final = "project = ? AND (expires_at IS NULL OR expires_at > ?)"
_OF_PURPOSE: Final = f"{_THERE} AND purpose = ?"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file. `remote`: its id at the model server, None while nothing has needed it there."""

    id: str
    """`file-…`"""
    project: str
    """"" once it is deleted, until the model server has deleted it, too."""
    name: str
    purpose: str
    size: int
    created_at: float
    expires_at: float | None = None
    remote: str | None = None
    run: str | None = None
    """Which made it."""


def new_id() -> str:
    """For an upload that begins."""
    return f"file-{token_hex(12)}"


def add_part(tx: Execute, id: str, number: int, content: bytes) -> None:
    """Keep a part, counted from 0; it is nobody's file before `finish`."""
    tx.execute(
        "INSERT INTO upload_parts (upload_id, number, content) VALUES (?, ?, ?)", (id, number, content)
    )


def finish(tx: Execute, one: Upload) -> None:
    """The parts are a file from now on."""
    tx.execute(
        f"INSERT INTO uploads (seq, {_COLUMNS}) "
        "VALUES ((SELECT COALESCE(MAX(seq), 0) + 1 FROM uploads), ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(one.id, one.project, one.name, one.purpose, one.size),
            *(one.created_at, one.expires_at, one.remote, one.run),
        ),
    )


def add_output(tx: Execute, id: str, project: str, run: str, name: str, content: bytes, now: float) -> None:
    """Keep a file that the answer of a run made; once for each id, also when it is repeated."""
    if tx.execute("SELECT 1 FROM uploads WHERE id = ?", (id,)).fetchall():
        return
    for number, start in enumerate(range(0, len(content), PART)):
        add_part(tx, id, number, content[start : start + PART])
    finish(tx, Upload(id, project, name, "assistants_output", len(content), now, run=run))


def delete_outputs(tx: Execute, thread: str) -> None:
    """A thread goes, and with it what its answers have made."""
    made = "SELECT uploads.id FROM uploads JOIN runs ON runs.id = run_id WHERE thread_id = ?"
    for (id,) in tx.execute(made, (thread,)).fetchall():
        delete(tx, id)


def get(tx: Execute, project: str, id: str, now: float) -> Upload | None:
    """A file of that project; one that has expired is not there any more."""
    rows = tx.execute(f"SELECT {_COLUMNS} FROM uploads WHERE id = ? AND {_THERE}", (id, project, now))
    return next((Upload(*row) for row in rows.fetchall()), None)


def find(tx: Execute, id: str, now: float) -> Upload | None:
    """A file, whosever it is: for ids that were checked when somebody named them."""
    rows = tx.execute(f"SELECT {_COLUMNS} FROM uploads WHERE id = ?", (id,)).fetchall()
    one = next((Upload(*row) for row in rows), None)
    return one if one and one.project and (one.expires_at or now + 1) > now else None


def page(
    tx: Execute, project: str, now: float, cut: Page, purpose: str | None = None
) -> tuple[list[Upload], bool]:
    """A page of the project's files, as they were made. Raises LookupError for a cursor."""
    where, values = (_THERE, (project, now)) if purpose is None else (_OF_PURPOSE, (project, now, purpose))
    listing = Listing(_COLUMNS, "uploads", where, values, ("seq", "seq"))
    found, more = paging.rows(tx, listing, cut)
    return [Upload(*row) for row in found], more


def part(tx: Execute, id: str, number: int) -> bytes | None:
    """A part of a file, None behind the last one."""
    rows = tx.execute(
        "SELECT content FROM upload_parts WHERE upload_id = ? AND number = ?", (id, number)
    ).fetchall()
    return bytes(rows[0][0]) if rows else None


def content(tx: Execute, id: str) -> bytes:
    """All of a file at once: for one that is known to be small."""
    rows = tx.execute(
        "SELECT content FROM upload_parts WHERE upload_id = ? ORDER BY number", (id,)
    ).fetchall()
    return b"".join(row[0] for row in rows)


def missing(tx: Execute, project: str, ids: Collection[str], now: float) -> str | None:
    """The first of these ids that is no file of the project; None when all are."""
    return next((id for id in ids if get(tx, project, id, now) is None), None)


def delete(tx: Execute, id: str) -> None:
    """It is nobody's file any more. Its row stays until its bytes are gone, here and at the model server."""
    tx.execute("UPDATE uploads SET project = '' WHERE id = ?", (id,))


def expire(tx: Execute, now: float) -> None:
    """Delete those whose time is over."""
    tx.execute(
        "UPDATE uploads SET project = '' WHERE project <> '' AND expires_at IS NOT NULL AND expires_at <= ?",
        (now,),
    )


def left(tx: Execute) -> list[Upload]:
    """Deleted ones whose bytes may still be somewhere."""
    rows = tx.execute(f"SELECT {_COLUMNS} FROM uploads WHERE project = ''").fetchall()
    return [Upload(*row) for row in rows]


def forget(tx: Execute, id: str) -> None:
    """Nothing is left of a deleted one."""
    tx.execute("DELETE FROM uploads WHERE id = ? AND project = ''", (id,))


def unfinished(tx: Execute) -> list[str]:
    """Ids of parts without a row. At a start that are those no request will make a file any more."""
    rows = tx.execute(
        "SELECT DISTINCT upload_id FROM upload_parts WHERE upload_id NOT IN (SELECT id FROM uploads)"
    ).fetchall()
    return [row[0] for row in rows]


def drop_some(tx: Execute, id: str) -> bool:
    """Remove some parts of what is nobody's file; whether there were any. Few, for others wait to write."""
    rows = tx.execute(
        "SELECT number FROM upload_parts WHERE upload_id = ? "
        "AND NOT EXISTS (SELECT 1 FROM uploads WHERE id = ? AND project <> '') ORDER BY number LIMIT ?",
        (id, id, _AT_ONCE),
    ).fetchall()
    if rows:
        tx.execute("DELETE FROM upload_parts WHERE upload_id = ? AND number <= ?", (id, rows[-1][0]))
    return bool(rows)


def remote_of(tx: Execute, id: str) -> str | None:
    """A file's id at the model server, None when it is not there."""
    rows = tx.execute("SELECT remote FROM uploads WHERE id = ?", (id,)).fetchall()
    return (rows[0][0] or None) if rows else None


def set_remote(tx: Execute, id: str, remote: str | None) -> None:
    """What is known of it at the model server: an id, BEGUN, or nothing."""
    tx.execute("UPDATE uploads SET remote = ? WHERE id = ?", (remote, id))


def of_remotes(tx: Execute, project: str, remotes: Collection[str]) -> dict[str, str]:
    """Our ids by the server's, of those that are files of the project."""
    marks = ", ".join("?" for _ in remotes)
    rows = tx.execute(
        f"SELECT remote, id FROM uploads WHERE project = ? AND remote IN ({marks})", (project, *remotes)
    ).fetchall()
    return dict(rows)
