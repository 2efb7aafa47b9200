"""A route: one operation of the API. Router, validation and OpenAPI document are all made of these."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from bots.web.bodies.shared import Body, Query
from core.api.key import Key

Answer = Mapping[str, Any] | web.StreamResponse


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read and checked."""

    request: web.Request
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
    """`path` names ids in braces: "/threads/{thread_id}"; it stands behind /v1."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    handle: Callable[[Call], Awaitable[Answer]]
    summary: str
    body: type[Body] | None = None
    """None: the body is not read (an upload reads it itself)."""
    query: type[Query] | None = None
    answer: str = "object"
    """What is answered, for the document: the API's name of the object."""
