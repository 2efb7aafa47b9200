"""What every stand-in is made of: a port of 127.0.0.1, waiting for what changes, and bytes that break off."""

from __future__ import annotations

import asyncio
import mimetypes
import os
import random
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import cache
from itertools import cycle
from typing import Any, Self, TypeVar

from aiohttp import web

HOST = "127.0.0.1"
PORTS = range(20_000, 32_768)
"""Below those that a system gives to outgoing connections and to port 0: only who asks by number gets one."""
SHARES = 16
"""Of them, for processes beside each other."""
T = TypeVar("T")


def free_port() -> int:
    """One on which nobody listens, and none that was given lately: it is bound only later."""
    for port in _ports(os.getpid()):
        with socket.socket() as tried:
            if tried.connect_ex((HOST, port)):
                return port
    raise OSError("every port is in use")  # not reached: the ports go round


@cache
def _ports(process: int) -> Iterator[int]:
    """Those of one process, round and round: what two processes choose at the same moment is seldom the same.
    Never seeded: test processes would all choose alike.
    """
    own = list(PORTS[process % SHARES :: SHARES])
    random.SystemRandom().shuffle(own)
    return cycle(own)


class Local(ABC):
    """`async with` starts and stops it."""

    @abstractmethod
    async def start(self) -> None:
        """Listen; addresses are known from here on."""

    @abstractmethod
    async def stop(self) -> None: ...

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


class Server:
    """Serves an application on a port that stays the same over `refuse` and `listen`; 0 finds a free one."""

    def __init__(self, app: web.Application, port: int = 0, **runner: Any) -> None:
        self.port, self._runner = port or free_port(), web.AppRunner(app, access_log=None, **runner)
        self._listener: asyncio.Server | None = None

    async def start(self) -> None:
        await self._runner.setup()
        await self.listen()

    async def listen(self) -> None:
        """Accept connections (again). No effect when it does."""
        if self._listener is None and (server := self._runner.server) is not None:
            loop = asyncio.get_running_loop()
            self._listener = await loop.create_server(server, HOST, self.port, backlog=1024)

    async def refuse(self) -> None:
        """Refuse connections and break those that are open."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self._cut()
        await asyncio.sleep(0)
        self._cut()  # what was being accepted

    async def stop(self) -> None:
        await self.refuse()
        await self._runner.cleanup()

    def _cut(self) -> None:
        server = self._runner.server
        for connection in list(server.connections) if isinstance(server, web.Server) else ():
            if connection.transport is not None:
                connection.transport.abort()


class Changes:
    """`ring` after each change; `until` wakes up to look. Costs next to nothing while nobody waits. `glance`:
    who waits for no `key` also looks every so many seconds, for what changes elsewhere.
    """

    def __init__(self, glance: float | None = None) -> None:
        self._glance = glance
        self._waiting: dict[str | None, set[asyncio.Future[None]]] = {}

    def ring(self, key: str | None = None) -> None:
        """Something changed; with a `key`, also for those who wait only for that."""
        if self._waiting:
            for waiter in [w for one in {None, key} for w in self._waiting.pop(one, ())]:
                if not waiter.done():
                    waiter.set_result(None)

    async def until(
        self,
        predicate: Callable[[], T],
        timeout: float | None = None,
        describe: Callable[[], str] = str,
        key: str | None = None,
    ) -> T:
        """The predicate's first true value. TimeoutError with what `describe` says."""
        try:
            async with asyncio.timeout(timeout):
                while not (value := predicate()):
                    await self._next(key)
                return value
        except TimeoutError:
            raise TimeoutError(f"not true within {timeout} s\n{describe()}") from None

    async def _next(self, key: str | None) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, set()).add(waiter)
        try:
            if key is None and self._glance is not None:
                await asyncio.wait([waiter], timeout=self._glance)
            else:
                await waiter
        finally:
            if left := self._waiting.get(key):
                left.discard(waiter)
                if not left:
                    del self._waiting[key]


async def break_off(request: web.Request, content: bytes, *, halfway: bool) -> web.StreamResponse:
    """The connection is cut: at once, or `halfway` through the content."""
    response = web.StreamResponse(headers={"Content-Length": str(len(content))})
    if halfway and content:
        await response.prepare(request)
        await response.write(content[: len(content) // 2])
    if request.transport is not None:
        request.transport.abort()
    return response


def guessed(name: str) -> str:
    """The MIME type that a name promises."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
