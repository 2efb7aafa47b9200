"""The stand-in as a server on 127.0.0.1: start and stop it, cut its connections, take it offline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self

from aiohttp import web

from standins.openai.endpoints import Endpoints
from standins.openai.service import Service

_HOST = "127.0.0.1"


class OpenAIStandin(Service):
    """`async with OpenAIStandin(script) as api:` gives a server at `api.base_url`; see `Service`."""

    _runner: web.AppRunner | None = None
    _site: web.TCPSite | None = None
    _port = 0

    @property
    def base_url(self) -> str:
        """For `OPENAI_BASE_URL`; known once started, and the same after going offline and online."""
        return f"http://{_HOST}:{self._port}/v1"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen on a free port."""
        self._runner = web.AppRunner(
            Endpoints(self).application(), handler_cancellation=True, access_log=None, shutdown_timeout=2
        )
        await self._runner.setup()
        await self.go_online()

    async def stop(self) -> None:
        """Close every connection and end every generation."""
        await self.go_offline()
        for stored in self.responses.values():
            await stored.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def go_online(self) -> None:
        """Listen again, on the same port; nothing to do when it does."""
        if self._runner is None or self._site is not None:
            return
        self._site = web.TCPSite(self._runner, _HOST, self._port, reuse_address=True, backlog=1024)
        await self._site.start()
        self._port = self._site.port

    async def go_offline(self) -> None:
        """Refuse connections and break the open ones; background responses go on."""
        if self._site is None or self._runner is None or self._runner.server is None:
            return
        await self._site.stop()
        self._site = None
        for connection in self._runner.server.connections:
            if connection.transport is not None:
                connection.transport.abort()
        await self.changes.until(lambda: not self.live)

    async def cut(self) -> None:
        """Break the connection of every open stream, without a word of HTTP."""
        for transport in tuple(self.live):
            transport.abort()
        await self.changes.until(lambda: not self.live)

    async def until(self, predicate: Callable[[], bool], timeout: float = 5) -> None:
        """Return as soon as `predicate()` holds; it is asked again after everything that happens here.

        Raises TimeoutError after `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            await self.changes.until(predicate)
