"""The `tool_choice` parameter: only of what is offered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from standins.openai.checks import fields, missing, one_of, typed
from standins.openai.refusal import Refusal

_TYPES: Final = (
    *("function", "mcp", "custom", "allowed_tools", "file_search", "web_search", "web_search_preview"),
    *("web_search_preview_2025_03_11", "web_search_2025_08_26", "computer", "computer_use_preview"),
    *("computer_use", "image_generation", "code_interpreter", "apply_patch", "shell"),
)


def check_choice(choice: Any, tools: Sequence[Mapping[str, Any]]) -> None:
    """Raises Refusal."""
    if choice is None:
        return
    if isinstance(choice, str):
        one_of("tool_choice", choice, ("none", "auto", "required"))
        if choice == "required" and not tools:
            raise Refusal(
                "Tool choice 'required' must be specified with 'tools' parameter.", param="tool_choice"
            )
        return
    typed("tool_choice", choice, "an object")
    if "type" not in choice:
        raise missing("tool_choice.type")
    one_of("tool_choice.type", choice["type"], _TYPES)
    if choice["type"] != "allowed_tools":
        _check_offered(choice, tools)
        return
    fields("tool_choice", choice, ("type", "mode", "tools"), ("mode", "tools"))
    one_of("tool_choice.mode", choice["mode"], ("auto", "required"))
    for wanted in choice["tools"]:
        _check_offered(wanted, tools)


def _check_offered(wanted: Mapping[str, Any], tools: Sequence[Mapping[str, Any]]) -> None:
    key = {"function": "name", "custom": "name", "mcp": "server_label"}.get(wanted["type"])
    if key is not None and key not in wanted:
        raise missing(f"tool_choice.{key}")
    for tool in tools:
        if tool["type"] == wanted["type"] and (key is None or tool.get(key) == wanted[key]):
            return
    name = wanted[key] if key else wanted["type"]
    raise Refusal(f"Tool choice '{name}' not found in 'tools' parameter.", param="tool_choice")
