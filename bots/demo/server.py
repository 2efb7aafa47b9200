"""The demo's server, at the address that is printed: page and simulator, while the bot is dead, too.

All else is the bot's, and handed on to its process.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any, Final

from aiohttp import hdrs, web

from bots.demo.forward import Forwarder, handed_back
from bots.version import version
from bots.web.frame.access import Access, host_allowed
from bots.web.frame.answers import reply
from bots.web.frame.errors import framed, told_id
from bots.web.frame.openapi import document
from bots.web.frame.port import hosts, opened
from bots.web.frame.reading import MOST_BYTES, Reading
from bots.web.frame.router import Frame, register
from bots.web.page.gate import PER_MINUTE, Gate, page_only
from bots.web.page.shell import Shell
from bots.web.route import Route
from core.api.console.sessions import Sessions
from core.settings import Settings
from core.settings.http import listening

OWN_FIRST: Final = ("/console/api/{path:.*}", "/console/login", "/console/logout")
"""The bot's, though all else under /console/ are files of the page."""
DOCUMENT: Final = "/v1/openapi.json"


@contextlib.asynccontextmanager
async def served(
    settings: Settings, sessions: Sessions, routes: Sequence[Route], forwarder: Forwarder
) -> AsyncIterator[str]:
    """While this is entered the address of the settings answers; gives its URL. `routes`: the simulator's."""
    where = listening(settings.http)
    assert where
    allowed = partial(host_allowed, hosts=hosts(settings, where))
    app = web.Application(middlewares=[framed(allowed), page_only], client_max_size=MOST_BYTES)
    app.on_response_prepare.append(_told_id)
    access = Access(sessions.find, PER_MINUTE)
    register(app, routes, Frame(access, Reading(), Gate(sessions, access)))
    app.router.add_get(DOCUMENT, partial(_described, document(routes, version=version()), forwarder))
    for path in OWN_FIRST:
        app.router.add_route(hdrs.METH_ANY, path, forwarder.answer)
    (await asyncio.to_thread(Shell)).register(app)
    app.router.add_route(hdrs.METH_ANY, "/{path:.*}", forwarder.answer)
    async with opened(app, where, auto_decompress=False) as url:
        yield url


async def _told_id(request: web.Request, response: web.StreamResponse) -> None:
    """The bot's answers have an id of the bot's."""
    if "x-request-id" not in response.headers:
        await told_id(request, response)


async def _described(more: dict[str, Any], forwarder: Forwarder, request: web.Request) -> web.StreamResponse:
    """The bot's document, with the simulator's operations in it."""
    async with await forwarder.ask(request) as answer:
        if answer.status != 200:
            return await handed_back(request, answer)
        found = await answer.json()
    found["paths"] |= more["paths"]
    found["components"]["schemas"] |= more["components"]["schemas"]
    return reply(found)
