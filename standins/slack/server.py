"""The listening port: it can go away and come back with the same number."""

from __future__ import annotations

import asyncio

from aiohttp import web


class Server:
    """Serves an application on 127.0.0.1, on an ephemeral port that it keeps for life."""

    def __init__(self, app: web.Application) -> None:
        self.port = 0
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        self._listener: asyncio.Server | None = None

    async def start(self) -> None:
        await self._runner.setup()
        await self.listen()

    async def listen(self) -> None:
        """Accept connections (again). No effect when it does."""
        if self._listener is not None:
            return
        assert self._runner.server is not None
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._runner.server, "127.0.0.1", self.port, backlog=512)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Refuse connections and break those that are open."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        assert self._runner.server is not None
        for connection in list(self._runner.server.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await asyncio.sleep(0)

    async def stop(self) -> None:
        await self.refuse()
        await self._runner.cleanup()
