"""The one listening port: REST under /api/v10, attachments, and the gateway at the root."""

from __future__ import annotations

import asyncio

from aiohttp import web

from standins.discord.cdn import ROUTE as CDN
from standins.discord.cdn import Cdn
from standins.discord.gateway import Gateway
from standins.discord.request import REQUEST_LIMIT
from standins.discord.rest import BASE, Rest
from standins.discord.routes import ELSEWHERE, ROUTES

HOST = "127.0.0.1"


class Server:
    """Listens on one port, which stays the same over `pause` and `go_on`."""

    def __init__(self, rest: Rest, gateway: Gateway, cdn: Cdn, port: int) -> None:
        app = web.Application(client_max_size=REQUEST_LIMIT)
        for path in ("/", "/resume/"):
            app.router.add_get(path, gateway.serve)
        app.router.add_get(CDN, cdn.serve, allow_head=False)
        for route in (*ROUTES, *ELSEWHERE):
            app.router.add_route(route.method, BASE + route.path, rest.serve(route))
        self.port = port
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        self._site: web.TCPSite | None = None

    async def start(self) -> None:
        await self._runner.setup()
        await self.go_on()

    async def go_on(self) -> None:
        if self._site is None:
            self._site = web.TCPSite(self._runner, HOST, self.port)
            await self._site.start()
            self.port = self._runner.addresses[0][1]

    async def pause(self) -> None:
        """Stop listening and cut every connection."""
        if self._site is not None:
            site, self._site = self._site, None
            self._cut()
            await site.stop()
            await asyncio.sleep(0)
            self._cut()

    async def stop(self) -> None:
        await self.pause()
        await self._runner.cleanup()

    def _cut(self) -> None:
        server = self._runner.server
        for handler in server.connections if isinstance(server, web.Server) else ():
            if handler.transport is not None:
                handler.transport.abort()
