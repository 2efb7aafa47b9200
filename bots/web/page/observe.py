"""/console/api: what is looked at every day, in numbers (docs/console-api.md)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from bots.web.bodies.shared import Query
from bots.web.page.gate import language_of
from bots.web.page.services import Console
from bots.web.page.shown import link
from bots.web.route import Answer, Call, Route
from core.api.console.usage import used
from core.store.usage import By


class Days(Query):
    by: By = "model"
    days: Annotated[int, Field(ge=1, le=366)] = 30


class Hours(Query):
    hours: Literal["1", "24", "168", "720"] = "24"


def routes(console: Console) -> tuple[Route, ...]:
    """Their operations."""

    async def usage(call: Call) -> Answer:
        return await used(console.looks, console.settings.zone, call.key, **call.query)

    async def overview(call: Call) -> Answer:
        told = await console.overview.look(call.key, int(call.query["hours"]), language_of(call.request))
        return told | {"attention": [_linked(**one) for one in told["attention"]]}

    return (
        Route("GET", "/api/overview", overview, "How it went lately", query=Hours, base="/console"),
        Route("GET", "/api/usage", usage, "What was used, day by day", query=Days, base="/console"),
    )


def _linked(post: Any, **one: Any) -> dict[str, Any]:
    """What needs attention, with the link of its post where it has one."""
    return {**one, "link": (link(*post) if post else None) or one["link"]}
