"""A route: one operation of the API. Router, validation and OpenAPI document are all made of these."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from aiohttp import web

from bots.web.bodies.shared import Body, ListQuery, Query
from bots.web.frame.shapes import page_of
from core.api.key import Key

COOKIE: Final = "__Host-spool"
"""Of who is logged in on the page."""
NOTHING, EVENTS = "nothing", "server-sent events"
"""What is answered that is no JSON."""
Answer = Mapping[str, Any] | web.StreamResponse
POLL_AFTER: Final = "80"
"""Milliseconds."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read and checked."""

    request: web.Request
    route: Route
    key: Key
    path: Mapping[str, str]
    """The ids in its address, by their names in the route's path."""
    query: Mapping[str, Any] = field(default_factory=dict)
    """As its model reads it, defaults included."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """As its model reads it: only what the client set."""
    headers: dict[str, str] = field(default_factory=dict)
    """What the answer is to have besides: written by whoever answers. An empty value is none."""
    old: bool = False
    """The client speaks `assistants=v1`. Answers are translated by the frame, events by who streams them."""


@dataclass(frozen=True, slots=True)
class Route:
    """`path` names ids in braces: "/threads/{thread_id}"; it stands behind its `base`."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    handle: Callable[[Call], Awaitable[Answer]]
    summary: str
    body: type[Body] | None = None
    """None: the body is not read (an upload reads it itself)."""
    query: type[Query] | None = None
    answer: str = "object"
    """What is answered, for the document: the API's name of the object."""
    base: Literal["/v1", "/console"] = "/v1"
    """/v1 is for keys, /console for people who are logged in on the page."""
    open: bool = False
    """Of /console: for whoever is not logged in."""

    @property
    def address(self) -> str:
        """Where it is served."""
        return self.base + self.path


Handle = Callable[[Call], Awaitable[Answer]]


def by(
    method: Callable[..., Awaitable[dict[str, Any]]],
    then: Callable[[Call, dict[str, Any]], Answer] = lambda call, answer: answer,
) -> Handle:
    """Handled by a service's method, which is given the key, the ids of the address, then what the route has
    of these: the page, the body, and further fields of the query by their names.
    """

    async def handle(call: Call) -> Answer:
        given, further, route = list[Any](call.path.values()), dict(call.query), call.route
        if route.query and issubclass(route.query, ListQuery):
            given.append(page_of(further))
            further = {name: value for name, value in further.items() if name not in ListQuery.model_fields}
        if route.body:
            given.append(call.body)
        return then(call, await method(call.key, *given, **further))

    return handle


def polled(call: Call, made: dict[str, Any]) -> dict[str, Any]:
    """The answer; what goes on is to be asked for again soon: without that word an SDK takes a second."""
    if made["status"] in ("queued", "in_progress", "cancelling"):
        call.headers["openai-poll-after-ms"] = POLL_AFTER
    return made
