"""The simulator's operations, beside the others under /console (docs/console-api.md)."""

from __future__ import annotations

import base64
import binascii
from contextlib import aclosing
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from bots.demo.simulator.feed import READERS
from bots.demo.simulator.simulator import Simulator
from bots.web.bodies.shared import Body
from bots.web.page.gate import cookie_of
from bots.web.page.live import AGAIN, send
from bots.web.route import EVENTS, NOTHING, Answer, Call, Route
from bots.web.stream import HEADERS, bound, cut
from core.api.console.sessions import Sessions
from core.api.refusal import Refusal

Platform = Literal["slack", "discord"]


class SentFile(Body):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    type: str = ""
    data: str


class Post(Body):
    platform: Platform
    channel: str
    person: str
    text: Annotated[str, Field(max_length=40_000)]
    thread: str | None = None
    files: Annotated[list[SentFile], Field(max_length=10, default_factory=list)]


class Press(Body):
    platform: Platform
    post: str
    button: str
    person: str


class Trouble(Body):
    kind: Literal["kill", "cut", "twice", "429", "500", "slow"]
    platform: Platform | None = None
    on: bool = True


def routes(simulator: Simulator, sessions: Sessions) -> tuple[Route, ...]:
    """All of them."""

    async def events(call: Call) -> Answer:
        return await _stream(call, simulator, sessions)

    async def post(call: Call) -> Answer:
        body = call.body
        if not body["text"].strip() and not body.get("files"):
            raise Refusal("There is nothing in it: give a text or a file.", param="text")
        files = [(one["name"], _bytes(one["data"]), one.get("type", "")) for one in body.get("files", ())]
        where = body["platform"], body["channel"]
        return await _done(
            simulator.post(where, body["person"], body["text"], body.get("thread") or "", files)
        )

    async def press(call: Call) -> Answer:
        body = call.body
        return await _done(simulator.press(body["platform"], body["post"], body["button"], body["person"]))

    async def trouble(call: Call) -> Answer:
        kind, platform = call.body["kind"], call.body.get("platform") or ""
        return await _done(simulator.trouble(kind, platform, call.body.get("on", True)))

    return (
        _route("GET", "events", events, "What people see on the demo's Slack and Discord", answer=EVENTS),
        _route("POST", "posts", post, "Write as a person of the demo", body=Post),
        _route("POST", "presses", press, "Press a button under a post", body=Press),
        _route("POST", "trouble", trouble, "Break something", body=Trouble),
    )


def _route(method: Literal["GET", "POST"], name: str, handle: Any, summary: str, **more: Any) -> Route:
    told = {"answer": NOTHING, **more}
    return Route(method, f"/api/simulator/{name}", handle, summary, base="/console", **told)


async def _done(act: Any) -> web.Response:
    """204. Raises Refusal for what is not there."""
    try:
        await act
    except LookupError as error:
        told = f"There is no {error} (any more)." if isinstance(error, KeyError) else str(error)
        raise Refusal(told, status=404, code="not_there") from None
    return web.Response(status=204)


def _bytes(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        raise Refusal("A file's `data` must be base64.", param="files", code="not_base64") from None


async def _stream(call: Call, simulator: Simulator, sessions: Sessions) -> web.StreamResponse:
    """Returns when the page has gone, or its session has ended."""
    request, response = call.request, web.StreamResponse(headers=HEADERS)
    cookie = cookie_of(request)
    if simulator.feed.readers >= READERS:
        raise Refusal(f"{READERS} pages are open. Close one.", status=429, code="too_many_readers")
    try:
        await response.prepare(request)
        bound(request)
        await send(response, b"retry: %d\n\n" % AGAIN)
        async with aclosing(simulator.feed.follow()) as following:
            async for told in following:
                if await sessions.find(cookie) is None:
                    break
                line = b"event: %s\ndata: %s\n\n" % (told[0].encode(), told[1]) if told else b": alive\n\n"
                await send(response, line)
    except ConnectionError:
        pass  # the page has gone
    except TimeoutError:
        cut(request)
    return response
