"""Runs as clients of the API see them: what was set for them, how far they are, what they wait for."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from core.errors import Lost, Parked
from core.store import paging
from core.store.database import Execute
from core.store.paging import Listing, Page
from core.store.runs import FENCE, LIVE, MARKS, UNFINISHED
from core.types import RunId, RunOptions, RunStatus, ThreadId

_COLUMNS: Final = (
    "id, thread_id, assistant_id, assistant_version, status, created_at, began_at, ended_at, expires_at, "
    "options, metadata, awaits, error"
)
# What a chat's run does on the way, for our own texts, is not a run of the API.
_ANSWERS: Final = "thread_id = ? AND assistant_id IS NOT NULL"


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run of a client, or of a chat (`options` is None then)."""

    id: RunId
    thread: ThreadId
    assistant: str | None
    version: int | None
    status: RunStatus
    created_at: float
    began_at: float | None = None
    ended_at: float | None = None
    expires_at: float | None = None
    options: RunOptions | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    awaits: tuple[str, ...] = ()
    """Ids of the calls whose outputs the client owes."""
    error: str = ""


def set_up(
    tx: Execute, run: RunId, options: RunOptions, metadata: Mapping[str, str], expires_at: float
) -> None:
    """The run that was just queued is a client's."""
    told = json.dumps(options.to_json(), ensure_ascii=False)
    tx.execute(
        "UPDATE runs SET options = ?, metadata = ?, expires_at = ? WHERE id = ?",
        (told, json.dumps(metadata, ensure_ascii=False), expires_at, run),
    )


def get(tx: Execute, thread: ThreadId, id: str) -> RunRow | None:
    """The run of that thread."""
    rows = tx.execute(f"SELECT {_COLUMNS} FROM runs WHERE {_ANSWERS} AND id = ?", (thread, id)).fetchall()
    return _row(*rows[0]) if rows else None


def of(tx: Execute, id: RunId) -> RunRow:
    """The run, which must exist."""
    return _row(*tx.execute(f"SELECT {_COLUMNS} FROM runs WHERE id = ?", (id,)).fetchall()[0])


def page(tx: Execute, thread: ThreadId, cut: Page) -> tuple[list[RunRow], bool]:
    """A page of the thread's runs. Raises LookupError for a cursor."""
    found, more = paging.rows(tx, Listing(_COLUMNS, "runs", _ANSWERS, (thread,), ("seq", "seq")), cut)
    return [_row(*one) for one in found], more


def change(tx: Execute, id: RunId, metadata: Mapping[str, str]) -> None:
    """Other metadata."""
    tx.execute("UPDATE runs SET metadata = ? WHERE id = ?", (json.dumps(metadata, ensure_ascii=False), id))


def park(tx: Execute, run: RunId, owner: str, parked: Parked) -> bool:
    """It waits for outputs of its client, and nobody owns it. False: it is to be cancelled. Raises Lost."""
    if tx.execute(
        f"UPDATE runs SET status = 'requires_action', owner = NULL, awaits = ?, {MARKS} {FENCE} "
        "AND status <> 'cancelling' RETURNING id",
        (json.dumps(parked.calls), *parked.marks, run, owner),
    ).fetchall():
        return True
    if not tx.execute(f"SELECT 1 FROM runs {FENCE}", (run, owner)).fetchall():
        raise Lost(run)
    return False


def answered(tx: Execute, run: RunId) -> None:
    """Its client has given the outputs: it is in line again."""
    tx.execute("UPDATE runs SET status = 'queued', awaits = NULL WHERE id = ?", (run,))


def cancel(tx: Execute, run: RunId, status: RunStatus, now: float) -> bool:
    """It is to end, as `status` where it has not begun. True: somebody has to carry that out."""
    ended = (
        "UPDATE runs SET status = ?, ended_at = ?, awaits = NULL WHERE id = ? AND status = 'queued' "
        "RETURNING id"
    )
    if tx.execute(ended, (status, now, run)).fetchall():
        return False
    tx.execute(
        f"UPDATE runs SET status = 'cancelling', awaits = NULL WHERE id = ? AND status IN {LIVE}", (run,)
    )
    return True


def overdue(tx: Execute, now: float) -> list[RunRow]:
    """Runs whose time is over and which go on."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM runs WHERE expires_at <= ? AND status <> 'cancelling' AND {UNFINISHED}",
        (now,),
    ).fetchall()
    return [_row(*one) for one in rows]


def next_expiry(tx: Execute) -> float:
    """When the time of the next one is over; never while none goes on."""
    rows = tx.execute(
        f"SELECT MIN(expires_at) FROM runs WHERE expires_at IS NOT NULL AND status <> 'cancelling' "
        f"AND {UNFINISHED}"
    ).fetchall()
    return math.inf if rows[0][0] is None else float(rows[0][0])


def _row(*columns: Any) -> RunRow:
    *facts, options, metadata, awaits, error = columns
    read: Any = (
        RunOptions.from_json(json.loads(options)) if options else None,
        json.loads(metadata) if metadata else {},
        tuple(json.loads(awaits)) if awaits else (),
        error or "",
    )
    return RunRow(*(*facts, *read))
