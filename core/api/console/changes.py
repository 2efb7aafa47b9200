"""What has changed, for whoever looks on: noticed on the reading connection: writing is not slower.

All readers share one look and one short list of events. A reader that comes back goes on where it was; one
that is too far behind is told to read everything anew, so nobody costs more than that list.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Final

from core.api.console.looks import Looks, question_objects
from core.api.console.reasons import why
from core.api.console.rows import run_row, thread_row
from core.api.key import Key
from core.api.refusal import Refusal
from core.errors import SpoolError
from core.store import console
from core.store.console import Filters, View
from core.store.database import Execute

HELD: Final = 256
"""Events for those who come back, or are slow."""
READERS: Final = 100
PAUSE: Final = 0.5
"""Seconds between two looks."""
LINGER: Final = 60.0
"""Seconds for which it goes on when the last reader has left: perhaps the page is only loaded again."""
RECENT: Final = 50
"""Of the newest runs changes are seen, and of all that have not ended."""


@dataclass(frozen=True, slots=True)
class Change:
    """An event. `project`: who sees it, None: all; `person`: who alone does."""

    id: str
    name: str
    data: bytes
    project: str | None = None
    person: str = ""
    korean: bytes = b""
    """The data where some of it is our own words."""

    def seen_by(self, key: Key) -> bool:
        """Whether that is their affair."""
        return (key.admin or self.project in (None, key.project)) and self.person in ("", key.person)


_Seen = dict[str, tuple[Any, str | None, str]]
"""By the name of an event and an id: what is told, and to whom (project, person)."""


class Changes:
    """The events of one process. `follow` them; `close` at the end."""

    def __init__(self, looks: Looks) -> None:
        self._looks = looks
        self._begin()
        self._news, self._starting = asyncio.Condition(), asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._readers, self._left, self.closed = 0, 0.0, False

    def _begin(self) -> None:
        self._boot, self._number = token_hex(4), 0
        self._events: deque[Change] = deque(maxlen=HELD)
        self._version, self._seen = -1, _Seen()

    async def follow(self, key: Key, last: str, hello: bytes = b"{}") -> AsyncGenerator[Change | None]:
        """What changes from now on, or since the event `last`; None each time nothing did for a while.

        The first event is `hello`.
        """
        if self._readers >= READERS:
            told = f"{READERS} pages are open. Close one."
            raise Refusal(told, status=429, code="too_many_readers", retry_after=10.0)
        self._readers += 1
        try:
            async with self._starting:
                if self._task is None or self._task.done():
                    self._begin()
                    await self._look()
                    self._task = asyncio.create_task(self._watch())
            boot, _, number = last.partition("-")
            at = int(number) if boot == self._boot and number.isdecimal() else self._number
            yield Change(f"{self._boot}-{at}", "hello", hello)
            if last and boot != self._boot:
                yield self._told("reload")
            while not self.closed:
                missed = self._number - at
                if not 0 <= missed <= len(self._events):
                    at, missed = self._number, 0
                    yield self._told("reload")
                for change in list(self._events)[len(self._events) - missed :]:
                    at += 1
                    if change.seen_by(key):
                        yield change
                if at == self._number and not await self._more(at):
                    yield None
        finally:
            self._readers -= 1
            self._left = time.monotonic()

    async def close(self) -> None:
        """Nobody is told any more."""
        self.closed = True
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        async with self._news:
            self._news.notify_all()

    def _told(self, name: str) -> Change:
        return Change(f"{self._boot}-{self._number}", name, b"{}")

    async def _more(self, at: int) -> bool:
        """Whether something came within a few seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(5), self._news:
                await self._news.wait_for(lambda: self.closed or self._number > at)
                return True
        return False

    async def _watch(self) -> None:
        """For as long as there are readers, and a little longer."""
        while self._readers or time.monotonic() - self._left < LINGER:
            await asyncio.sleep(PAUSE)
            with suppress(SpoolError):  # the next look may be luckier
                await self._look()

    async def _look(self) -> None:
        first, before = self._version < 0, (self._version, self._seen)
        self._version, self._seen = await self._looks.look(lambda tx: _state(tx, *before))
        if first or before[0] == self._version:
            return
        changed = {name: told for name, told in self._seen.items() if before[1].get(name) != told}
        if len(changed) > HELD // 2:  # not worth telling one by one: whoever is behind reads everything
            self._number += HELD + 1
            self._events.clear()
            changed = {}
        threads = {told["thread_id"] for name, (told, *_) in changed.items() if name.startswith("run ")}
        changed |= await self._looks.look(lambda tx: _threads(tx, threads))
        for name, (told, project, person) in changed.items():
            self._number += 1
            id, reason = f"{self._boot}-{self._number}", told.get("why")
            korean = reason and _encoded({**told, "why": why(told["status"], reason["code"], "ko")})
            kind = name.partition(" ")[0]
            self._events.append(Change(id, kind, _encoded(told), project, person, korean or b""))
        async with self._news:
            self._news.notify_all()


def _encoded(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _state(tx: Execute, version: int, seen: _Seen) -> tuple[int, _Seen]:
    """What may change, as it is now; as it was where nobody has written since."""
    now = console.data_version(tx)
    if now == version:
        return version, seen
    state: _Seen = {
        f"run {row['id']}": (run_row(row), row["project"], "") for row in console.newest(tx, RECENT)
    }
    for id, (number, deleted, project) in console.states(tx).items():
        state[f"assistant {id}"] = ({"id": id, "version": number, "deleted": deleted}, project, "")
    waiting = console.asked(tx)
    asked = {one.id for one in waiting} | {
        name.partition(" ")[2] for name in seen if name.startswith("question ")
    }
    questions = console.asked(tx, asked) if asked else []
    for one, told in zip(questions, question_objects(tx, questions), strict=True):
        if (
            one.state == "waiting"
            or seen.get(f"question {one.id}", ({"state": ""},))[0]["state"] == "waiting"
        ):
            state[f"question {one.id}"] = (told, one.project, one.person)
    return now, state


def _threads(tx: Execute, ids: set[str]) -> _Seen:
    """Threads whose runs have changed."""
    found: Mapping[str, Any] = {
        id: console.threads(tx, View(None), Filters(thread=id), 1) for id in sorted(ids)
    }
    return {
        f"thread {id}": (thread_row(rows[0]), rows[0]["project"], "") for id, rows in found.items() if rows
    }
