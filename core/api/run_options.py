"""What counts for a run: what its client has set, and where it has set nothing, what the assistant is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.api.key import Key
from core.api.refusal import Refusal
from core.api.watch import Fields
from core.types import SETTINGS_ID, Assistant, RunOptions

OF_ASSISTANT: Final = (
    *("temperature", "top_p", "response_format", "tool_choice", "parallel_tool_calls", "reasoning_effort"),
    *("tools", "tool_resources"),
)


def run_options(
    key: Key, assistant: Assistant, fields: Fields, model: str | None, *, trial: bool = False
) -> RunOptions:
    """`model`: the client's, as it can be here. Raises Refusal where a tool is forced that is not there."""
    given: dict[str, Any] = {name: fields[name] for name in OF_ASSISTANT if fields.get(name) is not None}
    own = {name: getattr(assistant, name) for name in OF_ASSISTANT if name not in given}
    told = {**own, **given, "model": model or assistant.model, "instructions": _told(assistant, fields)}
    told["tools"] = [dict(tool) for tool in told["tools"]]
    _forced(told["tool_choice"], told["tools"])
    functions = assistant.metadata.get("spool_functions")
    ours = assistant.id == SETTINGS_ID and not fields.get("tools")
    return RunOptions(
        key.project,
        key.person,
        told,
        client=functions != "server" and not ours and not trial,
        page=key.page and not trial,
        trial=trial,
        max_prompt_tokens=fields.get("max_prompt_tokens"),
        max_completion_tokens=fields.get("max_completion_tokens"),
        truncation_strategy=fields.get("truncation_strategy"),
    )


def _told(assistant: Assistant, fields: Fields) -> str:
    """The run's instructions replace the assistant's, further ones stand behind."""
    first = fields.get("instructions")
    parts = (assistant.instructions if first is None else first, fields.get("additional_instructions"))
    return "\n".join(part for part in parts if part)


def _forced(choice: Any, tools: list[dict[str, Any]]) -> None:
    if not isinstance(choice, Mapping):
        return
    name = (choice.get("function") or {}).get("name")
    if any(
        tool["type"] == choice["type"] and (not name or tool["function"]["name"] == name) for tool in tools
    ):
        return
    told = f"tool_choice forces {name or choice['type']}, which is not among the tools of the run."
    raise Refusal(told, param="tool_choice")
