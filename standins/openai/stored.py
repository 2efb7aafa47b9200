"""A response the server keeps: it can be fetched, followed, cancelled and deleted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from functools import partial

from standins.openai.clock import Changes
from standins.openai.events import Break, Delta, Event
from standins.openai.performance import Performance
from standins.openai.response import Draft, Request


class StoredResponse:
    """`events[n]` has sequence number n. `streamed`: created with `stream=true`, so it may be followed."""

    def __init__(self, draft: Draft, request: Request) -> None:
        self.draft = draft
        self.request = request
        self.background = bool(request.body.get("background"))
        self.streamed = bool(request.body.get("stream"))
        self.created_at = time.monotonic()
        self.events: list[Event | Delta] = []
        self.deleted = False
        self.cancelled = False
        self._breaks: list[tuple[int, Break]] = []
        self._over = not self.background
        self._changes = Changes()
        self._task: asyncio.Task[None] | None = None

    @property
    def id(self) -> str:
        """The response id."""
        return self.draft.id

    @property
    def status(self) -> str:
        """In the API's words: queued, in_progress, completed, failed, cancelled, incomplete."""
        return self.draft.status

    def start(self, performance: Performance, seen: Changes) -> None:
        """Generate, whoever listens."""
        self._task = asyncio.create_task(self._play(performance, seen), name=f"standin {self.id}")

    async def _play(self, performance: Performance, seen: Changes) -> None:
        try:
            async for event in performance.events():
                if isinstance(event, Break):
                    self._breaks.append((len(self.events), event))
                else:
                    self.events.append(event)
                self._changes.notify()
            self.request.finished_at = time.monotonic()
        finally:
            self._over = True
            self._changes.notify()
            seen.notify()

    async def follow(self, after: int = -1) -> AsyncGenerator[Event | Delta | Break]:
        """Events with a greater sequence number than `after`, the future ones as they come.

        A break of the connection is seen only by those who were listening when it happened.
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
        """Forget it, and stop generating."""
        self.deleted = True
        await self.stop()

    async def stop(self) -> None:
        """End the generation."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
