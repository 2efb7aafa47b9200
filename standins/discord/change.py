"""Waiting for the world to be as a test expects, without polling."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_GLANCE = 0.05


class Changes:
    """Wakes those who wait, on every change or only on those of one channel."""

    def __init__(self) -> None:
        self._waiters: dict[str | None, set[asyncio.Future[None]]] = {}

    def touch(self, channel: str | None = None) -> None:
        """Something changed (in that channel)."""
        if self._waiters:
            self._wake(None)
            if channel is not None:
                self._wake(channel)

    async def until(self, predicate: Callable[[], T], channel: str | None = None) -> T:
        """The predicate's first true value. Waits for ever: the caller sets the limit.

        Without a channel it is also asked every 50 ms, for what changes outside of this world.
        """
        while True:
            if value := predicate():
                return value
            await self._next(channel)

    def _wake(self, key: str | None) -> None:
        for waiter in self._waiters.pop(key, ()):
            if not waiter.done():
                waiter.set_result(None)

    async def _next(self, key: str | None) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(key, set()).add(waiter)
        try:
            await asyncio.wait([waiter], timeout=_GLANCE if key is None else None)
        finally:
            if left := self._waiters.get(key):
                left.discard(waiter)
                if not left:
                    del self._waiters[key]
