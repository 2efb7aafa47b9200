"""The stand-in as a server: keys, what was sent, answers in JSON, lists in pages; and its life."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from email.utils import formatdate
from functools import partial
from typing import Final
from uuid import uuid4

from aiohttp import web

from standins.local import HOST, Local, Server
from standins.openai.bill import BILLED, Charge
from standins.openai.refusal import Refusal, refuse, refused
from standins.openai.requests import REQUESTS, Takes
from standins.openai.responses import Responses
from standins.openai.routes import Does, routes
from standins.openai.rules import Json, body, form
from standins.openai.service import Service
from standins.openai.trouble import Exchange

_BIGGEST_BODY: Final = 64 * 2**20


class Endpoints:
    """All addresses of a server."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def application(self) -> web.Application:
        """A portable server has fewer addresses."""
        app = web.Application(middlewares=[self._in_json], client_max_size=_BIGGEST_BODY)
        app.on_response_prepare.append(self._sign)
        Responses(self._service).add(app)
        for asked, does in routes(self._service).items():
            method, path = asked.split()
            takes = REQUESTS.get(asked, Takes())
            app.router.add_route(method, f"/v1{path}", partial(self._answer, takes, does))
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
            if kind := BILLED.get(f"{exchange.method} {exchange.path}"):
                self._service.bill.append(Charge(kind, "", refused=refusal.status))
            answer = web.json_response(
                {"error": refusal.error}, status=refusal.status, headers=refusal.headers
            )
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as wrong:
            message = f"Invalid URL ({request.method} {request.path})"
            answer = web.json_response({"error": Refusal(message).error}, status=wrong.status)
        exchange.status = answer.status
        self._service.changes.ring()
        return answer

    async def _sign(self, _http: web.Request, answer: web.StreamResponse) -> None:
        """The headers every answer of the API carries."""
        answer.headers["x-request-id"] = f"req_{uuid4().hex}"
        answer.headers["openai-version"] = "2020-10-01"
        answer.headers["Date"] = formatdate(self._service.clock.now(), usegmt=True)

    def _check_key(self, header: str) -> None:
        given = header.removeprefix("Bearer ").strip() if header.startswith("Bearer ") else ""
        refuse(not given, "no key")
        if self._service.only_key not in (None, given):
            raise refused("key", key=given[:5])

    async def _answer(self, takes: Takes, does: Does, http: web.Request) -> web.Response:
        given = await self._given(takes, http)
        answer = does(given, *http.match_info.values())
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="application/octet-stream")
        if isinstance(answer, str):
            return web.Response(text=answer)
        if isinstance(answer, list):
            return web.json_response(_page(answer, given, takes.page))
        polled = http.path.startswith("/v1/vector_stores")
        again = {"openai-poll-after-ms": str(max(1, int(self._service.stores.indexing * 1000)))}
        return web.json_response(answer, headers=again if polled else {})

    async def _given(self, takes: Takes, http: web.Request) -> Json:
        """What was sent, if the request takes it. Raises Refusal."""
        if takes.query:
            rule, given = takes.query, dict[str, object](http.query)
        elif takes.form:
            heard = "/audio/" in http.path
            limit = self._service.recording_limit if heard else self._service.files.limit
            rule, given = takes.form, await form(http, limit)
        elif takes.json:
            rule, given = takes.json, await body(http)
        else:
            return {}
        rule("", given)
        return given


def _page(objects: Sequence[Json], given: Mapping[str, str], usual: int) -> Json:
    """`objects` oldest first; newest first are shown unless `order=asc`."""
    listed = list(objects) if given.get("order") == "asc" else list(reversed(objects))
    if after := given.get("after"):
        places = [number for number, item in enumerate(listed) if item["id"] == after]
        listed = listed[places[0] + 1 :] if places else []
    if before := given.get("before"):
        places = [number for number, item in enumerate(listed) if item["id"] == before]
        listed = listed[: places[0]] if places else []
    shown = listed[: int(given.get("limit", usual))]
    return {
        **{"object": "list", "data": shown, "first_id": shown[0]["id"] if shown else None},
        **{"last_id": shown[-1]["id"] if shown else None, "has_more": len(listed) > len(shown)},
    }


class OpenAIStandin(Service, Local):
    """`async with OpenAIStandin(script) as api:` gives a server at `api.base_url`; see `Service`."""

    _server: Server | None = None

    @property
    def base_url(self) -> str:
        """For `OPENAI_BASE_URL`; known once started, and the same after going offline and online."""
        return f"http://{HOST}:{self._server.port if self._server else 0}/v1"

    async def start(self) -> None:
        port = self._server.port if self._server else 0
        app = Endpoints(self).application()
        self._server = Server(app, port, handler_cancellation=True, shutdown_timeout=2)
        await self._server.start()

    async def stop(self) -> None:
        await self.go_offline()
        for stored in self.responses.values():
            await stored.stop()
        if self._server is not None:
            await self._server.stop()

    async def go_online(self) -> None:
        if self._server is not None:
            await self._server.listen()

    async def go_offline(self) -> None:
        """Refuse connections and break the open ones; background responses go on."""
        if self._server is not None:
            await self._server.refuse()
            await self.changes.until(lambda: not self.live)

    async def cut(self) -> None:
        for transport in tuple(self.live):
            transport.abort()
        await self.changes.until(lambda: not self.live)

    async def until(self, predicate: Callable[[], bool], timeout: float = 5) -> None:
        """Return as soon as `predicate()` holds; it is asked again after everything that happens here."""
        await self.changes.until(predicate, timeout)
