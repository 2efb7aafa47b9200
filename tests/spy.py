"""A web server that gives what a test tells it to, and remembers who asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from multidict import CIMultiDictProxy


@dataclass
class Spy:
    """`heard` is the headers of every request. `chunked`: no length is announced."""

    body: bytes = b"secret"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    chunked: bool = False
    heard: list[CIMultiDictProxy[str]] = field(default_factory=list)
    url: str = ""
    sent: int = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.heard.append(request.headers)
        if not self.chunked:
            return web.Response(body=self.body, status=self.status, headers=self.headers)
        response = web.StreamResponse(status=self.status, headers=self.headers)
        await response.prepare(request)
        for start in range(0, len(self.body), 1000):
            self.sent += 1
            await response.write(self.body[start : start + 1000])
        return response


@asynccontextmanager
async def spying(**how: object) -> AsyncIterator[Spy]:
    spy, app = Spy(**how), web.Application()  # type: ignore[arg-type]
    app.router.add_route("*", "/{path:.*}", spy.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    spy.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield spy
    finally:
        await runner.cleanup()
