"""An assistant as a value, in the Assistants API's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

SETTINGS_ID = "asst_settings"
"""The assistant of the ASSISTANT_* settings."""
EVERY_FUNCTION = "*"
"""The function name that stands for every function found."""
FEEDBACK = "spool_feedback"
"""The key in its metadata for whether people are asked what they think of its answers: 1 or 0."""


@dataclass(frozen=True, slots=True)
class Assistant:
    """One version of an assistant. `tools` have the API's shapes, in their order."""

    id: str
    name: str
    model: str
    instructions: str = ""
    description: str = ""
    tools: tuple[Mapping[str, Any], ...] = ()
    tool_resources: Mapping[str, Any] = field(default_factory=dict)
    reasoning_effort: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    response_format: str | Mapping[str, Any] = "auto"
    truncation_strategy: Mapping[str, Any] = field(default_factory=lambda: {"type": "summary"})
    """`summary` | `auto` (both with an optional `max_tokens`) | `last_messages` with `last_messages`: n."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    tool_choice: str | Mapping[str, Any] = "auto"
    parallel_tool_calls: bool = True
    max_model_calls: int = 16
    run_seconds: int | None = None
    """How long a run may take; None: what the settings say."""
    audience: tuple[str, ...] = ()
    """Who may use it in chats: ids with their network, `admins`; empty: everybody who is answered there."""
    created_at: int = 0
    version: int = 1

    @property
    def label(self) -> str:
        """What to call it in front of people: the API allows an assistant without a name."""
        return self.name or self.id

    def rated(self, default: bool) -> bool:
        """Whether people may rate its answers; `default`: what the settings say."""
        return {"1": True, "0": False}.get(self.metadata.get(FEEDBACK, ""), default)

    def functions(self) -> frozenset[str]:
        """The names of its function tools; EVERY among them means all that are found."""
        return frozenset(tool["function"]["name"] for tool in self.tools if tool["type"] == "function")

    def hosted(self) -> frozenset[str]:
        """The types of its tools that the model server carries out: `file_search`, `mcp` …"""
        return frozenset(tool["type"] for tool in self.tools if tool["type"] != "function")

    def tool(self, type: str) -> Mapping[str, Any] | None:
        """Its first tool of that type."""
        return next((tool for tool in self.tools if tool["type"] == type), None)

    def to_json(self) -> dict[str, Any]:
        """The object as the API prints it; texts and an audience that are empty are null there."""
        values = {"created_at": self.created_at, **self.body(), "version": self.version}
        return {"id": self.id, "object": "assistant", **values}

    def body(self) -> dict[str, Any]:
        """All that can be changed: the object without id, created_at and version."""
        values = {name: getattr(self, name) for name in ASSISTANT_BODY}
        values |= {"tools": [dict(tool) for tool in self.tools], "audience": list(self.audience)}
        return values | {name: values[name] or None for name in _EMPTY_IS_NULL}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Assistant:
        """The value of an object that was checked before; what is missing or null there is the default."""
        given = {name: data[name] for name in ASSISTANT_FIELDS if data.get(name) is not None}
        given |= {name: tuple(given.get(name, ())) for name in ("tools", "audience")}
        return cls(**{"id": "", "name": "", "model": "", **given})


ASSISTANT_FIELDS = tuple(item.name for item in fields(Assistant))
_EMPTY_IS_NULL = ("name", "description", "instructions", "audience")
_ASSISTANT_FIRST = ("name", "description", "model", "instructions")
ASSISTANT_BODY = (
    *_ASSISTANT_FIRST,
    *(name for name in ASSISTANT_FIELDS if name not in {*_ASSISTANT_FIRST, "id", "created_at", "version"}),
)


def function_tool(name: str) -> dict[str, Any]:
    """A function tool that says no more than its name: its schema is in the operator's code."""
    return {"type": "function", "function": {"name": name}}
