"""The one table of routes."""

from __future__ import annotations

from bots.version import version
from bots.web import assistants, files, messages, models, runs, threads, vector_stores
from bots.web.frame.openapi import document
from bots.web.route import Answer, Call, Route
from bots.web.services import Services


def every(services: Services) -> tuple[Route, ...]:
    """All operations that are served."""
    rooms = (assistants, threads, messages, runs, files, vector_stores, models)
    table = tuple(route for room in rooms for route in room.routes(services))
    if services.console:
        from bots.web.page import console  # which knows how Slack and Discord show an answer

        table += console.routes(services.console)
    described: dict[str, object] = {}

    async def tell(call: Call) -> Answer:
        return described

    itself = Route("GET", "/openapi.json", tell, "This document", answer="an OpenAPI document")
    described |= document((*table, itself), version=version())
    return (*table, itself)
