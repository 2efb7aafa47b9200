"""The application that is made of the table of routes, and the way of a request to its handler."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from aiohttp import hdrs, web

from bots.web.bodies.shared import Query
from bots.web.frame import old
from bots.web.frame.access import Access
from bots.web.frame.answers import reply
from bots.web.frame.errors import WHO
from bots.web.frame.reading import Reading, plain, query_of
from bots.web.frame.shapes import checked
from bots.web.page.gate import Gate
from bots.web.route import EVENTS, Call, Route


class NoQuery(Query):
    """Where nothing may stand behind the `?`."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a request passes before its handler."""

    access: Access
    reading: Reading
    gate: Gate | None = None
    """Of the page, where that is served."""


def register(app: web.Application, routes: Sequence[Route], frame: Frame) -> None:
    """Make the router of the table."""
    for route in routes:
        handler = partial(_handle, route, frame)
        app.router.add_route(route.method, route.address, handler, expect_handler=_expect)
        if route.method == hdrs.METH_GET and route.answer != EVENTS:
            app.router.add_route(hdrs.METH_HEAD, route.address, handler)


async def _handle(route: Route, frame: Frame, request: web.Request) -> web.StreamResponse:
    with contextlib.ExitStack() as admitted:
        if route.base == "/v1":
            key = await frame.access.key_of(request)
            admitted.enter_context(frame.access.admitted(key))
        else:
            assert frame.gate is not None
            key = await frame.gate.key_of(request, open=route.open)
            admitted.enter_context(frame.gate.admitted(key))
        request[WHO] = key.name
        is_old = old.speaks(request.headers.getall("OpenAI-Beta", ()))
        query = checked(route.query or NoQuery, query_of(request))
        body = {}
        if route.body:
            sent = await frame.reading.object(request)
            body = checked(route.body, old.incoming(sent) if is_old else sent)
        ids = {name: plain(id) for name, id in request.match_info.items()}
        call = Call(request, route, key, ids, query, body, old=is_old)
        answer = await route.handle(call)
        if isinstance(answer, web.StreamResponse):
            return answer
        headers = {name: value for name, value in call.headers.items() if value}
        return reply(old.outgoing(answer) if is_old else answer, headers=headers)


async def _expect(request: web.Request) -> None:
    """A client that asks first whether to send its body is told to; other expectations mean nothing here."""
    if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue" and request.transport:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
