"""How people stand in a network: asked for once, known for a day."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from core.concurrency import Background
from core.types import Standing

SECONDS: Final = 1.0
"""So long it may take to learn how somebody stands; unknown then is refused."""
DAY: Final = 86_400.0
SOON: Final = 600.0
"""The same of who is no member: they may have joined."""
MOST: Final = 10_000


class Standings:
    """`ask`: how a person stands, None where that cannot be told now; must not raise."""

    def __init__(self, ask: Callable[[str], Awaitable[Standing | None]]) -> None:
        self._ask, self._background = ask, Background()
        self._told: dict[str, tuple[Standing, float]] = {}
        self._asking: dict[str, asyncio.Task[Standing | None]] = {}

    def known(self, person: str) -> Standing | None:
        """How that person stands, if it was told; else it begins to be asked."""
        standing, until = self._told.get(person, (None, 0.0))
        if until > time.time():
            return standing
        if person not in self._asking:
            self._asking[person] = self._background.start(self._learn(person), "standing")
        return None

    async def standing(self, person: str) -> Standing | None:
        """The same once it is told; None where it is not within a second. Others who ask wait along."""
        if standing := self.known(person):
            return standing
        try:
            return await asyncio.wait_for(asyncio.shield(self._asking[person]), SECONDS)
        except TimeoutError:
            return None

    async def _learn(self, person: str) -> Standing | None:
        try:
            if standing := await self._ask(person):
                if len(self._told) >= MOST:
                    self._told.clear()
                self._told[person] = standing, time.time() + (DAY if standing.member else SOON)
            return standing
        finally:
            del self._asking[person]
