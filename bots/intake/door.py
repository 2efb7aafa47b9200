"""The door of a network: the rules, and how people stand there, asked for once and kept for a day."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from core.concurrency import Background
from core.policy.access import Access, Act, Verdict
from core.types import Standing

SECONDS: Final = 1.0
"""So long it may take to learn how somebody stands; unknown then is refused."""
DAY: Final = 86_400.0
SOON: Final = 600.0
"""The same of who is no member: they may have joined."""
MOST: Final = 10_000


class Door:
    """`ask`: how a person stands, None where that cannot be told now; must not raise."""

    def __init__(self, access: Access, ask: Callable[[str], Awaitable[Standing | None]]) -> None:
        self._access, self._ask, self._background = access, ask, Background()
        self._known: dict[str, tuple[Standing, float]] = {}
        self._asking: dict[str, asyncio.Task[Standing | None]] = {}

    def judge(self, act: Act) -> Verdict:
        """By what is known already."""
        standing, until = self._known.get(act.person, (None, 0.0))
        return self._access.authorize(replace(act, standing=standing if until > time.time() else None))

    async def decide(self, act: Act) -> Verdict:
        """As `judge`, and where that needs to know how the person stands, by what is told of it in time."""
        verdict = self.judge(act)
        if verdict.allowed is None:
            standing = await self.standing(act.person) or Standing(member=False)
            verdict = self._access.authorize(replace(act, standing=standing))
        return verdict

    async def standing(self, person: str) -> Standing | None:
        """How that person stands; None where it is not known in time. Whoever asks meanwhile waits for it."""
        standing, until = self._known.get(person, (None, 0.0))
        if until > time.time():
            return standing
        if person not in self._asking:
            self._asking[person] = self._background.start(self._learn(person), "standing")
        try:
            return await asyncio.wait_for(asyncio.shield(self._asking[person]), SECONDS)
        except TimeoutError:
            return None

    async def _learn(self, person: str) -> Standing | None:
        try:
            if standing := await self._ask(person):
                if len(self._known) >= MOST:
                    self._known.clear()
                self._known[person] = standing, time.time() + (DAY if standing.member else SOON)
            return standing
        finally:
            del self._asking[person]
