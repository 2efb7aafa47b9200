"""The HTTP side of the Web API: authentication, limits, faults, and the record of every call."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate

from aiohttp import web

from standins.slack.faults import Fault, Faults
from standins.slack.identity import Identity
from standins.slack.limits import RateLimits
from standins.slack.methods import Method
from standins.slack.wire import ApiError, Json, arguments, bearer, refuse


@dataclass(slots=True)
class Call:
    """One call, recorded when it arrives. `at`, `done`: monotonic seconds.

    error: what the app was told (`dropped`: it was told nothing). ignored: arguments the method lacks.
    """

    method: str
    args: Json
    at: float
    error: str | None = None
    ignored: tuple[str, ...] = ()
    done: float | None = None


class Dropped(Exception):
    """The connection is cut in place of an answer."""


@dataclass
class Api:
    """`scopes` are those the app has now, `app_scopes` those of its app-level token.

    `ahead`: seconds by which Slack's clock is ahead of ours.
    """

    identity: Identity
    scopes: set[str]
    methods: Mapping[str, Method]
    limits: RateLimits
    ring: Callable[[], None]
    faults: Faults = field(default_factory=Faults)
    calls: list[Call] = field(default_factory=list)
    rate_limited: list[str] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    app_scopes: set[str] = field(default_factory=lambda: {"connections:write"})
    ahead: float = 0.0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        call = Call(request.match_info["method"], {}, time.monotonic())
        self.calls.append(call)
        try:
            response = await self._answer(request, call)
        except Dropped:
            call.error = "dropped"
            if request.transport is not None:
                request.transport.abort()
            response = web.Response()
        call.done = time.monotonic()
        self.ring()
        return response

    async def _answer(self, request: web.Request, call: Call) -> web.Response:
        fault: Fault | None = None
        try:
            call.args = await arguments(request)
            parameter = str(call.args.pop("token", ""))
            token = bearer(request) or parameter
            method = self._method(call, token)
            fault = self.faults.take(call.method)
            await asyncio.sleep(self.faults.delay(call.method))
            self._strike(fault, "before")
            if (wait := self._wait(call, method)) is not None:
                return self._refused(call, "ratelimited", 429, wait)
            method.check(call.args)
            body = {"ok": True, **method.run(call.args)}
            self._strike(fault, "after")
        except ApiError as error:
            call.error = error.error
            if fault is not None and error.error == fault.error:
                return self._refused(call, fault.error, fault.http_status, fault.retry_after)
            body = error.body()
        return self._response(body)

    def _method(self, call: Call, token: str) -> Method:
        method = self.methods.get(call.method)
        if method is None:
            raise ApiError("unknown_method")
        call.ignored = method.ignored(call.args)
        if method.token != "none":
            self._authenticate(token, method.token)
        granted = self.app_scopes if method.token == "app" else self.scopes
        if method.scope and method.scope not in granted:
            raise ApiError("missing_scope", needed=method.scope, provided=",".join(sorted(granted)))
        return method

    def _authenticate(self, token: str, kind: str) -> None:
        kinds = {self.identity.bot_token: "bot", self.identity.app_token: "app"}
        refuse(not token, "not_authed")
        refuse(token not in kinds, "invalid_auth")
        revoked = "token_revoked" if kinds[token] == "bot" else "invalid_auth"
        refuse(kinds[token] in self.revoked, revoked)
        refuse(kinds[token] != kind, "not_allowed_token_type")

    def _strike(self, fault: Fault | None, when: str) -> None:
        if fault is None or fault.when != when:
            return
        if fault.drop:
            raise Dropped
        raise ApiError(fault.error)

    def _wait(self, call: Call, method: Method) -> int | None:
        channel = str(call.args.get("channel", ""))
        wait = self.limits.admit(call.method, method.tier, channel, time.monotonic())
        if wait is not None:
            self.rate_limited.append(call.method)
        return wait

    def _refused(self, call: Call, error: str, status: int, retry_after: int) -> web.Response:
        call.error = error
        headers = {"Retry-After": str(retry_after)} if error == "ratelimited" else {}
        return self._response({"ok": False, "error": error}, status, headers)

    def _response(
        self, body: Json, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        return web.Response(
            body=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
            status=status,
            content_type="application/json",
            charset="utf-8",
            headers={
                "X-OAuth-Scopes": ",".join(sorted(self.scopes)),
                "Date": formatdate(time.time() + self.ahead, usegmt=True),
                **(headers or {}),
            },
        )
