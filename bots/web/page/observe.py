"""/console/api: what is looked at every day, in numbers (docs/console-api.md)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bots.web.bodies.shared import Query
from bots.web.page.services import Console
from bots.web.route import Answer, Call, Route
from core.api.console.usage import used
from core.store.usage import By


class Days(Query):
    by: By = "model"
    days: Annotated[int, Field(ge=1, le=366)] = 30


def routes(console: Console) -> tuple[Route, ...]:
    """Their operations."""

    async def usage(call: Call) -> Answer:
        return await used(console.looks, console.settings.zone, call.key, **call.query)

    return (Route("GET", "/api/usage", usage, "What was used, day by day", query=Days, base="/console"),)
