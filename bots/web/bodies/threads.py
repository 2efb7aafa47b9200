"""What clients send about threads."""

from __future__ import annotations

from bots.web.bodies.messages import CreateMessage
from bots.web.bodies.shared import Body, Metadata, NewToolResources, ToolResources


class CreateThread(Body):
    messages: list[CreateMessage] | None = None
    tool_resources: NewToolResources | None = None
    metadata: Metadata | None = None


class ModifyThread(Body):
    tool_resources: ToolResources | None = None
    metadata: Metadata | None = None
