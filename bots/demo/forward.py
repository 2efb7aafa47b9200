"""What the demo's server hands on to the bot's process, and waits for while that is being started."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final, Protocol, Self

import aiohttp
from aiohttp import ClientConnectorError, ClientError, ClientResponse, ClientTimeout, hdrs, web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from bots.web.frame.errors import refused
from core.api.refusal import Refusal

PATIENCE: Final = 10.0
"""Seconds that a request waits for the bot."""
MOMENT: Final = 0.05
"""Seconds until a death that was met is known."""
OWN: Final = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te"),
        *("trailer", "transfer-encoding", "upgrade", "expect"),
    }
)
"""Headers that belong to one connection."""
_ADDED: Final = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
"""What aiohttp would say for a client that does not."""


class Bot(Protocol):
    """As much of `BotProcess` as is needed here."""

    @property
    def url(self) -> str: ...

    async def changed(self) -> None: ...


class Forwarder:
    """Hands requests on as they are, and answers back as they come. `async with` it."""

    def __init__(self, bot: Bot, patience: float = PATIENCE) -> None:
        self._bot, self._patience = bot, patience

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=0, force_close=True)  # none that a death has made useless
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_ADDED,
            timeout=ClientTimeout(total=None),
        )
        self._session._retry_connection = False
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The bot's answer. Raises Refusal where there is none in time."""
        try:
            answer = await self.ask(request)
        except ClientError:
            return _unknown()
        async with answer:
            return await handed_back(request, answer)

    async def ask(self, request: web.Request) -> ClientResponse:
        """The begin of the bot's answer. Raises ClientError where it had the request and died.

        What was not sent yet is sent to the next process; what was, only where it changes nothing.
        """
        repeatable = request.method in ("GET", "HEAD") and not request.can_read_body
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        with contextlib.suppress(TimeoutError):
            while loop.time() < until:
                async with asyncio.timeout_at(until):
                    url = await self._there()
                try:
                    return await self._sent(request, url)
                except ClientError as error:
                    if not repeatable and not isinstance(error, ClientConnectorError):
                        raise
                await asyncio.sleep(MOMENT)
        told = "The bot is being started, which takes longer than it should. Try it again in a moment."
        raise Refusal(told, status=503, code="bot_starting", retry_after=1.0)

    async def _there(self) -> str:
        while not (url := self._bot.url):
            await self._bot.changed()
        return url

    async def _sent(self, request: web.Request, url: str) -> ClientResponse:
        """With every header that is not of the connection: Host and Origin are those of the browser."""
        return await self._session.request(
            request.method,
            URL(url + request.rel_url.raw_path_qs, encoded=True),
            headers=_kept(request.headers),
            data=_body(request) if request.can_read_body else None,
            allow_redirects=False,
        )


async def _body(request: web.Request) -> AsyncIterator[bytes]:
    async for part in request.content.iter_any():
        yield part


def _kept(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    named = {one.strip().lower() for one in headers.get(hdrs.CONNECTION, "").split(",")} | OWN
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in named)


async def handed_back(request: web.Request, answer: ClientResponse) -> web.StreamResponse:
    """Part by part as it comes. One that breaks off breaks off for the client, too, who sees that by it.

    The page's events just end: a browser asks for the rest by itself, and complains of what breaks off.
    """
    response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=_kept(answer.headers))
    await response.prepare(request)
    goes_on = request.path.startswith("/console/") and answer.content_type == "text/event-stream"
    parts = answer.content.iter_any()
    while True:
        try:
            part = await anext(parts, b"")
        except (ClientError, asyncio.IncompleteReadError):
            if request.transport and not goes_on:
                request.transport.close()
            return response
        if not part:
            return response
        await response.write(part)


def _unknown() -> web.Response:
    """Of a request that may have changed something, or not."""
    told = (
        "The bot's process ended while it had this request, so it may have been carried out or not. "
        "Look whether it was before you send it again."
    )
    answer = refused(Refusal(told, status=502, code="bot_ended"))
    answer.headers["x-should-retry"] = "false"  # the API's own clients ask again by themselves otherwise
    return answer
