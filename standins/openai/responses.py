"""`/responses`: answers as JSON and as streams, made, followed, cancelled and deleted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from aiohttp import web

from standins.openai.bill import Charge
from standins.openai.events import Break, Delta, Event, formed
from standins.openai.performance import Performance, StoredResponse
from standins.openai.refusal import Refusal
from standins.openai.requests import REQUESTS, check
from standins.openai.response import Draft, Request
from standins.openai.rules import body as read
from standins.openai.service import Service

_STREAM: Final = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
_QUERY: Final = REQUESTS["GET /responses/{id}"].query

Events = AsyncGenerator[Event | Delta | Break]


class Responses:
    """Those of one server."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def add(self, app: web.Application) -> None:
        """Register; a portable server keeps nothing, so there is nothing to be had."""
        app.router.add_post("/v1/responses", self._create)
        if not self._service.portable:
            app.router.add_get("/v1/responses/{id}", self._retrieve)
            app.router.add_delete("/v1/responses/{id}", self._delete)
            app.router.add_post("/v1/responses/{id}/cancel", self._cancel)

    async def _create(self, http: web.Request) -> web.StreamResponse:
        seen = self._service.record(http.headers)
        try:
            seen.body = body = await read(http)
            check(body, portable=self._service.portable, hosted=self._service.hosted)
            draft, performance = self._service.perform(body, seen)
        except Refusal as refusal:
            seen.status = refusal.status
            self._service.changes.ring()
            raise
        seen.status = 200
        charge = Charge("response", body["model"])
        self._service.bill.append(charge)
        stays = bool(body.get("background"))  # whoever lost it can ask for it again
        performance.over = lambda: self._service.charge(draft, charge, told=stays or seen.cut_at is None)
        if body.get("background"):
            return await self._in_background(http, seen, draft, performance)
        return await self._in_foreground(http, seen, draft, performance)

    async def _in_background(
        self, http: web.Request, seen: Request, draft: Draft, performance: Performance
    ) -> web.StreamResponse:
        stored = self._keep(draft, seen)
        stored.start(performance, self._service.changes)
        if not stored.streamed:
            return web.json_response(draft.snapshot())
        return await self._pour(http, stored.follow(), self._obfuscate(seen.body), seen)

    async def _in_foreground(
        self, http: web.Request, seen: Request, draft: Draft, performance: Performance
    ) -> web.StreamResponse:
        answer: web.StreamResponse
        if seen.body.get("stream") and self._service.form != "json":
            answer = await self._pour(http, performance.events(), self._obfuscate(seen.body), seen)
        else:
            await self._wait_for(http, performance.events(), seen)
            answer = web.json_response(draft.snapshot())
        if seen.cut_at is None:
            seen.finished_at = time.monotonic()
        kept = seen.body.get("store") is not False and not self._service.portable
        if kept and draft.status != "in_progress":
            self._keep(draft, seen)
        self._service.changes.ring()
        return answer

    def _keep(self, draft: Draft, seen: Request) -> StoredResponse:
        self._service.responses[draft.id] = stored = StoredResponse(draft, seen)
        return stored

    async def _pour(
        self, http: web.Request, events: Events, obfuscate: bool, seen: Request | None = None
    ) -> web.StreamResponse:
        """Write events as they come. A connection lost before the end is noted in `seen`."""
        answer = web.StreamResponse(headers=_STREAM)
        await answer.prepare(http)
        transport = http.transport
        assert transport is not None
        self._service.live.add(transport)
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
            self._service.live.discard(transport)
            self._service.changes.ring()
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
            self._service.changes.ring()

    def _obfuscate(self, body: Any) -> bool:
        options = body.get("stream_options") or {}
        return bool(options.get("include_obfuscation", not self._service.portable))

    async def _retrieve(self, http: web.Request) -> web.StreamResponse:
        response_id, query = http.match_info["id"], http.query
        if _QUERY:
            _QUERY("", query)
        if query.get("stream") != "true":
            return web.json_response(self._service.find(response_id).draft.snapshot())
        events = self._service.followed(response_id).follow(int(query.get("starting_after", "-1")))
        return await self._pour(http, events, query.get("include_obfuscation") != "false")

    async def _cancel(self, http: web.Request) -> web.Response:
        stored = self._service.cancellable(http.match_info["id"])
        await stored.cancel()
        return web.json_response(stored.draft.snapshot())

    async def _delete(self, http: web.Request) -> web.Response:
        stored = self._service.find(http.match_info["id"])
        await stored.delete()
        self._service.changes.ring()
        return web.json_response({"id": stored.id, "object": "response", "deleted": True})
