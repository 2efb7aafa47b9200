"""What changes, as server-sent events. Whoever reads slowly is cut off; a page that comes back goes on."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Final

from aiohttp import web

from bots.version import version
from bots.web.frame.answers import encoded
from bots.web.page.gate import cookie_of, language_of
from bots.web.route import Call
from bots.web.stream import HEADERS, STALL, bound, cut
from core.api.console.changes import Changes
from core.api.console.sessions import Sessions

AGAIN: Final = 2000
"""Milliseconds until the browser tries again."""


async def answer(call: Call, changes: Changes, sessions: Sessions) -> web.StreamResponse:
    """Returns when the page has gone, or its session has ended."""
    request, response = call.request, web.StreamResponse(headers=HEADERS)
    cookie, last = cookie_of(request), request.headers.get("Last-Event-ID") or call.query["last_event_id"]
    hello, korean = encoded({"version": version()}), language_of(request) == "ko"
    try:
        async with aclosing(changes.follow(call.key, last, hello)) as following:
            async for change in following:
                if not response.prepared:
                    await response.prepare(request)
                    bound(request)
                    await send(response, b"retry: %d\n\n" % AGAIN)
                if await sessions.find(cookie) is None:
                    break
                if change is None:
                    await send(response, b": alive\n\n")
                    continue
                data = change.korean if korean and change.korean else change.data
                told = (change.id.encode(), change.name.encode(), data)
                await send(response, b"id: %s\nevent: %s\ndata: %s\n\n" % told)
    except ConnectionError:
        pass  # the page has gone
    except TimeoutError:
        cut(request)
    return response


async def send(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(STALL):
        await response.write(data)
