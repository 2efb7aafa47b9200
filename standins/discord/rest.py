"""The way of every REST request: faults, token, limits, body, handler, and the record of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from standins.discord.bucket import PASS, Buckets, Verdict
from standins.discord.change import Changes
from standins.discord.error import UNAUTHORIZED, ApiError
from standins.discord.fault import Fault, Faults
from standins.discord.request import Ask, Call, Files, Handler, Result, read_body

BASE = "/api/v10"
_BY_TOKEN_IN_PATH = ("/interactions/", "/webhooks/")


class Rest:
    """Wraps handlers. `invalid` counts replies 401, 403 and 429: 10,000 in 10 minutes is a ban."""

    def __init__(self, buckets: Buckets, changes: Changes, token_is_good: Callable[[str], bool]) -> None:
        self.calls: list[Call] = []
        self.rate_limited: list[Call] = []
        self.invalid = 0
        self.faults = Faults()
        self._buckets = buckets
        self._changes = changes
        self._token_is_good = token_is_good

    def wrap(self, template: str, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The aiohttp handler of one route."""

        async def respond(request: web.Request) -> web.StreamResponse:
            return await self._respond(request, template, handler)

        return respond

    async def _respond(self, request: web.Request, template: str, handler: Handler) -> web.StreamResponse:
        at, path = time.monotonic(), request.path.removeprefix(BASE)
        fault = self.faults.take(request.method, path)
        if delay := self.faults.delay_of(request.method, path):
            await asyncio.sleep(delay)
        body, files, problem = await _read(request)
        response: web.Response | None = None
        if fault is None or fault.when == "after":
            response = problem or await self._answer(request, template, handler, body, files)
        if fault is not None:
            response = None if fault.drop else _broken(fault)
        self._record(Call(request.method, path, body, at, 0 if response is None else response.status))
        if response is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return response

    async def _answer(
        self, request: web.Request, template: str, handler: Handler, body: Any, files: Files
    ) -> web.Response:
        verdict = PASS
        try:
            self._check_token(request)
            verdict = self._limit(request, template)
            if verdict.body is not None:
                return _reply(429, verdict.body, verdict.headers)
            result = await handler(Ask(request.match_info, request.query, body, files))
        except ApiError as error:
            return _reply(error.status, error.body(), verdict.headers)
        return _reply(204 if result is None else 200, result, verdict.headers)

    def _check_token(self, request: web.Request) -> None:
        if request.path.removeprefix(BASE).startswith(_BY_TOKEN_IN_PATH):
            return
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bot" or not self._token_is_good(token):
            raise ApiError(*UNAUTHORIZED)

    def _limit(self, request: web.Request, template: str) -> Verdict:
        if template.startswith(_BY_TOKEN_IN_PATH):
            return PASS
        verdict = self._buckets.take_global()
        if verdict.body is not None:
            return verdict
        return self._buckets.take((request.method, template), request.match_info.get("channel", ""))

    def _record(self, call: Call) -> None:
        self.calls.append(call)
        if call.status in (401, 403, 429):
            self.invalid += 1
        if call.status == 429:
            self.rate_limited.append(call)
        self._changes.touch()


async def _read(request: web.Request) -> tuple[Any, Files, web.Response | None]:
    """The body, or the refusal of a malformed one."""
    try:
        return *await read_body(request), None
    except ApiError as error:
        return {}, {}, _reply(error.status, error.body(), {})


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
