"""The `tools` parameter, and `tool_choice`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from standins.openai.checks import fields, missing, one_of, typed, within, wrong_type
from standins.openai.refusal import Refusal
from standins.openai.schemas import check_strict

TYPES: Final = (
    *("function", "file_search", "computer", "computer_use_preview", "web_search", "web_search_2025_08_26"),
    *("web_search_preview", "web_search_preview_2025_03_11", "mcp", "code_interpreter", "image_generation"),
    *("local_shell", "shell", "custom", "namespace", "tool_search", "apply_patch"),
    "programmatic_tool_calling",
)
_KEYS: Final = {
    "function": (
        *("type", "name", "description", "parameters", "strict", "async", "defer_loading"),
        *("output_schema", "allowed_callers"),
    ),
    "file_search": ("type", "vector_store_ids", "filters", "max_num_results", "ranking_options"),
    "code_interpreter": ("type", "container", "allowed_callers"),
    "web_search": ("type", "external_web_access", "filters", "search_context_size", "user_location"),
    "image_generation": (
        *("type", "action", "background", "complexity", "frame_count", "frame_duration_ms"),
        *("input_fidelity", "input_image_mask", "model", "moderation", "output_compression"),
        *("output_format", "partial_images", "quality", "size", "svg"),
    ),
    "mcp": (
        *("type", "server_label", "server_url", "server_description", "tunnel_id", "connector_id"),
        *("allowed_callers", "allowed_tools", "authorization", "defer_loading", "headers"),
        "require_approval",
    ),
}
"""Of the tools that are looked at closely."""
FUNCTION_KEYS: Final = frozenset(_KEYS["function"])
MEMORY: Final = ("1g", "4g", "16g", "64g")
_RETIRED: Final = ("gpt-image-1", "dall-e-2", "dall-e-3")
_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_LABEL: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]*")
_PICTURE: Final = {
    "output_format": ("png", "webp", "jpeg", "gif", "svg"),
    "quality": ("low", "medium", "high", "xhigh", "max", "auto"),
    "background": ("transparent", "opaque", "auto"),
    "moderation": ("auto", "low"),
    "action": ("generate", "edit", "auto"),
}

Tool = Mapping[str, Any]


def check_tools(tools: Any, allowed: tuple[str, ...] = TYPES) -> None:
    """Raises Refusal. Whether files, stores and containers exist is asked elsewhere."""
    typed("tools", tools, "an array")
    for number, tool in enumerate(tools):
        where = f"tools[{number}]"
        if not isinstance(tool, Mapping):
            raise wrong_type(where, "an object", tool)
        if "type" not in tool:
            raise missing(f"{where}.type")
        one_of(f"{where}.type", tool["type"], allowed)
        if tool["type"] in _KEYS:
            fields(where, tool, _KEYS[tool["type"]])
            _CHECKS[tool["type"]](where, tool)
    _check_names([tool["name"] for tool in tools if tool["type"] == "function"], "function name")
    _check_names([tool["server_label"] for tool in tools if tool["type"] == "mcp"], "server label")


def _check_names(names: Sequence[str], noun: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise Refusal(f"Duplicate {noun} found: '{name}'. Each must be unique.", param="tools")


def _check_function(where: str, tool: Tool) -> None:
    fields(where, tool, FUNCTION_KEYS, ("name",))
    typed(f"{where}.name", tool["name"], "a string")
    if not _NAME.fullmatch(tool["name"]):
        raise _mismatch(f"{where}.name", "^[a-zA-Z0-9_-]+$")
    parameters = tool.get("parameters")
    if parameters is None:
        return
    typed(f"{where}.parameters", parameters, "an object")
    if tool.get("strict"):
        name = f"function '{tool['name']}'"
        check_strict(parameters, name=name, param=f"{where}.parameters", code="invalid_function_parameters")


def _check_file_search(where: str, tool: Tool) -> None:
    fields(where, tool, _KEYS["file_search"], ("vector_store_ids",))
    _ids(f"{where}.vector_store_ids", tool["vector_store_ids"], "vs_")
    if not tool["vector_store_ids"]:
        raise Refusal(
            f"Invalid '{where}.vector_store_ids': empty array. Expected an array with minimum length 1.",
            param=f"{where}.vector_store_ids",
            code="empty_array",
        )
    if tool.get("max_num_results") is not None:
        within(f"{where}.max_num_results", tool["max_num_results"], 1, 50, "an integer")


def _check_code_interpreter(where: str, tool: Tool) -> None:
    fields(where, tool, _KEYS["code_interpreter"], ("container",))
    container, spot = tool["container"], f"{where}.container"
    if isinstance(container, str):
        _ids(spot, [container], "cntr_")
        return
    fields(spot, container, ("type", "file_ids", "memory_limit", "network_policy"), ("type",))
    one_of(f"{spot}.type", container["type"], ("auto",))
    if container.get("file_ids") is not None:
        _ids(f"{spot}.file_ids", container["file_ids"], "file-")
    if container.get("memory_limit") is not None:
        one_of(f"{spot}.memory_limit", container["memory_limit"], MEMORY)


def _check_web_search(where: str, tool: Tool) -> None:
    if tool.get("search_context_size") is not None:
        one_of(f"{where}.search_context_size", tool["search_context_size"], ("low", "medium", "high"))
    if tool.get("filters") is not None:
        fields(f"{where}.filters", tool["filters"], ("allowed_domains",))


def _check_image_generation(where: str, tool: Tool) -> None:
    for key, words in _PICTURE.items():
        if tool.get(key) is not None:
            one_of(f"{where}.{key}", tool[key], words)
    if tool.get("partial_images") is not None:
        within(f"{where}.partial_images", tool["partial_images"], 0, 3, "an integer")
    if tool.get("model") in _RETIRED:
        raise Refusal(
            f"The model `{tool['model']}` has been shut down.",
            status=404,
            param=f"{where}.model",
            code="model_not_found",
        )


def _check_mcp(where: str, tool: Tool) -> None:
    fields(where, tool, _KEYS["mcp"], ("server_label",))
    if not _LABEL.fullmatch(str(tool["server_label"])):
        raise _mismatch(f"{where}.server_label", "^[a-zA-Z][a-zA-Z0-9_-]*$")
    ways = [key for key in ("server_url", "connector_id", "tunnel_id") if tool.get(key) is not None]
    if len(ways) != 1:
        raise Refusal(
            f"Invalid '{where}': exactly one of 'server_url', 'connector_id' or 'tunnel_id' is required.",
            param=where,
        )
    if tool.get("server_url") and not re.match(r"https?://[^/\s]+", str(tool["server_url"])):
        raise Refusal(f"Invalid '{where}.server_url': not a URL.", param=f"{where}.server_url")
    approval = tool.get("require_approval")
    if isinstance(approval, str):
        one_of(f"{where}.require_approval", approval, ("always", "never"))
    elif approval is not None:
        fields(f"{where}.require_approval", approval, ("always", "never"))


_CHECKS: Final[Mapping[str, Callable[[str, Tool], None]]] = {
    "function": _check_function,
    "file_search": _check_file_search,
    "code_interpreter": _check_code_interpreter,
    "web_search": _check_web_search,
    "image_generation": _check_image_generation,
    "mcp": _check_mcp,
}


def _ids(param: str, value: Any, prefix: str) -> None:
    typed(param, value, "an array")
    for number, text in enumerate(value):
        typed(f"{param}[{number}]", text, "a string")
        if not text.startswith(prefix):
            raise Refusal(
                f"Invalid '{param}[{number}]': '{text}'. Expected an ID that begins with '{prefix}'.",
                param=f"{param}[{number}]",
                code="invalid_value",
            )


def _mismatch(param: str, pattern: str) -> Refusal:
    return Refusal(
        f"Invalid '{param}': string does not match pattern. Expected a string that matches the pattern "
        f"'{pattern}'.",
        param=param,
        code="invalid_value",
    )
