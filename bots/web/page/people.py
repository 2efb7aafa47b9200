"""/console/api: what admins see and do about people (docs/console-api.md)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bots.web.bodies.shared import Query
from bots.web.page.services import Console
from bots.web.route import Answer, Call, Route
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


def routes(console: Console) -> tuple[Route, ...]:
    """Their operations."""

    async def audited(call: Call) -> Answer:
        query = dict(call.query)
        limit, after = query.pop("limit"), query.pop("after")
        return await deeds(console.looks, call.key, Which(**query), limit, after)

    return (Route("GET", "/api/audit", audited, "Who did what", query=Deeds, answer="list", base="/console"),)
