"""What a client sends about assistants."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bots.web.bodies.shared import Behaviour, Body, Id, ModelName, NewToolResources


class _Fields(Behaviour):
    name: Annotated[str, Field(max_length=256)] | None = None
    description: Annotated[str, Field(max_length=512)] | None = None
    audience: list[Annotated[str, Field(max_length=64)]] | None = None
    """Who may use it in chats: the API's own objects have none."""


class CreateAssistant(_Fields):
    model: ModelName
    tool_resources: NewToolResources | None = None


class ModifyAssistant(_Fields):
    model: ModelName | None = None
    tool_resources: NewToolResources | None = None


class AttachFile(Body):
    file_id: Id
