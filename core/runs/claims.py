"""Claims: the right to carry out a run, with all that is needed for it, read in one transaction."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.assistant import Assistant
from core.runs import history
from core.store import assistants, files, items, messages, threads, vector_stores
from core.store.database import Execute
from core.types import IncomingMessage, RunId, RunStatus, ThreadId


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that is ours to carry out, with all it needs: nothing else is read before the model is asked."""

    run: RunId
    lane: str
    thread: ThreadId
    owner: str
    status: RunStatus
    resumed: bool
    """A process began it before: posts may exist that were never recorded."""
    attempts: int
    deaths: int
    created_at: float
    messages: tuple[IncomingMessage, ...]
    memo: Mapping[str, Any]
    """The steps recorded so far."""
    history: tuple[str, ...]
    """The thread's newest turns before this one, as input items."""
    assistant: Assistant | None = None
    """Who answers, as it was when the run began; None for our own texts."""
    room: int = 0
    """Tokens the history may have."""
    store: str | None = None
    """The vector store of the thread at the model server."""
    kept: tuple[str, ...] = ()
    """The thread's files that the model server still has, by their ids there."""
    context_since: float | None = None
    """Set where others may have written in the topic: from this time on the thread has not seen it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, and what the thread remembers of it."""

    status: RunStatus
    items: tuple[str, ...] = ()
    error: str = ""
    token_ratio: float | None = None
    """Reported over estimated tokens of its newest request, where the server told."""


def read(x: Execute, run: RunId, owner: str, budget: int, *, resumed: bool) -> Claim:
    """The run as the database has it now."""
    columns = "lane, thread_id, status, attempts, deaths, created_at, assistant_id, assistant_version"
    lane, thread, status, attempts, deaths, created, *who = x(
        f"SELECT {columns} FROM runs WHERE id = ?",  # noqa: S608 - constants
        run,
    )[0]
    asked = messages.of_run(x, run)
    asks = asked[0].kind == "ask"
    assistant = _assistant(x, run, asked[0], *who) if asks else None
    memo = {
        name: json.loads(value) for name, value in x("SELECT name, value FROM steps WHERE run_id = ?", run)
    }
    room = history.room(x, thread, assistant, budget)
    spent = sum(items.weigh(message.text) for message in asked)
    context_since = _context_since(x, ThreadId(thread), asked[0]) if asks else None
    if context_since is not None:
        spent += context_room(budget)
    return Claim(
        run=run,
        lane=lane,
        thread=ThreadId(thread),
        owner=owner,
        status=status,
        resumed=resumed,
        attempts=attempts,
        deaths=deaths,
        created_at=created,
        messages=asked,
        memo=memo,
        history=history.select(x, thread, assistant, room - spent, len(asked)) if asks else (),
        assistant=assistant,
        room=room,
        store=_store(x, thread) if asks else None,
        kept=tuple(str(file.remote) for file in files.remotes(x, thread, time.time())) if asks else (),
        context_since=context_since,
    )


def _assistant(
    x: Execute, run: RunId, asked: IncomingMessage, id: str | None, version: int | None
) -> Assistant | None:
    """Who answers: decided when the run begins, and kept with it whatever is changed meanwhile."""
    if id and version:
        return assistants.get(x, id, version)
    address = asked.address
    places = [place for place in (address.channel, asked.parent, address.workspace) if place]
    found = assistants.nearest(x, address.platform, places)
    if found:
        x(
            "UPDATE runs SET assistant_id = ?, assistant_version = ? WHERE id = ?",
            found.id,
            found.version,
            run,
        )
    return found


def context_room(budget: int) -> int:
    """Tokens kept free for what stood in a topic before the question."""
    return budget // 4


def _context_since(x: Execute, thread: ThreadId, message: IncomingMessage) -> float | None:
    if not message.inside_topic:
        return None
    return messages.last_in_topic(x, thread, message) or threads.reset_at(x, thread) or 0.0


def _store(x: Execute, thread: str) -> str | None:
    """The thread's own, unless it may have expired."""
    store = vector_stores.store(x, thread)
    alive = store and (store.expires_at is None or store.expires_at > time.time())
    return store.remote if store and alive else None
