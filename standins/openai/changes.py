"""Waiting for a state that others change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Changes:
    """`notify` after each change; `until` wakes up to look. Costs next to nothing while nobody waits."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    def notify(self) -> None:
        """Something changed."""
        for event in self._waiting:
            event.set()

    async def until(self, predicate: Callable[[], bool]) -> None:
        """Return as soon as `predicate()` holds."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            while not predicate():
                await event.wait()
                event.clear()
        finally:
            self._waiting.discard(event)
