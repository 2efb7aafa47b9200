"""/console/api: what admins see and do about people, and who did what (docs/console-api.md)."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from bots.web.bodies.shared import Body, Query
from bots.web.page.trials import Nothing
from bots.web.route import Route, by
from core.api.console.people import People

Part = Annotated[str, Field(max_length=200)]
HERE: Final = "/console"


class Search(Query):
    q: Part = ""


class Where(Query):
    place: Part = ""


class Deeds(Search):
    actor: Part = ""
    action: Part = ""
    object: Part = ""
    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    after: str | None = None


class Confirmed(Body):
    confirm: Part


def routes(people: People) -> tuple[Route, ...]:
    """Their operations."""
    one, deeds, found = "/api/people/{person_id}", by(people.deeds), by(people.search)
    access, export, erase = by(people.access), by(people.export), by(people.erase)
    return (
        Route("GET", "/api/audit", deeds, "Who did what", query=Deeds, answer="list", base=HERE),
        Route("GET", "/api/rules", by(people.governed), "Rules and limits in force", base=HERE),
        Route("GET", "/api/people", found, "Find people", query=Search, answer="list", base=HERE),
        Route("GET", one, by(people.person), "How much is kept of a person; audited", base=HERE),
        Route("GET", f"{one}/access", access, "What holds for a person", query=Where, base=HERE),
        Route("POST", f"{one}/export", export, "All that is kept; audited", body=Nothing, base=HERE),
        Route("POST", f"{one}/erase", erase, "Erase it; audited", body=Confirmed, base=HERE),
    )
