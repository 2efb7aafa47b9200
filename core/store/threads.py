"""Threads: which memory belongs to whom."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Final, Literal

from core.store import paging
from core.store.database import Execute
from core.store.paging import Listing, Page
from core.types import Address, ThreadId

Scope = Literal["user", "person-topic", "topic"]
"""A thread is of a person in a channel, of a person in a topic, or of everybody in a topic."""
Extent = Literal["channel", "direct", "thread", "shared_channel", "shared_thread"]
"""How far a thread reaches, as people see it; *shared*: it is everybody's there."""
_KEY = "platform = ? AND workspace = ? AND channel = ? AND scope = ? AND member = ?"


@dataclass(frozen=True, slots=True)
class Scopes:
    """The scope of threads; `direct`: of those in direct messages, where it is another one."""

    everywhere: Scope = "user"
    direct: Scope | None = None

    def at(self, address: Address) -> Scope:
        """The scope that counts there."""
        return self.direct if self.direct and address.direct else self.everywhere

    def tells(self, address: Address) -> bool:
        """Whether this address says which thread is meant: that of a command may have no topic."""
        return bool(address.topic) or self.at(address) == "user"

    def extent(self, address: Address, parent: str = "") -> Extent:
        """How far the thread there reaches. `parent`: the channel that a Discord thread belongs to."""
        scope = self.at(address)
        inside = bool(parent) or (scope != "user" and address.topic != address.channel)
        if scope == "topic" and not address.direct:
            return "shared_thread" if inside else "shared_channel"
        return "thread" if inside else "direct" if address.direct else "channel"


def _key(address: Address, user: str, scope: Scope) -> tuple[str, str, str, str, str]:
    if scope == "person-topic" and address.topic == address.channel:
        scope = "user"  # a topic of Discord is its channel
    member = {"user": user, "topic": address.topic}.get(scope, f"{user} {address.topic}")
    return (address.platform, address.workspace, address.channel, scope, member)


def find(tx: Execute, address: Address, user: str, scope: Scope) -> ThreadId | None:
    """The thread messages from there go to now, or None when there is none yet."""
    rows = tx.execute(f"SELECT thread_id FROM thread_map WHERE {_KEY}", _key(address, user, scope)).fetchall()
    return ThreadId(rows[0][0]) if rows else None


def renew(tx: Execute, address: Address, user: str, scope: Scope, *, origin: str, now: float) -> ThreadId:
    """Map messages from there to a new, empty thread from now on."""
    thread = ThreadId(f"thread_{token_hex(12)}")
    tx.execute("INSERT INTO threads (id, created_at, origin) VALUES (?, ?, ?)", (thread, now, origin))
    tx.execute(
        "INSERT INTO thread_map (platform, workspace, channel, scope, member, thread_id) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (platform, workspace, channel, scope, member) "
        "DO UPDATE SET thread_id = excluded.thread_id",
        (*_key(address, user, scope), thread),
    )
    return thread


def find_or_create(tx: Execute, address: Address, user: str, scope: Scope, now: float) -> ThreadId:
    """The thread of whoever writes there."""
    return find(tx, address, user, scope) or renew(tx, address, user, scope, origin="new", now=now)


def remembered(tx: Execute, people: Sequence[str]) -> bool:
    """Whether a thread of one of these people holds anything."""
    marks = ", ".join("?" for _ in people)
    held = "SELECT 1 FROM items WHERE items.thread_id = thread_map.thread_id"
    person = "substr(member, 1, instr(member || ' ', ' ') - 1)"
    return bool(
        tx.execute(
            f"SELECT 1 FROM thread_map WHERE {person} IN ({marks}) AND EXISTS ({held}) LIMIT 1", people
        ).fetchall()
    )


def reset_at(tx: Execute, thread: ThreadId) -> float | None:
    """When this thread was begun by a reset; None when it was not."""
    rows = tx.execute(
        "SELECT created_at FROM threads WHERE id = ? AND origin = 'reset'", (thread,)
    ).fetchall()
    return rows[0][0] if rows else None


def ratio_and_fact(tx: Execute, thread: ThreadId, name: str) -> tuple[float | None, Any]:
    """Reported over estimated tokens of the thread's newest request (None: not reported), and a find."""
    rows = tx.execute(
        "SELECT token_ratio, (SELECT value FROM facts WHERE name = ?) FROM threads WHERE id = ?",
        (name, thread),
    ).fetchall()
    ratio, value = rows[0] if rows else (None, None)
    return ratio, json.loads(value) if value else None


def learn_ratio(tx: Execute, thread: ThreadId, ratio: float) -> None:
    """Keep that ratio, within sense: a server that counts wrongly must not empty the history."""
    tx.execute("UPDATE threads SET token_ratio = ? WHERE id = ?", (min(3.0, max(0.5, ratio)), thread))


@dataclass(frozen=True, slots=True)
class Row:
    """A thread as it is stored. `project`: None of a chat; `object`: metadata and tool_resources."""

    id: ThreadId
    created_at: float
    project: str | None
    object: Mapping[str, Any]
    foreign: bool = False
    """A copy of what others than its project's clients said: only who may read chats reads it."""

    @property
    def readers(self) -> str | None:
        """The project whose keys read it; None: those that may read chats."""
        return None if self.foreign else self.project


FOREIGN: Final = "foreign"
"""Where such a copy has its `origin`."""
_NEW, _ROW = "id, created_at, project, object", f"id, created_at, project, object, origin = '{FOREIGN}'"


def create(tx: Execute, project: str | None, object: Mapping[str, Any], now: float) -> Row:
    """A new thread of a project; None: only who may read chats reads it."""
    made = Row(ThreadId(f"thread_{token_hex(12)}"), now, project, object)
    told = json.dumps(object, ensure_ascii=False)
    tx.execute(
        f"INSERT INTO threads ({_NEW}, origin) VALUES (?, ?, ?, ?, 'new')", (made.id, now, project, told)
    )
    return made


def get(tx: Execute, id: str) -> Row | None:
    """The thread with that id, of a project or of a chat."""
    found = tx.execute(f"SELECT {_ROW} FROM threads WHERE id = ?", (id,)).fetchall()
    return _row(*found[0]) if found else None


def page(tx: Execute, project: str, cut: Page, *, chats: bool) -> tuple[list[Row], bool]:
    """A page of the project's threads, with those of chats where told. Raises LookupError for a cursor."""
    where = "(project = ? OR project IS NULL)" if chats else "project = ?"
    listing = Listing(_ROW, "threads", where, (project,), ("created_at", "id"))
    found, more = paging.rows(tx, listing, cut)
    return [_row(*row) for row in found], more


def change(tx: Execute, id: ThreadId, object: Mapping[str, Any]) -> None:
    """Put another object in the place of a thread's."""
    tx.execute("UPDATE threads SET object = ? WHERE id = ?", (json.dumps(object, ensure_ascii=False), id))


def _row(id: str, created_at: float, project: str | None, object: str, foreign: int) -> Row:
    return Row(ThreadId(id), created_at, project, json.loads(object), bool(foreign))


_OF_RUNS = ("steps", "approvals", "feedback", "saved_questions")
_OF_THREAD = ("summaries", "items", "files", "messages", "runs")


def remove(tx: Execute, id: ThreadId) -> None:
    """The thread is gone with all that it held; what its runs cost stays on record. What copies have
    of its turns are turns of their own from then on, without calls of tools: those go with their run.
    """
    copied = "copy_of = (SELECT COALESCE(copy_of, id) FROM threads WHERE id = ?) AND id <> ?"
    held = f"thread_id IN (SELECT id FROM threads WHERE {copied})"
    theirs = f"{held} AND run_id IN (SELECT id FROM runs WHERE thread_id = ?)"
    tx.execute(f"DELETE FROM items WHERE message_id IS NULL AND {theirs}", (id, id, id)).fetchall()
    tx.execute(f"UPDATE items SET run_id = NULL WHERE {theirs}", (id, id, id)).fetchall()
    for table in _OF_RUNS:
        tx.execute(
            f"DELETE FROM {table} WHERE run_id IN (SELECT id FROM runs WHERE thread_id = ?)", (id,)
        ).fetchall()
    for table in _OF_THREAD:
        tx.execute(f"DELETE FROM {table} WHERE thread_id = ?", (id,))
    tx.execute("DELETE FROM threads WHERE id = ?", (id,))
