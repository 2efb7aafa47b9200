"""The stand-in's time, of which a test may skip hours, and waiting for what changes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class Clock:
    """Unix seconds."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def now(self) -> float:
        """The time, with everything that was skipped."""
        return time.time() + self._skipped

    def skip(self, seconds: float) -> None:
        """From now on it is so much later."""
        self._skipped += seconds


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
