"""Playing a script as the events of one response, in the order in which the API sends them."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Iterator
from typing import Any, Final

from bots.standins.openai.changes import Changes
from bots.standins.openai.draft import Draft
from bots.standins.openai.events import Break, Delta, Event, delta_middle, event
from bots.standins.openai.record import Request
from core.script import Beat, Fault, Say, Wait

_CATCH_UP: Final = 0.25
"""Seconds of lateness that later waits may make good; beyond it a busy machine just slows down."""


class Performance:
    """Plays `beats` into `draft`, keeping the times in `request`.

    `stuck`: stays queued for ever. In the background a broken connection does not end the script.
    """

    def __init__(
        self,
        draft: Draft,
        beats: Iterator[Beat],
        request: Request,
        changes: Changes,
        *,
        background: bool = False,
        stuck: bool = False,
        max_tokens: int | None = None,
    ) -> None:
        self._draft = draft
        self._beats = beats
        self._request = request
        self._changes = changes
        self._background = background
        self._stuck = stuck
        self._room = None if max_tokens is None else max_tokens * 4
        self._middle = delta_middle(draft.item_id)
        self._due = time.monotonic()
        self._numbers = itertools.count()

    async def events(self) -> AsyncGenerator[Event | Delta | Break]:
        """All events; ends with a terminal one, after a Break in the foreground, or never."""
        for opening in self._open():
            yield opening
        if self._stuck:
            await asyncio.Event().wait()
        yield self._begin()
        for beat in self._beats:
            if isinstance(beat, Wait):
                await self._wait(beat.seconds)
                continue
            if isinstance(beat, Say):
                for said in self._say(beat.text):
                    yield said
                if self._room != 0:
                    continue
                beat = Fault("incomplete", code="max_output_tokens")
            if beat.kind in ("cut", "silent"):
                yield Break("cut" if beat.kind == "cut" else "silent")
                if self._background:
                    continue
                return
            for closing in await self._end(beat):
                yield closing
            return
        for closing in self._complete():
            yield closing

    async def _wait(self, seconds: float) -> None:
        """Waits add up to what the script says: a late wake-up is caught up by the next wait."""
        now = time.monotonic()
        self._due = max(self._due, now - _CATCH_UP) + seconds
        await asyncio.sleep(max(0.0, self._due - now))

    def _begin(self) -> Event:
        self._draft.status = "in_progress"
        self._changes.notify()
        return self._whole("response.in_progress")

    def _say(self, text: str) -> list[Event | Delta]:
        said: list[Event | Delta] = [] if self._draft.chunks else [*self._open_item()]
        if self._room is not None:
            text = text[: self._room]
            self._room -= len(text)
        self._draft.chunks.append(text)
        self._request.tokens += 1
        if self._request.first_token_at is None:
            self._request.first_token_at = time.monotonic()
        self._changes.notify()
        said.append(Delta(next(self._numbers), self._middle, text))
        return said

    def _open(self) -> list[Event]:
        opening = [self._whole("response.created")]
        if self._background:
            opening.append(self._whole("response.queued"))
        return opening

    def _open_item(self) -> list[Event]:
        where = self._where()
        return [
            self._event("response.output_item.added", output_index=0, item=self._draft.item()),
            self._event("response.content_part.added", **where, part=self._draft.part()),
        ]

    def _close_item(self) -> list[Event]:
        if not self._draft.chunks:
            return []
        where, text = self._where(), self._draft.text
        return [
            self._event("response.output_text.done", **where, text=text, logprobs=[]),
            self._event("response.content_part.done", **where, part=self._draft.part()),
            self._event("response.output_item.done", output_index=0, item=self._draft.item()),
        ]

    def _complete(self) -> list[Event]:
        self._draft.complete()
        return [*self._close_item(), self._whole("response.completed")]

    async def _end(self, ill: Fault) -> list[Event]:
        if ill.kind == "hang":
            await asyncio.Event().wait()
        if ill.kind == "incomplete":
            self._draft.stop_short(ill.code)
            return [*self._close_item(), self._whole("response.incomplete")]
        if ill.kind == "refuse":
            raise ValueError("a script can refuse only as its first beat")
        self._draft.fail(ill.code)
        if ill.kind == "failed":
            return [self._whole("response.failed")]
        return [self._event("error", code=ill.code, message=f"The script errs: {ill.code}.", param=None)]

    def _where(self) -> dict[str, Any]:
        return {"item_id": self._draft.item_id, "output_index": 0, "content_index": 0}

    def _whole(self, name: str) -> Event:
        return self._event(name, response=self._draft.snapshot())

    def _event(self, name: str, **fields: Any) -> Event:
        return event(next(self._numbers), name, **fields)
