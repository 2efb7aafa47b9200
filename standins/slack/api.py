"""The HTTP side of the Web API: authentication, limits, faults, and the record of every call.

Limits: docs.slack.dev/apis/web-api/rate-limits (tiers 20/50/100; posting about one a second a channel).
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Literal

from aiohttp import web

from standins.slack.methods import Method
from standins.slack.wire import ApiError, Json, arguments, bearer, granted, refuse
from standins.slack.workspace import Identity

When = Literal["before", "after"]


@dataclass(frozen=True)
class Fault:
    """What the next call of a method meets. drop: the connection is cut instead of an answer. status: HTTP
    status; None means 429 for `ratelimited` and 200 for everything else, as Slack does.
    """

    error: str = "internal_error"
    retry_after: int = 1
    status: int | None = None
    when: When = "before"
    drop: bool = False

    @property
    def http_status(self) -> int:
        if self.status is not None:
            return self.status
        return 429 if self.error == "ratelimited" else 200


class Faults:
    """Planned faults, first planned first met; `*` stands for every method."""

    def __init__(self) -> None:
        self._planned: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._delays: dict[str, float] = {}

    def plan(self, method: str, fault: Fault, times: int) -> None:
        self._planned[method].extend([fault] * times)

    def clear(self) -> None:
        self._planned.clear()
        self._delays.clear()

    def take(self, method: str) -> Fault | None:
        for name in (method, "*"):
            if self._planned.get(name):
                return self._planned[name].popleft()
        return None

    def slow(self, method: str, seconds: float) -> None:
        self._delays[method] = seconds

    def delay(self, method: str) -> float:
        return self._delays.get(method, self._delays.get("*", 0.0))


POST_BURST, MINUTE = 3.0, 60.0


class RateLimits:
    """Answers how long to wait. Refused calls do not count."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self._windows: defaultdict[str, deque[float]] = defaultdict(deque)
        self._buckets: dict[str, tuple[float, float]] = {}

    def admit(self, method: str, tier: int, channel: str, now: float) -> int | None:
        """None: go on. Otherwise the whole seconds of Retry-After, at least 1."""
        if not self.enabled:
            return None
        wait = self._post_wait(channel, now) if tier == 0 else self._window_wait(method, tier, now)
        return None if wait <= 0 else max(1, math.ceil(wait))

    def _window_wait(self, method: str, tier: int, now: float) -> float:
        window = self._windows[method]
        while window and window[0] <= now - MINUTE:
            window.popleft()
        if len(window) >= tier:
            return window[0] + MINUTE - now
        window.append(now)
        return 0.0

    def _post_wait(self, channel: str, now: float) -> float:
        """One token a second."""
        tokens, since = self._buckets.get(channel, (POST_BURST, now))
        tokens = min(POST_BURST, tokens + now - since)
        self._buckets[channel] = (tokens - 1 if tokens >= 1 else tokens, now)
        return max(0.0, 1 - tokens)


@dataclass(slots=True)
class Call:
    """One call, recorded when it arrives. `at`, `done`: monotonic seconds. error: what the app was told
    (`dropped`: it was told nothing). ignored: arguments the method lacks.
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
        self._authenticate(token, method.token)
        granted(self.app_scopes if method.token == "app" else self.scopes, method.scope)
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
