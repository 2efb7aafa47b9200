"""What the web page lists: runs and threads from outside, with what they cost. Nobody's words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from core.store import feedback
from core.store.answers import FIRST
from core.store.database import Execute
from core.store.paging import like
from core.store.runs import UNFINISHED
from core.store.trials import RUN_TRIAL, THREAD_TRIAL, UNTRIED, UNTRIED_THREAD


@dataclass(frozen=True, slots=True)
class View:
    """What somebody sees: chats, and one project's threads (None: those of all projects)."""

    project: str | None

    @property
    def where(self) -> str:
        """The condition on `threads`, without its index: the newest runs are looked through."""
        return "1 = 1" if self.project is None else "COALESCE(threads.project, ?) = ?"

    @property
    def values(self) -> tuple[str, ...]:
        """Of its parameters."""
        return () if self.project is None else (self.project, self.project)


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty: whatever. `q` is part of an id, a name, a place or an error, never of what was said."""

    q: str = ""
    status: tuple[str, ...] = ()
    assistant: str = ""
    thread: str = ""
    platform: str = ""
    ids: tuple[str, ...] = ()
    feedback: str = ""
    """good or bad: whose answers somebody has rated so."""

    @property
    def named(self) -> bool:
        """Whether they ask for certain ones: only these are of trials, too, which else flood a list."""
        return bool(self.q or self.thread or self.ids)


_NAME: Final = "(SELECT name FROM assistants WHERE assistants.id = runs.assistant_id)"
_PERSON: Final = "COALESCE(messages.person, json_extract(runs.options, '$.person'), '')"
_PLATFORM: Final = (
    "COALESCE(messages.platform, "
    "CASE WHEN threads.project IS NULL AND runs.options IS NULL THEN '' ELSE 'api' END)"
)
_PEOPLE: Final = (
    "LEFT JOIN names AS people ON people.platform = messages.platform "
    "AND people.workspace = messages.workspace AND people.id = messages.person"
)
_PLACES: Final = (
    "LEFT JOIN names AS places ON places.platform = messages.platform "
    "AND places.workspace = messages.workspace AND places.id = messages.channel"
)
_RUN: Final[Mapping[str, str]] = {
    "seq": "runs.seq",
    "id": "runs.id",
    "thread_id": "runs.thread_id",
    "status": "runs.status",
    "error": "runs.error",
    "project": "threads.project",
    "platform": _PLATFORM,
    "workspace": "messages.workspace",
    "topic": "messages.topic",
    "place": "COALESCE(messages.channel, threads.project, '')",
    "place_name": "places.name",
    "person_name": "COALESCE(people.name, json_extract(messages.body, '$.author'))",
    "who": _PERSON,
    "assistant_id": "runs.assistant_id",
    "assistant_name": _NAME,
    "assistant_version": "runs.assistant_version",
    "created_at": "runs.created_at",
    "began_at": "runs.began_at",
    "first_text_at": FIRST,
    "ended_at": "runs.ended_at",
    "attempts": "runs.attempts",
    "takeovers": "runs.takeovers",
    "posts": "runs.posts",
    "edits": "runs.edits",
    "trial": RUN_TRIAL,
}
_FROM: Final = (
    "FROM runs JOIN threads ON threads.id = runs.thread_id LEFT JOIN messages ON messages.seq = "
    f"(SELECT MIN(seq) FROM messages WHERE run_id = runs.id) {_PEOPLE} {_PLACES}"
)
_RUNS: Final = f"SELECT {', '.join(_RUN.values())} {_FROM}"
_SEARCHED: Final = (
    *("runs.id", "runs.thread_id", _PERSON, "json_extract(messages.body, '$.author')", "people.name"),
    *("messages.channel", "places.name", "runs.error", "runs.assistant_id", _NAME),
)
_NEWEST: Final = "runs.seq = (SELECT MAX(seq) FROM runs AS last WHERE last.thread_id = runs.thread_id)"
Row = dict[str, Any]


def runs(tx: Execute, view: View, filters: Filters, limit: int, after: str | None = None) -> list[Row]:
    """So many, the newest first. Raises LookupError for a cursor."""
    parts, values = [view.where, *([] if filters.named else [UNTRIED])], [*view.values]
    if after is not None:
        parts.append("runs.seq < ?")
        values.append(_one(tx, "SELECT seq FROM runs WHERE id = ?", after))
    parts += _such(filters, values)
    return _runs(tx, " AND ".join(parts), values, limit)


def run(tx: Execute, view: View, id: str) -> Row | None:
    """The run with that id, if it is to be seen."""
    return next(iter(_runs(tx, f"runs.id = ? AND {view.where}", (id, *view.values), 1)), None)


def newest(tx: Execute, limit: int, ids: Sequence[str] = ()) -> list[Row]:
    """What may have changed of late: runs that have not ended, the newest that have, and those."""
    marks = ", ".join("?" for _ in ids)
    found = (
        f"runs.seq IN (SELECT seq FROM runs WHERE {UNFINISHED} "
        f"UNION SELECT seq FROM runs WHERE id IN ({marks}) "
        "UNION SELECT seq FROM runs WHERE seq > (SELECT COALESCE(MAX(seq), 0) - ? FROM runs))"
    )
    return _runs(tx, found, (*ids, limit), 10 * limit)


def numbered(tx: Execute, seqs: Sequence[int]) -> list[Row]:
    """The runs with these numbers, the newest first."""
    return _runs(tx, f"runs.seq IN ({', '.join('?' for _ in seqs)})", seqs, len(seqs))


def _runs(tx: Execute, where: str, values: Sequence[Any], limit: int) -> list[Row]:
    sql = " ".join((_RUNS, "WHERE", where, "ORDER BY runs.seq DESC LIMIT ?"))
    rows = tx.execute(sql, (*values, limit)).fetchall()
    found = [dict(zip(_RUN, row, strict=True)) for row in rows]
    spent = _spent(tx, "run_id", [one["id"] for one in found])
    votes = feedback.counts(tx, [one["id"] for one in found])
    return [
        one | spent.get(one["id"], _NOTHING) | {"feedback": votes.get(one["id"], {"good": 0, "bad": 0})}
        for one in found
    ]


_SUMS: Final = (
    ", SUM(input), SUM(output), SUM(cached), SUM(reasoning), SUM(price_usd), COUNT(*), MAX(price_list), "
    "MAX(COALESCE(served_model, model)) FROM usage"
)
_SPENT: Final = ("input", "output", "cached", "reasoning", "cost_usd", "requests", "price_list", "model")
_NOTHING: Final[Row] = dict.fromkeys(_SPENT) | {"requests": 0}


def _spent(tx: Execute, column: str, ids: Sequence[str]) -> dict[str, Row]:
    """What the requests of runs, or of threads, came to. Nothing told: None, never 0."""
    marks = ", ".join("?" for _ in ids)
    sql = " ".join(("SELECT", column, _SUMS, "WHERE", column, "IN (", marks, ") GROUP BY", column))
    rows = tx.execute(sql, ids).fetchall()
    return {row[0]: dict(zip(_SPENT, row[1:], strict=True)) for row in rows}


_LAST: Final = "(SELECT MAX(seq) FROM runs WHERE runs.thread_id = threads.id)"
_THREAD: Final = (
    *("id", "created_at", "project", "place", "messages", "tokens", "summary", "last"),
    *("copy_of", "platform", "workspace", "channel", "scope", "member", "trial"),
)
_THREADS: Final = (
    "SELECT threads.id, threads.created_at, threads.project, "
    "COALESCE(names.name, m.channel, threads.project, ''), "
    "(SELECT COUNT(*) FROM messages WHERE messages.thread_id = threads.id), "
    "(SELECT SUM(tokens) FROM items WHERE items.thread_id = threads.id), "
    "EXISTS (SELECT 1 FROM summaries WHERE summaries.thread_id = threads.id AND upto > 0), "
    f"{_LAST}, copy_of, m.platform, m.workspace, m.channel, m.scope, m.member, {THREAD_TRIAL} FROM threads "
    "LEFT JOIN thread_map m ON m.thread_id = threads.id LEFT JOIN names ON names.id = m.channel "
    "AND names.workspace = m.workspace AND names.platform = m.platform"
)
_AS_OF: Final = f"COALESCE({_LAST}, 0), threads.created_at, threads.id"


def threads(tx: Execute, view: View, filters: Filters, limit: int, after: str | None = None) -> list[Row]:
    """So many, that with the newest run first. Raises LookupError for a cursor."""
    parts, values = [view.where, *([] if filters.named else [UNTRIED_THREAD])], [*view.values]
    if after is not None:
        place = tx.execute(f"SELECT {_AS_OF} FROM threads WHERE id = ?", (after,)).fetchall()
        if not place:
            raise LookupError(after)
        parts.append(f"({_AS_OF}) < (?, ?, ?)")
        values += place[0]
    if filters.thread:
        parts.append("threads.id = ?")
        values.append(filters.thread)
    if such := _such(replace(filters, thread=""), values, newest=True):
        parts.append(
            " ".join(("threads.id IN (SELECT runs.thread_id", _FROM, "WHERE", " AND ".join(such), ")"))
        )
    newest = f"COALESCE({_LAST}, 0) DESC, threads.created_at DESC, threads.id DESC"
    sql = f"{_THREADS} WHERE {' AND '.join(parts)} ORDER BY {newest}"
    found = [
        dict(zip(_THREAD, row, strict=True))
        for row in tx.execute(f"{sql} LIMIT ?", (*values, limit)).fetchall()
    ]
    return _with_last(tx, found)


def _such(filters: Filters, values: list[Any], *, newest: bool = False) -> list[str]:
    """What a run must be. `newest`: and of a status that is asked for, the newest of its thread."""
    parts = []
    if filters.q:
        parts.append(_like(filters.q, values))
    if filters.ids:
        parts.append(f"runs.id IN ({', '.join('?' for _ in filters.ids)})")
        values += filters.ids
    if filters.status:
        parts.append(f"runs.status IN ({', '.join('?' for _ in filters.status)})")
        values += filters.status
        parts += [_NEWEST] if newest else []
    if filters.feedback:
        parts.append("runs.id IN (SELECT run_id FROM feedback WHERE good = ?)")
        values.append(int(filters.feedback == "good"))
    for column, wanted in (
        ("runs.assistant_id", filters.assistant),
        ("runs.thread_id", filters.thread),
        (_PLATFORM, filters.platform),
    ):
        if wanted:
            parts.append(f"{column} = ?")
            values.append(wanted)
    return parts


def _with_last(tx: Execute, found: list[Row]) -> list[Row]:
    """Each with its newest run, and what all of it cost."""
    last = [one["last"] for one in found if one["last"]]
    marks = ", ".join("?" for _ in last)
    runs_ = {one["seq"]: one for one in _runs(tx, f"runs.seq IN ({marks})", last, len(last))} if last else {}
    spent = _spent(tx, "thread_id", [one["id"] for one in found])
    return [
        one | {"run": runs_.get(one["last"]), "cost_usd": spent.get(one["id"], _NOTHING)["cost_usd"]}
        for one in found
    ]


def _like(wanted: str, values: list[Any]) -> str:
    """That one of what is searched contains the text, whatever its capitals."""
    parts = [f"{column} LIKE ? ESCAPE '\\'" for column in _SEARCHED]
    values += [like(wanted)] * len(parts)
    return f"({' OR '.join(parts)})"


def _one(tx: Execute, sql: str, value: str) -> Any:
    rows = tx.execute(sql, (value,)).fetchall()
    if not rows:
        raise LookupError(value)
    return rows[0][0]


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of a run, with its value."""

    id: str
    name: str
    value: Any
    began_at: float | None
    created_at: float


def steps(tx: Execute, run: str) -> list[StepRow]:
    """The journal of a run, in order."""
    rows = tx.execute(
        "SELECT id, name, value, began_at, created_at FROM steps WHERE run_id = ? ORDER BY created_at, id",
        (run,),
    ).fetchall()
    return [StepRow(id, name, json.loads(value), *times) for id, name, value, *times in rows]


def ends(tx: Execute, run: str, *, died: bool = True) -> list[float]:
    """When another process went on with it because its own had died; not `died`: or had let go of it."""
    sql = "SELECT at FROM takeovers WHERE run_id = ? AND died >= ? ORDER BY at"
    return [at for (at,) in tx.execute(sql, (run, int(died))).fetchall()]


@dataclass(frozen=True, slots=True)
class Question:
    """A call that a person is, or was, asked about."""

    id: str
    run_id: str
    thread_id: str
    call_id: str
    person: str
    state: str
    asked_at: float
    expires_at: float
    project: str | None


_QUESTIONS: Final = (
    "SELECT approvals.id, run_id, threads.id, call_id, approvals.person, state, approvals.created_at, "
    "approvals.expires_at, threads.project FROM approvals JOIN runs ON runs.id = run_id "
    "JOIN threads ON threads.id = runs.thread_id"
)


def questions(tx: Execute, person: str, thread: str = "") -> list[Question]:
    """What that person was asked of late on the page, in a thread or anywhere; what waits first."""
    where = "approvals.person = ? AND threads.project IS NOT NULL AND (? = '' OR threads.id = ?)"
    order = "ORDER BY state <> 'waiting', approvals.created_at DESC LIMIT 50"
    return [
        Question(*row)
        for row in tx.execute(f"{_QUESTIONS} WHERE {where} {order}", (person, thread, thread)).fetchall()
    ]


def asked(tx: Execute, ids: Iterable[str] = (), run: str = "") -> list[Question]:
    """Those questions; of a run; or all that wait."""
    given = list(ids)
    marks = ", ".join("?" for _ in given)
    where = f"approvals.id IN ({marks})" if given else "run_id = ?" if run else "state = 'waiting'"
    values = given or ([run] if run else [])
    return [Question(*row) for row in tx.execute(f"{_QUESTIONS} WHERE {where}", values).fetchall()]


def versions(tx: Execute, assistant: str, most: int) -> list[Row]:
    """The newest versions: number, when and by whom, what it was, and how many runs it answered."""
    rows = tx.execute(
        "SELECT version, created_at, actor, body, (SELECT COUNT(*) FROM runs "
        f"WHERE assistant_id = v.assistant_id AND assistant_version = v.version AND {UNTRIED}) "
        "FROM assistant_versions v WHERE assistant_id = ? ORDER BY version DESC LIMIT ?",
        (assistant, most),
    ).fetchall()
    return [
        {"version": version, "created_at": at, "by": actor, "runs": count, "fields": json.loads(body)}
        for version, at, actor, body, count in rows
    ]


def speakers(tx: Execute, thread: str) -> dict[str, str | None]:
    """Who said each message of a thread, as people see them."""
    rows = tx.execute(
        "SELECT messages.id, COALESCE(people.name, NULLIF(json_extract(body, '$.author'), ''), "
        f"NULLIF(messages.person, ''), {_NAME}) FROM messages LEFT JOIN runs ON runs.id = answer_of "
        f"{_PEOPLE} WHERE messages.thread_id = ?",
        (thread,),
    ).fetchall()
    return dict(rows)


def files(tx: Execute, thread: str) -> dict[str, list[Row]]:
    """What came with each message of a chat, and what its answers brought along."""
    rows = tx.execute(
        "SELECT m.id, name, type, size FROM files JOIN messages AS m ON m.run_id = files.run_id "
        "AND kind <> 'output' AND instr(source, '/' || m.platform_id || '/') > 0 WHERE files.thread_id = ? "
        "UNION ALL SELECT m.id, name, type, size FROM files JOIN messages AS m ON answer_of = files.run_id "
        "AND kind = 'output' WHERE files.thread_id = ?",
        (thread, thread),
    ).fetchall()
    found: dict[str, list[Row]] = {}
    for id, *facts in rows:
        found.setdefault(id, []).append(dict(zip(("name", "type", "size"), facts, strict=True)))
    return found


def states(tx: Execute) -> dict[str, tuple[int, bool, str | None]]:
    """Of each assistant its version, whether it is deleted, and its project."""
    rows = tx.execute("SELECT id, version, deleted_at IS NOT NULL, project FROM assistants").fetchall()
    return {id: (version, bool(deleted), project) for id, version, deleted, project in rows}


def data_version(tx: Execute) -> int:
    """Another number as soon as others have written (asked by a connection that only reads)."""
    return int(tx.execute("PRAGMA data_version").fetchall()[0][0])
