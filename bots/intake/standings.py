"""How people stand in a network: asked for once, kept for a day; and what that decides."""

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


class Standings:
    """`ask`: how a person stands, None where that cannot be told now; must not raise."""

    def __init__(self, access: Access, ask: Callable[[str], Awaitable[Standing | None]]) -> None:
        self._access, self._ask, self._background = access, ask, Background()
        self._stands: dict[str, tuple[Standing, float]] = {}
        self._asking: dict[str, asyncio.Task[Standing | None]] = {}

    def judge(self, act: Act) -> Verdict:
        """By what is known already."""
        return self._access.authorize(self._known(act))

    async def decide(self, act: Act) -> Verdict:
        """As `judge`, and where that needs to know how the person stands, by what is told of it in time."""
        told = await self.learnt(act)
        if (verdict := self._access.authorize(told)).allowed is None:
            return self._access.authorize(replace(told, standing=Standing(member=False)))
        return verdict

    async def learnt(self, act: Act) -> Act:
        """With how the person stands, where that decides and can be told in time."""
        act = self._known(act)
        unknown = self._access.authorize(act).allowed is None
        return replace(act, standing=await self.standing(act.person)) if unknown else act

    def _known(self, act: Act) -> Act:
        standing, until = self._stands.get(act.person, (None, 0.0))
        return replace(act, standing=standing) if until > time.time() else act

    async def standing(self, person: str) -> Standing | None:
        """How that person stands; None where it is not known in time. Whoever asks meanwhile waits for it."""
        standing, until = self._stands.get(person, (None, 0.0))
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
                if len(self._stands) >= MOST:
                    self._stands.clear()
                self._stands[person] = standing, time.time() + (DAY if standing.member else SOON)
            return standing
        finally:
            del self._asking[person]
