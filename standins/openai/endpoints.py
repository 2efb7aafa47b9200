"""The HTTP face: routes, keys, bodies, streams."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Final
from uuid import uuid4

from aiohttp import web

from standins.openai.body import body as read
from standins.openai.container_routes import ContainerRoutes
from standins.openai.draft import Draft
from standins.openai.events import Break, Delta, Event
from standins.openai.file_routes import FileRoutes
from standins.openai.forms import formed
from standins.openai.performance import Performance
from standins.openai.record import Request
from standins.openai.refusal import Refusal
from standins.openai.service import DEFAULT_MODELS, Service
from standins.openai.speech import SpeechRoutes
from standins.openai.store_routes import StoreRoutes
from standins.openai.stored import StoredResponse
from standins.openai.trouble import Exchange
from standins.openai.validation import check

_STREAM: Final = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
_BIGGEST_BODY: Final = 64 * 2**20

Events = AsyncGenerator[Event | Delta | Break]


class Endpoints:
    """`key` None: any non-empty key will do. `live` are the transports of open streams."""

    def __init__(self, service: Service, key: str | None) -> None:
        self._service = service
        self._key = key
        self.live: set[asyncio.Transport] = set()

    def application(self) -> web.Application:
        """The routes; a portable server has fewer."""
        app = web.Application(middlewares=[self._in_json], client_max_size=_BIGGEST_BODY)
        app.on_response_prepare.append(_sign)
        app.router.add_post("/v1/responses", self._create)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/v1/models/{id}", self._model)
        SpeechRoutes(self._service).add(app)
        if self._service.hosted:
            for routes in (FileRoutes, StoreRoutes, ContainerRoutes):
                routes(self._service).add(app)
        if not self._service.portable:
            app.router.add_get("/v1/responses/{id}", self._retrieve)
            app.router.add_delete("/v1/responses/{id}", self._delete)
            app.router.add_post("/v1/responses/{id}/cancel", self._cancel)
        return app

    @web.middleware
    async def _in_json(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Errors are JSON, and nobody comes in without a key."""
        exchange = Exchange(request.method, request.path.removeprefix("/v1"))
        self._service.exchanges.append(exchange)
        try:
            self._check_key(request.headers.get("Authorization", ""))
            lost = await self._service.troubles.meet(exchange)
            answer = await handler(request)
            if lost and request.transport is not None:
                request.transport.abort()
        except Refusal as refusal:
            answer = web.json_response(
                {"error": refusal.error}, status=refusal.status, headers=refusal.headers
            )
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as wrong:
            message = f"Invalid URL ({request.method} {request.path})"
            answer = web.json_response({"error": Refusal(message).error}, status=wrong.status)
        exchange.status = answer.status
        self._service.changes.notify()
        return answer

    def _check_key(self, header: str) -> None:
        given = header.removeprefix("Bearer ").strip() if header.startswith("Bearer ") else ""
        if not given:
            raise Refusal("You didn't provide an API key in an Authorization header.", status=401)
        if self._key is not None and given != self._key:
            raise Refusal(f"Incorrect API key provided: {given[:5]}***.", status=401, code="invalid_api_key")

    async def _create(self, http: web.Request) -> web.StreamResponse:
        seen = self._service.record(http.headers)
        try:
            body = await read(http)
            seen.body = body
            check(body, portable=self._service.portable, hosted=self._service.hosted)
            draft, performance = self._service.perform(body, seen)
        except Refusal as refusal:
            seen.status = refusal.status
            self._service.changes.notify()
            raise
        seen.status = 200
        if body.get("background"):
            return await self._in_background(http, seen, draft, performance)
        return await self._in_foreground(http, seen, draft, performance)

    async def _in_background(
        self, http: web.Request, seen: Request, draft: Draft, performance: Performance
    ) -> web.StreamResponse:
        streamed = bool(seen.body.get("stream"))
        stored = StoredResponse(draft, seen, background=True, streamed=streamed)
        self._service.responses[draft.id] = stored
        stored.start(performance, self._service.changes)
        if not streamed:
            return web.json_response(stored.snapshot())
        return await self._pour(http, stored.follow(), self._obfuscate(seen.body), seen)

    async def _in_foreground(
        self, http: web.Request, seen: Request, draft: Draft, performance: Performance
    ) -> web.StreamResponse:
        if seen.body.get("stream") and self._service.form != "json":
            answer = await self._pour(http, performance.events(), self._obfuscate(seen.body), seen)
        else:
            await self._wait_for(http, performance.events(), seen)
            answer = web.json_response(draft.snapshot())
        if seen.cut_at is None:
            seen.finished_at = time.monotonic()
        if (
            seen.body.get("store") is not False
            and not self._service.portable
            and draft.status != "in_progress"
        ):
            stored = StoredResponse(draft, seen, background=False, streamed=bool(seen.body.get("stream")))
            self._service.responses[draft.id] = stored
        self._service.changes.notify()
        return answer

    async def _pour(
        self, http: web.Request, events: Events, obfuscate: bool, seen: Request | None = None
    ) -> web.StreamResponse:
        """Write events as they come. A connection lost before the end is noted in `seen`."""
        answer = web.StreamResponse(headers=_STREAM)
        await answer.prepare(http)
        transport = http.transport
        assert transport is not None
        self.live.add(transport)
        alive = asyncio.create_task(self._keep_alive(answer))
        try:
            async with aclosing(formed(events, self._service.form)) as sent:
                async for event in sent:
                    if isinstance(event, Break):
                        self._lost(seen)
                        if event.kind == "cut":
                            transport.abort()
                        break
                    await answer.write(event.encode(obfuscate=obfuscate))
        except (asyncio.CancelledError, ConnectionError):
            self._lost(seen)
            raise
        finally:
            alive.cancel()
            self.live.discard(transport)
            self._service.changes.notify()
        return answer

    async def _keep_alive(self, answer: web.StreamResponse) -> None:
        while self._service.keepalive is not None:
            await asyncio.sleep(self._service.keepalive)
            await answer.write(b": keep-alive\n\n")

    async def _wait_for(self, http: web.Request, events: Events, seen: Request) -> None:
        """Generate without streaming; every break of the connection is a cut here."""
        try:
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, Break):
                        self._lost(seen)
                        if http.transport is not None:
                            http.transport.abort()
        except asyncio.CancelledError:
            self._lost(seen)
            raise

    def _lost(self, seen: Request | None) -> None:
        if seen is not None:
            seen.cut_at = time.monotonic()
            self._service.changes.notify()

    def _obfuscate(self, body: Any) -> bool:
        options = body.get("stream_options") or {}
        return bool(options.get("include_obfuscation", not self._service.portable))

    async def _retrieve(self, http: web.Request) -> web.StreamResponse:
        response_id, query = http.match_info["id"], http.query
        if query.get("stream") != "true":
            return web.json_response(self._service.find(response_id).snapshot())
        stored = self._service.followed(response_id)
        events = stored.follow(_integer("starting_after", query.get("starting_after", "-1")))
        return await self._pour(http, events, query.get("include_obfuscation") != "false")

    async def _cancel(self, http: web.Request) -> web.Response:
        stored = self._service.cancellable(http.match_info["id"])
        await stored.cancel()
        return web.json_response(stored.snapshot())

    async def _delete(self, http: web.Request) -> web.Response:
        stored = self._service.find(http.match_info["id"])
        await stored.delete()
        self._service.changes.notify()
        return web.json_response({"id": stored.id, "object": "response", "deleted": True})

    async def _models(self, _http: web.Request) -> web.Response:
        ids = DEFAULT_MODELS if self._service.models is None else self._service.models
        return web.json_response({"object": "list", "data": [self._service.describe(name) for name in ids]})

    async def _model(self, http: web.Request) -> web.Response:
        self._service.check_model(http.match_info["id"])
        return web.json_response(self._service.describe(http.match_info["id"]))


def _integer(param: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Refusal(
            f"Invalid type for '{param}': expected an integer, but got a string instead.",
            param=param,
            code="invalid_type",
        ) from None


async def _sign(_http: web.Request, answer: web.StreamResponse) -> None:
    """The headers every answer of the API carries."""
    answer.headers["x-request-id"] = f"req_{uuid4().hex}"
    answer.headers["openai-version"] = "2020-10-01"
