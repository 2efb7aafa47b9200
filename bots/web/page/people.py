"""/console/api: what admins see and do about people, and who did what (docs/console-api.md)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from bots.web.bodies.shared import Body, Query
from bots.web.page.services import Console
from bots.web.route import Answer, Call, Route, by
from core.api.console.governing import deeds
from core.store.audit import Which

Part = Annotated[str, Field(max_length=200)]


class Deeds(Query):
    q: Part = ""
    actor: Part = ""
    action: Part = ""
    object: Part = ""
    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    after: str | None = None


class Search(Query):
    q: Part = ""


class Blank(Body):
    """{}"""


class Confirmed(Body):
    confirm: Part


def routes(console: Console) -> tuple[Route, ...]:
    """Their operations."""
    people, one = console.people, "/api/people/{person_id}"

    async def audited(call: Call) -> Answer:
        query = dict(call.query)
        limit, after = query.pop("limit"), query.pop("after")
        return await deeds(console.looks, call.key, Which(**query), limit, after)

    return (
        _route("GET", "/api/audit", audited, "Who did what", query=Deeds, answer="list"),
        _route("GET", "/api/rules", by(people.governed), "Rules and limits in force"),
        _route("GET", "/api/people", by(people.search), "Find people", query=Search, answer="list"),
        _route("GET", one, by(people.person), "How much is kept of a person; audited"),
        _route("POST", f"{one}/export", by(people.export), "All that is kept; audited", body=Blank),
        _route("POST", f"{one}/erase", by(people.erase), "Erase it; audited", body=Confirmed),
    )


def _route(method: Literal["GET", "POST"], path: str, handle: Any, summary: str, **more: Any) -> Route:
    return Route(method, path, handle, summary, base="/console", **more)
