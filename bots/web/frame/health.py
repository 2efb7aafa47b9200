"""/livez and /readyz: whether the process turns, and whether what is sent to it would be kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from core.errors import Unsaved

FRESH: Final = 1.0
"""Seconds for which an answer of the database counts: nobody makes it write by asking."""

PATIENCE: Final = 2.0
"""Seconds that the database has for it."""


class Health:
    """`write` puts something into the database, or raises Unsaved. The port is bound once recovery began."""

    def __init__(self, write: Callable[[], Awaitable[object]], stopping: Callable[[], bool]) -> None:
        self._write, self._stopping = write, stopping
        self._at, self._fine = 0.0, False

    def register(self, app: web.Application) -> None:
        """Make their routes."""
        app.router.add_get("/livez", self._live)
        app.router.add_get("/readyz", self._ready)

    async def _live(self, request: web.Request) -> web.Response:
        return web.Response()

    async def _ready(self, request: web.Request) -> web.Response:
        if self._stopping():
            return web.Response(status=503)
        if time.monotonic() - self._at > FRESH or not self._at:
            self._at = time.monotonic()
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._write()
                self._fine = True
            except (Unsaved, TimeoutError):
                self._fine = False
        return web.Response(status=200 if self._fine else 503)
