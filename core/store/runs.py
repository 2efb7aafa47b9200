"""Runs: the durable queue and the journal. One live run per lane, every write fenced by its owner."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from core.errors import Lost
from core.store.database import Execute
from core.types import Address, Kind, Outcome, RunId, RunStatus, ThreadId

LIVE = "('in_progress', 'requires_action', 'cancelling')"
UNFINISHED = "status IN ('queued', 'in_progress', 'requires_action', 'cancelling')"
"""Word for word as the indexes have it: else they are of no use."""
MARKS = (
    "first_token_at = COALESCE(first_token_at, ?), first_text_at = COALESCE(first_text_at, ?), "
    "edits = COALESCE(edits, 0) + ?"
)
"""When it began to be spoken and to be seen, the first time; a process's edits of its posts are added."""
FENCE = f"WHERE id = ? AND owner = ? AND status IN {LIVE}"


@dataclass(frozen=True, slots=True)
class Row:
    """A run as it is stored. Who answers is None until the run has begun."""

    run: RunId
    lane: str
    thread: ThreadId
    status: RunStatus
    attempts: int
    deaths: int
    created_at: float
    assistant: str | None
    assistant_version: int | None
    options: str | None = None
    """JSON of a client's run."""


def add(tx: Execute, thread: ThreadId, now: float, *, lane: str | None, person: str = "") -> RunId:
    """Queue a run: behind the others of its lane, or (None) in a lane of its own.

    `person`: whose it is, named with the network.
    """
    run = RunId(f"run_{token_hex(12)}")
    tx.execute(
        "INSERT INTO runs (id, lane, thread_id, status, created_at, person) VALUES (?, ?, ?, 'queued', ?, ?)",
        (run, lane or run, thread, now, person or None),
    )
    return run


def open_messages(tx: Execute, person: str) -> int:
    """How many messages of that person wait for the model's answer, or have it under way."""
    rows = tx.execute(
        f"SELECT COUNT(*) FROM runs JOIN messages ON messages.run_id = runs.id WHERE runs.person = ? "
        f"AND runs.{UNFINISHED} AND lane <> runs.id",
        (person,),
    ).fetchall()
    return int(rows[0][0])


def saying(tx: Execute, person: str, address: Address, kind: Kind, since: float) -> RunId | None:
    """The own text of that kind for that person in that channel that is still on its way, or that was given
    since then, with nothing else between.
    """
    there = (person, address.workspace, address.channel)
    rows = tx.execute(
        f"SELECT runs.id FROM runs JOIN messages ON messages.run_id = runs.id WHERE runs.person = ? "
        f"AND runs.{UNFINISHED} AND lane = runs.id AND workspace = ? AND channel = ? "
        "AND json_extract(body, '$.kind') = ? ORDER BY runs.seq LIMIT 1",
        (*there, kind),
    ).fetchall()
    newest = tx.execute(
        "SELECT runs.id, json_extract(body, '$.kind'), status FROM runs "
        "JOIN messages ON messages.run_id = runs.id WHERE runs.created_at > ? "
        "AND runs.person = ? AND workspace = ? AND channel = ? ORDER BY runs.seq DESC LIMIT 1",
        (since, *there),
    ).fetchall()
    said = [id for id, of, status in newest if of == kind and status not in ("failed", "cancelled")]
    return RunId(rows[0][0]) if rows else RunId(said[0]) if said else None


def by_person(tx: Execute, *, begun: bool) -> dict[str, int]:
    """How many runs of each person have `begun`; or how many messages are open, as `open_messages` counts."""
    what = f"WHERE {UNFINISHED} AND status IN ('in_progress', 'cancelling')"
    if not begun:
        what = f"JOIN messages ON messages.run_id = runs.id WHERE runs.{UNFINISHED} AND lane <> runs.id"
    found = tx.execute(f"SELECT runs.person, COUNT(*) FROM runs {what} AND runs.person <> '' GROUP BY 1")
    return dict(found.fetchall())


def waiting_in(tx: Execute, lane: str, topic: str) -> RunId | None:
    """The newest run of a lane that has not begun and answers in that topic, if all its writers are known."""
    unproven = (
        "SELECT 1 FROM messages AS one WHERE one.run_id = runs.id AND json_extract(one.body, '$.unproven')"
    )
    rows = tx.execute(
        "SELECT runs.id FROM runs JOIN messages ON messages.run_id = runs.id WHERE lane = ? "
        f"AND status = 'queued' AND topic = ? AND NOT EXISTS ({unproven}) ORDER BY runs.seq DESC LIMIT 1",
        (lane, topic),
    ).fetchall()
    return RunId(rows[0][0]) if rows else None


def under_way(tx: Execute, project: str) -> int:
    """How many runs of a project's threads wait for the model, or are with it."""
    rows = tx.execute(
        f"SELECT COUNT(*) FROM runs WHERE {UNFINISHED} AND status <> 'requires_action' "
        "AND (SELECT project FROM threads WHERE threads.id = thread_id) = ?",
        (project,),
    ).fetchall()
    return int(rows[0][0])


def row(tx: Execute, run: RunId) -> Row:
    """The run, which must exist."""
    columns = "id, lane, thread_id, status, attempts, deaths, created_at, assistant_id, assistant_version"
    columns += ", options"
    return Row(*tx.execute(f"SELECT {columns} FROM runs WHERE id = ?", (run,)).fetchall()[0])


def person(tx: Execute, run: RunId) -> str:
    """Whose it is, named with the network; "" where nobody knows."""
    rows = tx.execute("SELECT COALESCE(person, '') FROM runs WHERE id = ?", (run,)).fetchall()
    return rows[0][0] if rows else ""


def steps(tx: Execute, run: RunId) -> dict[str, Any]:
    """The steps recorded so far, by name."""
    rows = tx.execute("SELECT name, value FROM steps WHERE run_id = ?", (run,)).fetchall()
    return {name: json.loads(value) for name, value in rows}


def live(tx: Execute, lane: str) -> tuple[RunId, str | None] | None:
    """The run that has begun in this lane and not ended, with its owner (None: it was let go of)."""
    rows = tx.execute(f"SELECT id, owner FROM runs WHERE lane = ? AND status IN {LIVE}", (lane,)).fetchall()
    return (RunId(rows[0][0]), rows[0][1]) if rows else None


def parked(tx: Execute, run: RunId) -> bool:
    """Whether it waits for outputs of its client."""
    return bool(tx.execute("SELECT 1 FROM runs WHERE id = ? AND awaits IS NOT NULL", (run,)).fetchall())


def take_over(tx: Execute, run: RunId, owner: str, now: float, *, died: bool) -> None:
    """Make it this owner's. `died`: the former one did not let go of it.

    One that was cancelled while it waited for its client is nobody's: to end it takes nothing over.
    """
    taken = (
        "UPDATE runs SET owner = ?, deaths = deaths + ?, takeovers = takeovers + CASE WHEN owner IS NULL "
        "AND status = 'cancelling' THEN 0 ELSE 1 END WHERE id = ?"
    )
    tx.execute(taken, (owner, int(died), run))
    tx.execute("INSERT INTO takeovers (run_id, at, died) VALUES (?, ?, ?)", (run, now, int(died)))


def oldest(tx: Execute, lane: str) -> tuple[RunId, str] | None:
    """The lane's oldest queued run, and whose it is; "" where nobody knows."""
    queued = tx.execute(
        "SELECT id, COALESCE(person, '') FROM runs WHERE lane = ? AND status = 'queued' ORDER BY seq LIMIT 1",
        (lane,),
    ).fetchall()
    return (RunId(queued[0][0]), queued[0][1]) if queued else None


def begin(tx: Execute, run: RunId, owner: str, now: float) -> bool:
    """Begin a queued run. False: another process was faster."""
    begun = (
        "UPDATE runs SET owner = ?, status = 'in_progress', began_at = COALESCE(began_at, ?) "
        "WHERE id = ? AND status = 'queued' RETURNING id"
    )
    return bool(tx.execute(begun, (owner, now, run)).fetchall())


_AT_ONCE = (
    f"SELECT COUNT(*) FROM runs WHERE {UNFINISHED} AND status IN ('in_progress', 'cancelling') "
    "AND owner = ? AND lane <> id"
)


def at_once(tx: Execute, owner: str, person: str | None = None) -> int:
    """How many answers this owner is at work on, perhaps only those to one person.

    Our own texts do not count, nor what waits for a person's yes or for its client.
    """
    of = () if person is None else (person,)
    sql = f"{_AT_ONCE} AND person = ?" if of else _AT_ONCE
    return int(tx.execute(sql, (owner, *of)).fetchall()[0][0])


def queued_after(tx: Execute, person: str) -> str:
    """The first one in the order of names, after that person, of whom a run is queued; "": there is none."""
    rows = tx.execute(
        f"SELECT person FROM runs WHERE {UNFINISHED} AND person > ? AND status = 'queued' "
        "ORDER BY person LIMIT 1",
        (person,),
    ).fetchall()
    return rows[0][0] if rows else ""


def idle_lane(tx: Execute, person: str, platforms: Sequence[str]) -> str:
    """The lane, of those where nothing runs, in which a run of that person has waited longest for its turn.

    "": there is none on these platforms.
    """
    served, wanted = _served(platforms)
    rows = tx.execute(
        f"SELECT lane FROM runs WHERE {UNFINISHED} AND person = ? AND status = 'queued' AND lane <> id "
        f"AND {served} AND NOT EXISTS (SELECT 1 FROM runs AS live WHERE live.lane = runs.lane "
        f"AND live.status IN {LIVE}) AND NOT EXISTS (SELECT 1 FROM runs AS before "
        "WHERE before.lane = runs.lane AND before.status = 'queued' AND before.seq < runs.seq) "
        "ORDER BY seq LIMIT 1",
        (person, *wanted),
    ).fetchall()
    return rows[0][0] if rows else ""


def _served(platforms: Sequence[str]) -> tuple[str, tuple[object, ...]]:
    """The condition that a run is answered on one of these, with its values."""
    marks = ", ".join("?" for _ in platforms)
    chats = f"SELECT 1 FROM messages WHERE messages.run_id = runs.id AND platform IN ({marks})"
    return f"((options IS NOT NULL AND ?) OR EXISTS ({chats}))", ("api" in platforms, *platforms)


def owned(tx: Execute, run: RunId, owner: str) -> bool:
    """Whether the run is alive and this owner's."""
    return bool(tx.execute(f"SELECT 1 FROM runs {FENCE}", (run, owner)).fetchall())


def gone(tx: Execute, run: RunId) -> bool:
    """Whether there is no such run any more."""
    return not tx.execute("SELECT 1 FROM runs WHERE id = ?", (run,)).fetchall()


def answered_by(tx: Execute, run: RunId, assistant: str, version: int) -> None:
    """Keep with the run which version of which assistant answers."""
    tx.execute(
        "UPDATE runs SET assistant_id = ?, assistant_version = ? WHERE id = ?", (assistant, version, run)
    )


def end(tx: Execute, run: RunId, owner: str, outcome: Outcome, now: float) -> bool:
    """It has ended so, with the first moments that were seen of it and all edits of its posts. Raises Lost
    when it is not this owner's any more.

    Gives whether a message that it answers, or was told of, was deleted meanwhile.
    """
    gone = (
        "EXISTS (SELECT 1 FROM messages WHERE run_id = runs.id AND json_extract(body, '$.gone')) OR EXISTS "
        "(SELECT 1 FROM steps WHERE run_id = runs.id AND name = 'context' AND value LIKE '%\"gone\": true%')"
    )
    ended = f"UPDATE runs SET status = ?, error = ?, ended_at = ?, {MARKS} {FENCE} RETURNING {gone}"
    told = (outcome.status, outcome.error or None, now, *outcome.marks)
    rows = tx.execute(ended, (*told, run, owner)).fetchall()
    if not rows:
        raise Lost(run)
    return bool(rows[0][0])


def posted(tx: Execute, run: RunId) -> None:
    """Another post stands there for it."""
    tx.execute("UPDATE runs SET posts = COALESCE(posts, 0) + 1 WHERE id = ?", (run,)).fetchall()


def newest_step(tx: Execute, run: RunId, name: str = "%") -> float | None:
    """When the newest of its steps was recorded, or that one."""
    rows = tx.execute(
        "SELECT MAX(created_at) FROM steps WHERE run_id = ? AND name LIKE ?", (run, name)
    ).fetchall()
    at: float | None = rows[0][0]
    return at


def unfinished_in(tx: Execute, thread: str) -> RunId | None:
    """The run of that thread which has not ended, the oldest of them."""
    rows = tx.execute(
        f"SELECT id FROM runs WHERE thread_id = ? AND {UNFINISHED} ORDER BY seq LIMIT 1", (thread,)
    ).fetchall()
    return RunId(rows[0][0]) if rows else None


def unfinished(tx: Execute, platforms: Iterable[str]) -> list[str]:
    """Lanes with work left whose platforms run here, the oldest first."""
    wanted = list(platforms)
    if not wanted:
        return []
    served, values = _served(wanted)
    rows = tx.execute(
        f"SELECT lane, MIN(seq) AS first FROM runs WHERE {UNFINISHED} AND awaits IS NULL AND {served} "
        "GROUP BY lane ORDER BY first",
        values,
    ).fetchall()
    return [lane for lane, _ in rows]


def met_error(tx: Execute, run: RunId, owner: str, error: str) -> int:
    """Count an error the run met; gives how many there were. Raises Lost."""
    rows = tx.execute(
        f"UPDATE runs SET attempts = attempts + 1, error = ? {FENCE} RETURNING attempts", (error, run, owner)
    ).fetchall()
    if not rows:
        raise Lost(run)
    return int(rows[0][0])


def await_action(tx: Execute, run: RunId, owner: str, *, waiting: bool) -> None:
    """A run waits for a person, or goes on. One that is being cancelled stays so. Raises Lost."""
    before, after = ("in_progress", "requires_action") if waiting else ("requires_action", "in_progress")
    tx.execute(f"UPDATE runs SET status = ? {FENCE} AND status = ?", (after, run, owner, before))
    if not owned(tx, run, owner):
        raise Lost(run)


def release(tx: Execute, owner: str) -> None:
    """Let go of everything on purpose, so that the next start does not count a death."""
    tx.execute(f"UPDATE runs SET owner = NULL WHERE owner = ? AND status IN {LIVE}", (owner,))


def stop(
    tx: Execute, thread: ThreadId, *, run: RunId | None = None, topic: str | None = None
) -> RunId | None:
    """Mark the thread's live run as to be cancelled, where given only `run`, or one that answers in `topic`.

    Gives that run, or None when there is none.
    """
    rows = tx.execute(
        f"UPDATE runs SET status = 'cancelling' WHERE lane = ? AND status IN {LIVE} "
        "AND id = COALESCE(?, id) AND (CAST(? AS TEXT) IS NULL OR EXISTS "
        "(SELECT 1 FROM messages WHERE messages.run_id = runs.id AND topic = ?)) RETURNING id",
        (thread, run, topic, topic),
    ).fetchall()
    return RunId(rows[0][0]) if rows else None


def alive(tx: Execute, run: RunId) -> bool:
    """Whether it has begun and not ended."""
    return bool(tx.execute(f"SELECT 1 FROM runs WHERE id = ? AND status IN {LIVE}", (run,)).fetchall())


def cancel(tx: Execute, run: RunId) -> RunId | None:
    """Mark a live run as to be cancelled, whatever its lane; None when it is not live."""
    rows = tx.execute(
        f"UPDATE runs SET status = 'cancelling' WHERE id = ? AND status IN {LIVE} RETURNING id", (run,)
    ).fetchall()
    return RunId(rows[0][0]) if rows else None


def step(tx: Execute, run: RunId, name: str) -> Any:
    """What is recorded of one step, None when nothing is."""
    rows = tx.execute("SELECT value FROM steps WHERE run_id = ? AND name = ?", (run, name)).fetchall()
    return json.loads(rows[0][0]) if rows else None


def write_step(tx: Execute, run: RunId, name: str, value: object) -> None:
    """Put another value in the place of a step's."""
    told = json.dumps(value, ensure_ascii=False)
    tx.execute("UPDATE steps SET value = ? WHERE run_id = ? AND name = ?", (told, run, name)).fetchall()


def blank_steps(tx: Execute, run: RunId) -> None:
    """Of an ended run only its posts are of use, and who was heard in its topic: nothing else is left."""
    tx.execute(
        "UPDATE steps SET value = 'null' WHERE run_id = ? AND ref IS NULL AND name <> 'context'", (run,)
    ).fetchall()


def cancel_of(tx: Execute, people: Sequence[str], now: float) -> None:
    """Whatever these people wait for is cancelled."""
    marks = ", ".join("?" for _ in people)
    tx.execute(
        "UPDATE runs SET status = 'cancelled', ended_at = ? "
        "WHERE status IN ('queued', 'in_progress', 'requires_action', 'cancelling') AND EXISTS "
        f"(SELECT 1 FROM messages WHERE messages.run_id = runs.id AND person IN ({marks}))",
        (now, *people),
    )


def showing(tx: Execute, ref: str) -> tuple[RunId, ThreadId, str] | None:
    """Whose post this is: the run, its thread and the person who asked."""
    rows = tx.execute(
        "SELECT runs.id, runs.thread_id, messages.person FROM steps JOIN runs ON runs.id = steps.run_id "
        "JOIN messages ON messages.run_id = runs.id WHERE ref = ? ORDER BY messages.seq LIMIT 1",
        (ref,),
    ).fetchall()
    return (RunId(rows[0][0]), ThreadId(rows[0][1]), rows[0][2]) if rows else None


def recorded(tx: Execute, refs: Iterable[str]) -> set[str]:
    """Those of the posts that some run has recorded as its own."""
    return {ref for ref in refs if tx.execute("SELECT 1 FROM steps WHERE ref = ?", (ref,)).fetchall()}
