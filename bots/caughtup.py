"""Until when everything that was said on a platform is known: where reading what was missed begins.

The newest message is no such mark: one that arrives live would hide older ones that are still unread.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from core.errors import SpoolError
from core.inbox import Inbox
from core.types import Address

logger = logging.getLogger(__name__)
OVERLAP = 120.0
"""Seconds read again before the mark: longer than a dead connection goes unnoticed."""
RECENT = 3 * 86_400.0
"""Seconds: topics in which nobody asked anything for longer are not read."""
MOST = 200
TICK = 10.0


class CaughtUp:
    """The mark of one platform. `window`: seconds that are read back at most."""

    def __init__(self, inbox: Inbox, platform: str, window: float) -> None:
        self._inbox, self._platform, self._window = inbox, platform, window

    async def keep(
        self, read: Callable[[Address, float], Awaitable[None]], alive: Callable[[], bool] = lambda: True
    ) -> None:
        """Read every recent topic from the mark on, then move the mark while the connection is `alive`."""
        while True:
            try:
                await self._keep(read, alive)
            except SpoolError as error:
                logger.warning("%s not caught up, trying again", self._platform, extra={"error": str(error)})
                await asyncio.sleep(TICK)

    async def _keep(
        self, read: Callable[[Address, float], Awaitable[None]], alive: Callable[[], bool]
    ) -> None:
        began = time.time()
        stored = await self._inbox.fact(self._name)
        since = max((stored if isinstance(stored, float) else 0.0) - OVERLAP, began - self._window)
        for address in (await self._inbox.recent(self._platform, began - RECENT))[:MOST]:
            await read(address, since)
        await self._inbox.remember(self._name, began)
        while True:
            await asyncio.sleep(TICK)
            if alive():
                await self._inbox.remember(self._name, time.time())

    @property
    def _name(self) -> str:
        return f"{self._platform}:caught_up"
