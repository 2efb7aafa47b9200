"""Messages as a thread has them: of clients of the API, of people in chats, and the answers to both."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, Final

from core.store import paging
from core.store.database import Execute
from core.store.messages import GONE
from core.store.paging import Listing, Page
from core.types import RunId, ThreadId

API: Final = "api"
"""The platform of what clients write."""
_ADD: Final = (
    "INSERT INTO messages (id, platform, workspace, channel, topic, platform_id, person, thread_id, body, "
    "sent_at, role, answer_of, object) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SELECT: Final = (
    "messages.id, messages.thread_id, role, sent_at, answer_of, assistant_id, body, object, messages.platform"
)
_SOURCE: Final = "messages LEFT JOIN runs ON runs.id = answer_of"


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    """A message of a thread."""

    id: str
    thread: ThreadId
    role: str
    sent_at: float
    run: RunId | None = None
    """Which made it, of an answer."""
    assistant: str | None = None
    text: str = ""
    object: Mapping[str, Any] = field(default_factory=dict)
    """`content` where it is more than the text; attachments, metadata, status, incomplete_details."""
    platform: str = API


def new_id() -> str:
    """For a message that a client writes."""
    return f"msg_{token_hex(12)}"


def add(tx: Execute, one: ThreadMessage, project: str, person: str) -> None:
    """A client has written it."""
    place = (API, project, one.thread, one.thread)
    body = json.dumps({"text": one.text}, ensure_ascii=False)
    kept = (one.sent_at, one.role, None, json.dumps(one.object, ensure_ascii=False))
    tx.execute(_ADD, (one.id, *place, one.id, person, one.thread, body, *kept))


def add_answer(tx: Execute, one: ThreadMessage) -> None:
    """A run has made it; repeated with the same id it is what it says now."""
    body = json.dumps({"text": one.text}, ensure_ascii=False)
    place = ("", "", one.thread, one.thread, one.id, "")
    kept = (one.sent_at, one.role, one.run, json.dumps(one.object, ensure_ascii=False))
    tx.execute(
        f"{_ADD} ON CONFLICT (id) DO UPDATE SET body = excluded.body, object = excluded.object",
        (one.id, *place, one.thread, body, *kept),
    )


def get(tx: Execute, thread: ThreadId, id: str) -> ThreadMessage | None:
    """The message of that thread."""
    sql = f"SELECT {_SELECT} FROM {_SOURCE} WHERE messages.thread_id = ? AND messages.id = ?"
    return next(iter(_read(tx.execute(sql, (thread, id)).fetchall())), None)


def page(
    tx: Execute, thread: ThreadId, cut: Page, run: str | None = None
) -> tuple[list[ThreadMessage], bool]:
    """A page of the thread's messages, `run`: of that run's answers. Raises LookupError for a cursor."""
    where = "messages.thread_id = ?" + ("" if run is None else " AND answer_of = ?")
    values = (thread,) if run is None else (thread, run)
    order = ("sent_at", "messages.seq")
    found, more = paging.rows(tx, Listing(_SELECT, _SOURCE, where, values, order, "messages.id"), cut)
    return _read(found), more


def asked(tx: Execute, thread: ThreadId, at: float) -> ThreadMessage | None:
    """What somebody had written there last at that moment."""
    where = "messages.thread_id = ? AND role = 'user' AND sent_at <= ?"
    sql = f"SELECT {_SELECT} FROM {_SOURCE} WHERE {where} ORDER BY sent_at DESC, messages.seq DESC LIMIT 1"
    return next(iter(_read(tx.execute(sql, (thread, at)).fetchall())), None)


def change(tx: Execute, id: str, object: Mapping[str, Any]) -> None:
    """Put another object in the place of a message's."""
    tx.execute(
        "UPDATE messages SET object = ? WHERE id = ?", (json.dumps(object, ensure_ascii=False), id)
    ).fetchall()


def remove(tx: Execute, id: str) -> None:
    """The message is gone."""
    tx.execute("DELETE FROM messages WHERE id = ?", (id,))


def _read(rows: Sequence[Any]) -> list[ThreadMessage]:
    return [_message(*row) for row in rows]


def _message(
    id: str, thread: str, role: str, sent_at: float, run: str | None, assistant: str | None, *more: Any
) -> ThreadMessage:
    body, object, platform = more
    kept, told = json.loads(body), json.loads(object) if object else {}
    text = "" if GONE in kept else str(kept.get("text") or "")
    return ThreadMessage(
        id, ThreadId(thread), role, sent_at, RunId(run) if run else None, assistant, text, told, platform
    )
