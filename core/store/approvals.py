"""Approvals: calls that wait for a person's yes. Each is decided once, by the person who asked."""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_hex
from typing import Literal

from core.store.database import Execute
from core.types import RunId, ThreadId

State = Literal["waiting", "approved", "refused", "expired"]
Decision = Literal["done", "not_yours", "over"]


@dataclass(frozen=True, slots=True)
class Approval:
    """One call and what was decided about it. Times are Unix seconds."""

    id: str
    run: RunId
    call_id: str
    person: str
    state: State
    expires_at: float


_COLUMNS = "id, run_id, call_id, person, state, expires_at"


def settle(tx: Execute, run: RunId, call_id: str, person: str, now: float, seconds: float) -> Approval:
    """The approval of that call, made when there is none; its time runs from the first asking."""
    tx.execute(
        "INSERT INTO approvals (id, run_id, call_id, person, state, created_at, expires_at) "
        "VALUES (?, ?, ?, ?, 'waiting', ?, ?) ON CONFLICT (run_id, call_id) DO NOTHING",
        (f"appr_{token_hex(12)}", run, call_id, person, now, now + seconds),
    )
    return _one(tx, f"SELECT {_COLUMNS} FROM approvals WHERE run_id = ? AND call_id = ?", run, call_id)


def _one(tx: Execute, sql: str, *params: object) -> Approval:
    return Approval(*tx.execute(sql, params).fetchall()[0])


def decide(tx: Execute, id: str, person: str, yes: bool, now: float) -> Decision:
    """Take a person's answer, once: whatever comes later, and from anybody else, changes nothing."""
    rows = tx.execute(
        "SELECT approvals.person, state, approvals.expires_at, status "
        "FROM approvals JOIN runs ON runs.id = run_id WHERE approvals.id = ?",
        (id,),
    ).fetchall()
    if not rows:
        return "over"
    asked, state, expires_at, status = rows[0]
    if asked != person:
        return "not_yours"
    if state != "waiting" or now >= expires_at or status not in ("in_progress", "requires_action"):
        return "over"
    tx.execute("UPDATE approvals SET state = ? WHERE id = ?", ("approved" if yes else "refused", id))
    return "done"


def refuse_all(tx: Execute, thread: ThreadId, person: str) -> tuple[str, ...]:
    """A new message of that person counts as no; gives the approvals it decided."""
    rows = tx.execute(
        "UPDATE approvals SET state = 'refused' WHERE state = 'waiting' AND person = ? "
        "AND run_id IN (SELECT id FROM runs WHERE lane = ? "  # of all runs only the live one is looked at
        "AND status IN ('in_progress', 'requires_action', 'cancelling')) RETURNING id",
        (person, thread),
    ).fetchall()
    return tuple(row[0] for row in rows)


def refuse_person(tx: Execute, person: str) -> None:
    """Whatever that person was asked anywhere and has not answered counts as no."""
    tx.execute("UPDATE approvals SET state = 'refused' WHERE state = 'waiting' AND person = ?", (person,))


def end_all(tx: Execute, run: RunId) -> tuple[Approval, ...]:
    """The run ends: what still waits is refused; gives those."""
    rows = tx.execute(
        f"UPDATE approvals SET state = 'refused' WHERE run_id = ? AND state = 'waiting' RETURNING {_COLUMNS}",
        (run,),
    ).fetchall()
    return tuple(Approval(*row) for row in rows)


def of_run(tx: Execute, run: RunId) -> tuple[Approval, ...]:
    """All that the run asked for."""
    return tuple(
        Approval(*row)
        for row in tx.execute(f"SELECT {_COLUMNS} FROM approvals WHERE run_id = ?", (run,)).fetchall()
    )


def state(tx: Execute, id: str) -> State:
    """What has been decided so far."""
    found: State = tx.execute("SELECT state FROM approvals WHERE id = ?", (id,)).fetchall()[0][0]
    return found


def end(tx: Execute, id: str) -> State:
    """What was decided; what still waits is expired from now on."""
    tx.execute("UPDATE approvals SET state = 'expired' WHERE id = ? AND state = 'waiting'", (id,))
    return state(tx, id)
