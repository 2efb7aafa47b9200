"""/v1/assistants."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bots.web.bodies.shared import (
    Body,
    Effort,
    Instructions,
    ListQuery,
    Metadata,
    ModelName,
    NewToolResources,
    ResponseFormat,
    Temperature,
    Tools,
    TopP,
)
from bots.web.frame.shapes import page_of
from bots.web.route import Answer, Call, Route
from bots.web.services import Services

REPLACED = "spool-model-replaced"
"""The header that says which model stands for one that has ended."""


class _Fields(Body):
    name: Annotated[str, Field(max_length=256)] | None = None
    description: Annotated[str, Field(max_length=512)] | None = None
    instructions: Instructions | None = None
    tools: Tools | None = None
    metadata: Metadata | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: Effort | None = None


class CreateAssistant(_Fields):
    model: ModelName
    tool_resources: NewToolResources | None = None


class ModifyAssistant(_Fields):
    model: ModelName | None = None
    tool_resources: NewToolResources | None = None


def routes(services: Services) -> tuple[Route, ...]:
    """Their operations."""
    assistants = services.assistants

    async def create(call: Call) -> Answer:
        made, call.headers[REPLACED] = await assistants.create(call.key, call.body)
        return made

    async def all(call: Call) -> Answer:
        return await assistants.all(call.key, page_of(call.query))

    async def get(call: Call) -> Answer:
        return await assistants.get(call.key, call.path["assistant_id"])

    async def modify(call: Call) -> Answer:
        id = call.path["assistant_id"]
        changed, call.headers[REPLACED] = await assistants.modify(call.key, id, call.body)
        return changed

    async def delete(call: Call) -> Answer:
        return await assistants.delete(call.key, call.path["assistant_id"])

    one = "/assistants/{assistant_id}"
    return (
        Route("POST", "/assistants", create, "Create an assistant", body=CreateAssistant, answer="assistant"),
        Route("GET", "/assistants", all, "List assistants", query=ListQuery, answer="list"),
        Route("GET", one, get, "One assistant", answer="assistant"),
        Route("POST", one, modify, "Change an assistant", body=ModifyAssistant, answer="assistant"),
        Route("DELETE", one, delete, "Delete an assistant", answer="assistant.deleted"),
    )
