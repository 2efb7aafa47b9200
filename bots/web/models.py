"""/v1/models."""

from __future__ import annotations

from bots.web.route import Answer, Call, Route
from bots.web.services import Services


def routes(services: Services) -> tuple[Route, ...]:
    """Their operations."""

    async def all(call: Call) -> Answer:
        return await services.models.all()

    async def get(call: Call) -> Answer:
        return await services.models.get(call.path["model"])

    return (
        Route("GET", "/models", all, "List the models of the model server", answer="list"),
        Route("GET", "/models/{model}", get, "One model", answer="model"),
    )
