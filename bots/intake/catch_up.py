"""Until when everything that was said on a platform is known: where reading what was missed begins.

The newest message is no such mark: one that arrives live would hide older ones that are still unread.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count
from typing import Final

from core.concurrency import Backoff, retry
from core.errors import SpoolError, Unsaved
from core.inbox import Inbox
from core.store.database import Chain
from core.types import Address

logger = logging.getLogger(__name__)
OVERLAP = 120.0
"""Seconds read again before the mark: longer than a dead connection goes unnoticed."""
RECENT = 3 * 86_400.0
"""Seconds: topics in which nobody asked anything for longer are not read."""
MOST_TOPICS = 200
TICK = 10.0
AGAIN: Final = Backoff(first=1.0, most=60.0)
"""Between the rounds over what could not be read."""


Read = Callable[[Address, float], Awaitable[None]]


class CatchUp:
    """The mark of one platform. `window`: seconds that are read back at most.

    `quick` topics are read at once, the others `pause` seconds apart: answers come first in the rate limit.
    `chain`: the mark says that all before it is stored.
    """

    def __init__(
        self,
        inbox: Inbox,
        platform: str,
        window: float,
        *,
        quick: int,
        pause: float,
        chain: Chain | None = None,
    ) -> None:
        self._inbox, self._platform, self._window = inbox, platform, window
        self._quick, self._pause, self._chain = quick, pause, chain

    async def keep(self, read: Read, alive: Callable[[], bool] = lambda: True) -> None:
        """Read every recent topic from the mark on, then move the mark while the connection is `alive`:
        what it brought until then is stored or in line.
        """
        began = time.time()
        await self._read_all(read, began)
        await self._mark(alive, began)
        try:
            while True:
                await asyncio.sleep(TICK)
                await self._mark(alive, time.time())
        finally:
            await self._mark(alive, time.time())

    async def _mark(self, alive: Callable[[], bool], at: float) -> None:
        if alive():
            with suppress(Unsaved):  # the next one may succeed
                await self._inbox.remember(self._name, at, self._chain)

    async def _begin(self, began: float) -> tuple[float, list[Address]]:
        """Since when is read, and which topics."""
        stored = await self._inbox.fact(self._name)
        topics = await self._inbox.recent(self._platform, began - RECENT)
        since = max((stored if isinstance(stored, float) else began) - OVERLAP, began - self._window)
        return since, topics[:MOST_TOPICS]

    async def _read_all(self, read: Read, began: float) -> None:
        """Every topic; one that cannot be read now holds up no other and is tried again."""
        since, left = await retry(lambda: self._begin(began), AGAIN, "catch-up", again=_unsaved)
        for rounds in count(1):
            met = {address: error for address in left if (error := await self._one(read, address, since))}
            if not met:
                return
            left = list(met)
            await asyncio.sleep(max(AGAIN.pause(rounds, error) for error in met.values()))

    async def _one(self, read: Read, address: Address, since: float) -> SpoolError | None:
        """What kept the topic from being read."""
        self._quick -= 1
        if self._quick < 0:
            await asyncio.sleep(self._pause)
        try:
            await read(address, since)
        except SpoolError as error:
            logger.info("%s topic not read, trying again", self._platform, extra={"error": str(error)})
            return error
        return None

    @property
    def _name(self) -> str:
        return f"{self._platform}:caught_up"


def _unsaved(error: SpoolError) -> bool:
    """Whether the database could not be asked for now."""
    return isinstance(error, Unsaved)
