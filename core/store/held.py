"""Held: all that is kept of one person, for whoever asks what that is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from core.store import deletions, runs
from core.store.database import Execute

_WHO: Final = (
    "WITH who AS (SELECT CAST(? AS TEXT) AS platform, CAST(? AS TEXT) AS person, CAST(? AS TEXT) AS whose), "
    "mine AS (SELECT messages.* FROM messages JOIN who ON messages.platform = who.platform "
    "AND messages.person = who.person), "
    "own AS (SELECT thread_id FROM (SELECT DISTINCT thread_id, person FROM mine) AS m WHERE NOT EXISTS "
    "(SELECT 1 FROM messages AS others WHERE others.thread_id = m.thread_id AND others.role = 'user' "
    "AND others.person <> m.person)), "
    "spoke AS (SELECT DISTINCT thread_id FROM mine), "
    "theirs AS (SELECT DISTINCT run_id FROM mine WHERE run_id IS NOT NULL) "
)
_HELD: Final[Mapping[str, tuple[str, str]]] = {
    "conversations": ("id, created_at, origin", "threads WHERE id IN (SELECT * FROM spoke)"),
    "messages": ("id, thread_id, run_id, workspace, channel, topic, platform_id, sent_at, body", "mine"),
    "answers": (
        "id, thread_id, answer_of, sent_at, body",
        "messages WHERE answer_of IN (SELECT * FROM theirs)",
    ),
    "items": (
        "thread_id, run_id, item",
        "items WHERE run_id IN (SELECT * FROM theirs) AND thread_id IN (SELECT * FROM spoke)",
    ),
    "summaries": ("thread_id, text", "summaries WHERE text <> '' AND thread_id IN (SELECT * FROM own)"),
    "runs": (
        "id, thread_id, status, created_at, ended_at, assistant_id, error",
        "runs WHERE id IN (SELECT * FROM theirs)",
    ),
    "steps": ("run_id, name, value", "steps WHERE run_id IN (SELECT * FROM theirs)"),
    "files": (
        "id, run_id, name, type, size, refused, transcript, remote",
        "files WHERE run_id IN (SELECT * FROM theirs)",
    ),
    "documents": ("owner, name, size, remote", "vector_store_files WHERE owner IN (SELECT * FROM own)"),
    "copies": ("id, created_at, project", "threads WHERE copy_of IN (SELECT * FROM spoke)"),
    "feedback": ("run_id, good, reason, at", "feedback WHERE person IN (SELECT whose FROM who)"),
    "saved_questions": ("id, run_id, source", "saved_questions WHERE run_id IN (SELECT * FROM theirs)"),
    "requests": (
        "kind, model, began_at, input, output, price_usd, place",
        "usage WHERE person IN (SELECT whose FROM who)",
    ),
    "names": ("workspace, name", "names JOIN who ON names.platform = who.platform AND names.id = who.person"),
    "reservations": ("at, price", "reservations WHERE person IN (SELECT whose FROM who)"),
    "limits": ("about, full_at", "buckets WHERE subject IN (SELECT whose FROM who)"),
    "notices": ("about, until", "notices WHERE person IN (SELECT whose FROM who)"),
    "logins": ("kind, created_at, used_at", "sessions WHERE name IN (SELECT whose FROM who)"),
    "audit": ("at, actor, action, object", "audit JOIN who ON actor = whose OR object = whose"),
}
"""What there is of each kind: its columns, and where it stands."""
_JSON: Final = ("body", "item", "value")


def counts(tx: Execute, whose: str) -> dict[str, int]:
    """How much of each kind."""
    who = (*whose.split(":", 1), whose)
    sql = {name: f"{_WHO}SELECT COUNT(*) FROM {place}" for name, (_, place) in _HELD.items()}
    return {name: int(tx.execute(each, who).fetchall()[0][0]) for name, each in sql.items()}


def everything(tx: Execute, whose: str) -> dict[str, list[dict[str, Any]]]:
    """All of it; `heard`: what others' answers were told that they had said in the same topic."""
    platform, person = whose.split(":", 1)
    found: dict[str, list[dict[str, Any]]] = {}
    for name, (columns, place) in _HELD.items():
        rows = tx.execute(f"{_WHO}SELECT {columns} FROM {place}", (platform, person, whose)).fetchall()
        found[name] = [_told(columns.split(", "), row) for row in rows]
    told = [one for run in deletions.heard(tx, platform, person) for one in runs.step(tx, run, "context")]
    return found | {"heard": [one for one in told if one["user"] == person]}


def _told(named: list[str], row: tuple[Any, ...]) -> dict[str, Any]:
    told = dict(zip(named, row, strict=True))
    return {name: json.loads(one) if name in _JSON else one for name, one in told.items()}
