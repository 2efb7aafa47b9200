"""The door: how many connections there may be, so that the chats always find sockets and files, too."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

MOST: Final = 1000
"""Connections at once, where this process may open twice as many files."""
FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Door(web.AppRunner):
    """At the limit a connection without a request makes room, the one that came first; else nobody is let in.

    So connections that never say what they want (or too slowly) take nothing from those that do.
    """

    def __init__(self, app: web.Application, most: int = MOST, **settings: Any) -> None:
        app.middlewares.append(self._counted)
        super().__init__(app, **settings)
        self._busy: set[object] = set()
        self._most = min(most, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)

    @property
    def server(self) -> Any:
        """What a site asks for the protocol of each new connection."""
        return self._let_in if super().server else None

    def _let_in(self) -> asyncio.BaseProtocol:
        server: Any = super().server
        if len(server.connections) >= self._most:
            idle = (one for one in server.connections if one.transport and one not in self._busy)
            if (first := next(idle, None)) is None:
                return _Full()
            first.force_close()
        made: asyncio.BaseProtocol = server()
        return made

    @web.middleware
    async def _counted(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._busy.add(request.protocol)
        try:
            return await handler(request)
        finally:
            self._busy.discard(request.protocol)


class _Full(asyncio.Protocol):
    """Says so, and hangs up."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(FULL)
        transport.close()
