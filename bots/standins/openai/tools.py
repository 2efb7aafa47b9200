"""The `tools` parameter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from bots.standins.openai.checks import fields, missing, one_of, typed, wrong_type
from bots.standins.openai.refusal import Refusal

TYPES: Final = (
    *("function", "file_search", "computer", "computer_use_preview", "web_search", "web_search_2025_08_26"),
    *("web_search_preview", "web_search_preview_2025_03_11", "mcp", "code_interpreter", "image_generation"),
    *(
        "local_shell",
        "shell",
        "custom",
        "namespace",
        "tool_search",
        "apply_patch",
        "programmatic_tool_calling",
    ),
)
FUNCTION_KEYS: Final = frozenset(
    {
        *("type", "name", "description", "parameters", "strict", "async", "defer_loading", "output_schema"),
        "allowed_callers",
    }
)
_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def check_tools(tools: Any, allowed: tuple[str, ...] = TYPES) -> None:
    """Raises Refusal. Functions are looked at closely, hosted tools only by their type."""
    typed("tools", tools, "an array")
    for number, tool in enumerate(tools):
        where = f"tools[{number}]"
        if not isinstance(tool, Mapping):
            raise wrong_type(where, "an object", tool)
        if "type" not in tool:
            raise missing(f"{where}.type")
        one_of(f"{where}.type", tool["type"], allowed)
        if tool["type"] == "function":
            _check_function(where, tool)


def _check_function(where: str, tool: Mapping[str, Any]) -> None:
    fields(where, tool, FUNCTION_KEYS, ("name",))
    typed(f"{where}.name", tool["name"], "a string")
    if not _NAME.fullmatch(tool["name"]):
        raise Refusal(
            f"Invalid '{where}.name': string does not match pattern. "
            "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
            param=f"{where}.name",
            code="invalid_value",
        )
    parameters = tool.get("parameters")
    if parameters is None:
        return
    typed(f"{where}.parameters", parameters, "an object")
    if tool.get("strict") and parameters.get("additionalProperties") is not False:
        raise Refusal(
            f"Invalid schema for function '{tool['name']}': In context=(), 'additionalProperties' is "
            "required to be supplied and to be false.",
            param=f"{where}.parameters",
            code="invalid_function_parameters",
        )
