"""A watch: the events of one run for whoever reads its stream, in the order they happened."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

MOST_BYTES: Final = 512 * 1024
"""Of events that nobody has read yet: a reader that far behind is cut off, and the run goes on."""
Event = tuple[str, bytes]
"""Its name, and its data as JSON."""


class Watch:
    """`async for name, data in watch`, until the run has ended or waits for its client.

    Told from the event loop only, and never blocks who tells.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._events: deque[Event] = deque()
        self._size, self._most = 0, most
        self._news = asyncio.Event()
        self._closed = False
        self.overrun = False
        """The reader was too slow: what came after that is lost to it."""

    def tell(self, name: str, data: bytes) -> None:
        """An event happened."""
        if self._closed:
            return
        if self._size + len(data) > self._most:
            self.overrun = True
            self._events.clear()
            self.close()
            return
        self._size += len(data)
        self._events.append((name, data))
        self._news.set()

    def close(self) -> None:
        """No more events will come."""
        self._closed = True
        self._news.set()

    def __aiter__(self) -> Watch:
        return self

    async def __anext__(self) -> Event:
        while not self._events:
            if self._closed:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        name, data = self._events.popleft()
        self._size -= len(data)
        return name, data


Fields = Mapping[str, Any]
"""What a client sent, checked for its shape by the adapter: only what it set is there."""
