"""Runs: the durable queue and the journal. One live run per lane, every write fenced by its owner."""

from __future__ import annotations

import json
from collections.abc import Iterable

from core.errors import Lost
from core.runs import claims, history
from core.runs.claims import Claim as Claim
from core.runs.claims import Outcome as Outcome
from core.store import files, items, summaries, threads
from core.store.database import Execute
from core.types import RunId, ThreadId

LIVE = "('in_progress', 'requires_action', 'cancelling')"
_FENCE = f"WHERE id = ? AND owner = ? AND status IN {LIVE}"


def add(x: Execute, thread: ThreadId, now: float, *, lane: str | None) -> RunId:
    """Queue a run: behind the others of its lane, or (None) in a lane of its own."""
    run = RunId(threads.new_id("run_"))
    x(
        "INSERT INTO runs (id, lane, thread_id, status, created_at) VALUES (?, ?, ?, 'queued', ?)",
        run,
        lane or run,
        thread,
        now,
    )
    return run


def waiting_in(x: Execute, lane: str, topic: str) -> RunId | None:
    """The newest run of a lane that has not begun and answers in that topic."""
    rows = x(
        "SELECT runs.id FROM runs JOIN messages ON messages.run_id = runs.id WHERE lane = ? "
        "AND status = 'queued' AND topic = ? ORDER BY runs.seq DESC LIMIT 1",
        lane,
        topic,
    )
    return RunId(rows[0][0]) if rows else None


def claim(x: Execute, lane: str, owner: str, budget: int) -> Claim | None:
    """Take the lane's live run over, else begin its oldest queued one.

    None when nothing is left to do or when the live run is this owner's already. A former owner that
    did not let go died under the run: that is counted in `deaths`.
    """
    live = x(f"SELECT id, owner FROM runs WHERE lane = ? AND status IN {LIVE}", lane)
    if live:
        run, holder = live[0]
        if holder == owner:
            return None
        died = 1 if holder else 0
        x("UPDATE runs SET owner = ?, deaths = deaths + ? WHERE id = ?", owner, died, run)
        return claims.read(x, RunId(run), owner, budget, resumed=True)
    queued = x("SELECT id FROM runs WHERE lane = ? AND status = 'queued' ORDER BY seq LIMIT 1", lane)
    if not queued:
        return None
    begun = (
        "UPDATE runs SET owner = ?, status = 'in_progress' WHERE id = ? AND status = 'queued' RETURNING id"
    )
    if not x(begun, owner, queued[0][0]):  # another process was faster
        return None
    return claims.read(x, RunId(queued[0][0]), owner, budget, resumed=False)


def reread(x: Execute, held: Claim, budget: int) -> Claim:
    """The claim as the database has it now. Raises Lost when it is not its owner's any more."""
    if not x(f"SELECT 1 FROM runs {_FENCE}", held.run, held.owner):
        raise Lost(held.run)
    return claims.read(x, held.run, held.owner, budget, resumed=True)


def begin(x: Execute, lane: str, owner: str, budget: int) -> Claim | None:
    """Claim the lane's next run if nothing runs there; None when the lane is busy."""
    if x(f"SELECT 1 FROM runs WHERE lane = ? AND status IN {LIVE}", lane):
        return None
    return claim(x, lane, owner, budget)


def unfinished(x: Execute, platforms: Iterable[str]) -> list[str]:
    """Lanes with work left whose platforms run here, the oldest first."""
    wanted = list(platforms)
    if not wanted:
        return []
    marks = ", ".join("?" for _ in wanted)
    rows = x(
        "SELECT lane, MIN(seq) AS first FROM runs "
        "WHERE status IN ('queued', 'in_progress', 'requires_action', 'cancelling') AND EXISTS "
        f"(SELECT 1 FROM messages WHERE messages.run_id = runs.id AND platform IN ({marks})) "
        "GROUP BY lane ORDER BY first",
        *wanted,
    )
    return [lane for lane, _ in rows]


def record(x: Execute, run: RunId, owner: str, name: str, value: object, ref: str | None, now: float) -> None:
    """Write a step. Raises Lost when the run is not this owner's any more.

    A step that is new counts as progress: the deaths before it are forgiven.
    """
    if not x(f"UPDATE runs SET owner = owner {_FENCE} RETURNING id", run, owner):
        raise Lost(run)
    if not x("SELECT 1 FROM steps WHERE run_id = ? AND name = ?", run, name):
        x("UPDATE runs SET deaths = 0 WHERE id = ?", run)
    x(
        "INSERT INTO steps (id, run_id, name, value, ref, created_at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (run_id, name) DO UPDATE SET value = excluded.value, ref = excluded.ref",
        threads.new_id("step_"),
        run,
        name,
        json.dumps(value, ensure_ascii=False),
        ref,
        now,
    )


def met_error(x: Execute, run: RunId, owner: str, error: str) -> int:
    """Count an error the run met; gives how many there were. Raises Lost."""
    rows = x(
        f"UPDATE runs SET attempts = attempts + 1, error = ? {_FENCE} RETURNING attempts", error, run, owner
    )
    if not rows:
        raise Lost(run)
    return int(rows[0][0])


def finish(
    x: Execute, held: Claim, outcome: Outcome, budget: int, now: float, *, go_on: bool
) -> Claim | None:
    """End a run and begin the lane's next one, in one transaction. Raises Lost."""
    ended = x(
        f"UPDATE runs SET status = ?, error = ?, ended_at = ? {_FENCE} RETURNING id",
        outcome.status,
        outcome.error or None,
        now,
        held.run,
        held.owner,
    )
    if not ended:
        raise Lost(held.run)
    items.add(x, held.thread, held.run, outcome.items)
    files.release(x, held.run)
    if outcome.token_ratio:
        threads.learn_ratio(x, held.thread, outcome.token_ratio)
    if outcome.items and held.assistant and history.outgrown(x, held.thread, held.assistant, held.room):
        summaries.want(x, held.thread, now)
    return claim(x, held.lane, held.owner, budget) if go_on else None


def await_action(x: Execute, run: RunId, owner: str, *, waiting: bool) -> None:
    """A run waits for a person, or goes on. One that is being cancelled stays so. Raises Lost."""
    before, after = ("in_progress", "requires_action") if waiting else ("requires_action", "in_progress")
    x(f"UPDATE runs SET status = ? {_FENCE} AND status = ?", after, run, owner, before)
    if not x(f"SELECT 1 FROM runs {_FENCE}", run, owner):
        raise Lost(run)


def release(x: Execute, owner: str) -> None:
    """Let go of everything on purpose, so that the next start does not count a death."""
    x(f"UPDATE runs SET owner = NULL WHERE owner = ? AND status IN {LIVE}", owner)


def stop(x: Execute, thread: ThreadId, *, run: RunId | None = None, topic: str | None = None) -> RunId | None:
    """Mark the thread's live run as to be cancelled, where given only `run`, or one that answers in `topic`.

    Gives that run, or None when there is none.
    """
    rows = x(
        f"UPDATE runs SET status = 'cancelling' WHERE lane = ? AND status IN {LIVE} "
        "AND id = COALESCE(?, id) AND (CAST(? AS TEXT) IS NULL OR EXISTS "
        "(SELECT 1 FROM messages WHERE messages.run_id = runs.id AND topic = ?)) RETURNING id",
        thread,
        run,
        topic,
        topic,
    )
    return RunId(rows[0][0]) if rows else None


def showing(x: Execute, ref: str) -> tuple[RunId, ThreadId, str] | None:
    """Whose post this is: the run, its thread and the person who asked."""
    rows = x(
        "SELECT runs.id, runs.thread_id, messages.person FROM steps JOIN runs ON runs.id = steps.run_id "
        "JOIN messages ON messages.run_id = runs.id WHERE ref = ? ORDER BY messages.seq LIMIT 1",
        ref,
    )
    return (RunId(rows[0][0]), ThreadId(rows[0][1]), rows[0][2]) if rows else None


def recorded(x: Execute, refs: Iterable[str]) -> set[str]:
    """Those of the posts that some run has recorded as its own."""
    return {ref for ref in refs if x("SELECT 1 FROM steps WHERE ref = ?", ref)}
