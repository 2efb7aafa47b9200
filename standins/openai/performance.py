"""Playing a script as the events of one response, in the API's order; and the responses a server keeps."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final, Literal

from standins.local import Changes
from standins.openai.events import Break, Delta, Event, closing, delta_middle, event, opening
from standins.openai.response import Draft, Request
from standins.script.output import Added, Cited, Done, Move, Said, arguments_of
from standins.script.script import Beat, Call, Doing, Fault, Hosted, Reason, Say, Wait
from standins.script.tokens import THOUGHT

_CATCH_UP: Final = 0.25
"""Seconds of lateness that later waits may make good; beyond it a busy machine just slows down."""


class Performance:
    """Plays `beats` into `draft`, keeping the times in `request`. `stuck`: stays queued for ever. In the
    background a broken connection does not end the script.
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
        self._draft, self._beats, self._request = draft, beats, request
        self._changes, self._background, self._stuck = changes, background, stuck
        self._room, self._middle = None if max_tokens is None else max_tokens * 4, ""
        none = request.body.get("tool_choice") == "none"
        self._calls: int | None = 0 if none else request.body.get("max_tool_calls")
        self.over: Callable[[], None] = lambda: None
        """Told once the terminal event is there."""
        self._due, self._numbers = time.monotonic(), itertools.count()

    async def events(self) -> AsyncGenerator[Event | Delta | Break]:
        """All events; ends with a terminal one, after a Break in the foreground, or never."""
        for first in self._open():
            yield first
        if self._stuck:
            await asyncio.Event().wait()
        yield self._begin()
        for beat in self._beats:
            if isinstance(beat, Hosted) and not self._may_call():
                continue
            if self._too_long(beat):
                beat = Fault("incomplete", code="max_output_tokens")
            if not isinstance(beat, Fault):
                for move in self._moves(beat):
                    if isinstance(move, Wait):
                        await self._wait(move.seconds)
                    else:
                        for event in self._moved(move):
                            yield event
                if self._room != 0:
                    continue
                beat = Fault("incomplete", code="max_output_tokens")
            if beat.kind in ("cut", "silent"):
                yield Break("cut" if beat.kind == "cut" else "silent")
                if self._background:
                    continue
                return
            ends = await self._end(beat)
            self.over()
            for last in ends:
                yield last
            return
        ends = self._complete()
        self.over()
        for last in ends:
            yield last

    def _moves(self, beat: Doing | Wait) -> Iterable[Move]:
        if isinstance(beat, Wait):
            return [beat]
        return self._draft.output.play(self._fitting(beat) if isinstance(beat, Say) else beat)

    async def _wait(self, seconds: float) -> None:
        """Waits add up to what the script says: a late wake-up is caught up by the next wait."""
        now = time.monotonic()
        self._due = max(self._due, now - _CATCH_UP) + seconds
        await asyncio.sleep(max(0.0, self._due - now))

    def _begin(self) -> Event:
        self._draft.status = "in_progress"
        self._changes.ring()
        return self._whole("response.in_progress")

    def _may_call(self) -> bool:
        """Whether the request lets the model use another of the server's tools: else that is ignored."""
        if self._calls is not None:
            self._calls -= 1
        return self._calls is None or self._calls >= 0

    def _too_long(self, beat: Beat) -> bool:
        """Whether `max_output_tokens` leaves no room for what the model thinks or calls."""
        if self._room is None or not isinstance(beat, Reason | Call):
            return False
        self._room -= THOUGHT * 4 if isinstance(beat, Reason) else len(arguments_of(beat))
        return self._room < 0

    def _fitting(self, beat: Say) -> Say:
        """As much of the text as `max_output_tokens` leaves room for."""
        if self._room is None:
            return beat
        beat = Say(beat.text[: self._room])
        self._room -= len(beat.text)
        return beat

    def _delta(self, said: Said) -> Delta:
        self._request.tokens += 1
        if self._request.first_token_at is None:
            self._request.first_token_at = time.monotonic()
        self._changes.ring()
        return Delta(next(self._numbers), self._middle, said.text)

    def _moved(self, move: Added | Said | Cited | Done) -> Iterator[Event | Delta]:
        if isinstance(move, Said):
            yield self._delta(move)
            return
        if isinstance(move, Cited):
            where = {"item_id": move.item, "output_index": move.index, "content_index": 0}
            cited = {"annotation_index": move.number, "annotation": move.annotation}
            yield self._event("response.output_text.annotation.added", **where, **cited)
            return
        if isinstance(move, Added):
            yield self._event("response.output_item.added", output_index=move.index, item=move.item)
            self._middle = delta_middle(move.item["id"], move.index)
        where = {"item_id": move.item["id"], "output_index": move.index}
        for name, fields in (opening if isinstance(move, Added) else closing)(move.item):
            yield self._event(f"response.{name}", **where, **fields)
        if isinstance(move, Done):
            yield self._event("response.output_item.done", output_index=move.index, item=move.item)

    def _open(self) -> list[Event]:
        opening = [self._whole("response.created")]
        if self._background:
            opening.append(self._whole("response.queued"))
        return opening

    def _closed(self, status: Literal["completed", "incomplete"]) -> list[Event | Delta]:
        moves = [move for move in self._draft.output.close(status) if isinstance(move, Done)]
        return [*(event for move in moves for event in self._moved(move)), self._whole(f"response.{status}")]

    def _complete(self) -> list[Event | Delta]:
        self._draft.complete()
        return self._closed("completed")

    async def _end(self, ill: Fault) -> list[Event | Delta]:
        if ill.kind == "hang":
            await asyncio.Event().wait()
        if ill.kind == "incomplete":
            self._draft.stop_short(ill.code)
            return self._closed("incomplete")
        if ill.kind == "refuse":
            raise ValueError("a script can refuse only as its first beat")
        self._draft.fail(ill.code, ill.message, billed=ill.kind == "failed")
        if ill.kind == "failed":
            return [self._whole("response.failed")]
        return [
            self._event(
                "error", code=ill.code, message=ill.message or f"The script errs: {ill.code}.", param=None
            )
        ]

    def _whole(self, name: str) -> Event:
        return self._event(name, response=self._draft.snapshot())

    def _event(self, name: str, **fields: Any) -> Event:
        return event(next(self._numbers), name, **fields)


class StoredResponse:
    """`events[n]` has sequence number n. `streamed`: created with `stream=true`, so it may be followed."""

    def __init__(self, draft: Draft, request: Request) -> None:
        self.draft, self.request = draft, request
        self.background = bool(request.body.get("background"))
        self.streamed, self.created_at = bool(request.body.get("stream")), time.monotonic()
        self.events: list[Event | Delta] = []
        self.deleted, self.cancelled = False, False
        self._breaks: list[tuple[int, Break]] = []
        self._over, self._changes = not self.background, Changes()
        self._task: asyncio.Task[None] | None = None

    @property
    def id(self) -> str:
        return self.draft.id

    @property
    def status(self) -> str:
        """In the API's words: queued, in_progress, completed, failed, cancelled, incomplete."""
        return self.draft.status

    def start(self, performance: Performance, seen: Changes) -> None:
        self._task = asyncio.create_task(self._play(performance, seen), name=f"standin {self.id}")

    async def _play(self, performance: Performance, seen: Changes) -> None:
        try:
            async for event in performance.events():
                if isinstance(event, Break):
                    self._breaks.append((len(self.events), event))
                else:
                    self.events.append(event)
                self._changes.ring()
            self.request.finished_at = time.monotonic()
        finally:
            self._over = True
            self._changes.ring()
            seen.ring()

    async def follow(self, after: int = -1) -> AsyncGenerator[Event | Delta | Break]:
        """Events with a greater sequence number than `after`, the future ones as they come. A break of the
        connection is seen only by those who were listening when it happened.
        """
        place, breaks = after + 1, len(self._breaks)
        while True:
            if breaks < len(self._breaks) and self._breaks[breaks][0] <= place:
                yield self._breaks[breaks][1]
                breaks += 1
            elif place < len(self.events):
                yield self.events[place]
                place += 1
            elif self._over:
                return
            else:
                await self._changes.until(partial(self._news, place, breaks))

    def _news(self, place: int, breaks: int) -> bool:
        return self._over or place < len(self.events) or breaks < len(self._breaks)

    async def cancel(self) -> None:
        """Stop generating; nothing to do when it is over. Streams of it end without a terminal event."""
        if self._over:
            return
        self.draft.status = "cancelled"
        self.cancelled = True
        await self.stop()

    async def delete(self) -> None:
        self.deleted = True
        await self.stop()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
