"""The way of every REST request: faults, token, limits, body, route, and the record of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from typing import Any

from aiohttp import web

from standins.discord.ask import Ask
from standins.discord.error import UNAUTHORIZED, ApiError
from standins.discord.request import Call, Fault, Files, read_body
from standins.discord.routes import Result, Route
from standins.discord.rules import PASS, Buckets, Verdict
from standins.discord.world import World

BASE = "/api/v10"
_BY_TOKEN_IN_PATH = ("/interactions/", "/webhooks/")


class Rest:
    """Answers requests by their routes."""

    def __init__(self, world: World, buckets: Buckets) -> None:
        self.calls: list[Call] = []
        self._world, self._buckets = world, buckets

    def serve(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:

        async def respond(request: web.Request) -> web.StreamResponse:
            return await self._respond(request, route)

        return respond

    async def _respond(self, request: web.Request, route: Route) -> web.StreamResponse:
        at, path, faults = time.monotonic(), request.path.removeprefix(BASE), self._world.faults
        fault = faults.take(request.method, path)
        if delay := faults.delay_of(request.method, path):
            await asyncio.sleep(delay)
        body, files, problem = await _read(request)
        response: web.Response | None = None
        if fault is None or fault.when == "after":
            response = problem or self._answer(request, route, body, files)
        if fault is not None:
            response = None if fault.drop else _broken(fault)
        self.calls.append(Call(request.method, path, body, at, 0 if response is None else response.status))
        self._world.changes.ring()
        if response is not None:
            response.headers["Date"] = formatdate(time.time() + self._world.ahead, usegmt=True)
        else:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return response

    def _answer(self, request: web.Request, route: Route, body: Any, files: Files) -> web.Response:
        verdict = PASS
        try:
            if not request.path.removeprefix(BASE).startswith(_BY_TOKEN_IN_PATH):
                self._check_token(request)
            if not route.path.startswith(_BY_TOKEN_IN_PATH):
                verdict = self._limit(request, route)
            if verdict.body is not None:
                return _reply(429, verdict.body, verdict.headers)
            form = dict(request.query) if request.method == "GET" else body
            ask = Ask(self._world, request.method, request.match_info, request.query, form, files)
            result = route.reply(ask)
        except ApiError as error:
            return _reply(error.status, error.body, verdict.headers)
        return _reply(204 if result is None else 200, result, verdict.headers)

    def _check_token(self, request: web.Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bot" or not self._world.admits(token):
            raise ApiError(UNAUTHORIZED)

    def _limit(self, request: web.Request, route: Route) -> Verdict:
        verdict = self._buckets.take_global()
        if verdict.body is None and route.limited:
            return self._buckets.take(f"{route.method} {route.path}", request.match_info["channel"])
        return verdict


async def _read(request: web.Request) -> tuple[Any, Files, web.Response | None]:
    try:
        return *await read_body(request), None
    except ApiError as error:
        return {}, {}, _reply(error.status, error.body, {})


def _reply(status: int, result: Result, headers: Mapping[str, str]) -> web.Response:
    """JSON with the exact content type clients compare with."""
    if result is None:
        return web.Response(status=status, headers=headers)
    raw = json.dumps(result, separators=(",", ":")).encode()
    return web.Response(status=status, body=raw, content_type="application/json", headers=headers)


def _broken(fault: Fault) -> web.Response:
    if not fault.via:
        return web.Response(status=fault.status, text="error code: 1015", content_type="text/plain")
    body: dict[str, object] = {"message": f"{fault.status}: ordered by a test", "code": fault.code}
    headers = {"Via": "1.1 google"}
    if fault.status == 429:
        body |= {"message": "You are being rate limited.", "retry_after": fault.retry_after, "global": False}
        headers["Retry-After"] = str(max(1, round(fault.retry_after)))
    return _reply(fault.status, body, headers)
