"""What a key may see: its project's threads and, with the right to, those of chats, which it only reads."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Final

from core.api.key import Key
from core.api.refusal import Refusal, no_file, not_found
from core.store import audit, runs, threads, uploads
from core.store.audit import Entry
from core.store.database import Execute

READ_ONLY: Final = (
    "Thread {id} belongs to a chat: a key may read it, and only people in the chat write into it. "
    "Make a thread of your own with POST /v1/threads."
)


def thread(tx: Execute, key: Key, id: str, action: str, *, write: bool = False) -> threads.Row:
    """The thread, if the key may do that. To read what people said in a chat leaves a row in the audit."""
    found = threads.get(tx, id)
    if found is None or found.project not in (None, key.project):
        raise not_found("thread", id)
    if found.readers is None and not key.read_chats:
        raise not_found("thread", id)
    if write and found.project is None:
        raise Refusal(READ_ONLY.format(id=id), status=403)
    if found.readers is None and action and not write:
        note(tx, key, action, id)
    return found


def note(tx: Execute, key: Key, action: str, object: str) -> None:
    """The key has used its right to read chats."""
    audit.add(tx, Entry(time.time(), key.name, action, object))


def idle(tx: Execute, id: str) -> None:
    """Nothing is written into a thread while a run answers it."""
    if run := runs.unfinished_in(tx, id):
        raise Refusal(f"Can't add messages to {id} while a run {run} is active.")


def files(tx: Execute, key: Key, ids: Collection[str], now: float) -> None:
    """Each is a file of the key's project."""
    if unknown := uploads.missing(tx, key.project, ids, now):
        raise no_file([unknown])
