"""Something that takes a while to build: begun when it is first asked for, or ahead, and built once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Soon(Generic[T]):
    """`await soon()` gives what `build` built. A build that failed is tried again by the next who asks."""

    def __init__(self, build: Callable[[], Awaitable[T]], name: str) -> None:
        self._build, self._name = build, name
        self._task: asyncio.Task[T] | None = None

    def begin(self) -> asyncio.Task[T]:
        """Start building, if nobody has."""
        failed = self._task and self._task.done() and (self._task.cancelled() or self._task.exception())
        if self._task is None or failed:
            self._task = asyncio.ensure_future(self._work())
        return self._task

    async def _work(self) -> T:
        return await self._build()

    async def __call__(self) -> T:
        """The thing, once it is built."""
        return await asyncio.shield(self.begin())

    @property
    def built(self) -> T | None:
        """The thing if it is there already."""
        done = self._task is not None and self._task.done() and not self._task.cancelled()
        return self._task.result() if done and self._task and not self._task.exception() else None

    def cancel(self) -> None:
        """Nobody needs it any more."""
        if self._task:
            self._task.cancel()
