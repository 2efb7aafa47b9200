"""Input items: shapes, ids, and that each tool call has its output and the other way round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from standins.openai.checks import fields, missing, one_of, typed, wrong_type
from standins.openai.parts import check_part
from standins.openai.refusal import Refusal

ROLES: Final = ("assistant", "system", "developer", "user")
_STATUSES: Final = ("in_progress", "completed", "incomplete")
_SAID: Final = {
    "output_text": ({"type", "text", "annotations", "logprobs"}, ("text",)),
    "refusal": ({"type", "refusal"}, ("refusal",)),
}
_GIVEN: Final = {
    "input_text": ({"type", "text", "prompt_cache_breakpoint"}, ("text",)),
    "input_image": ({"type", "detail", "file_id", "image_url", "prompt_cache_breakpoint"}, ()),
    "input_file": (
        {"type", "detail", "file_data", "file_id", "file_url", "filename", "prompt_cache_breakpoint"},
        (),
    ),
}
_PICTURE: Final = ("action", "background", "output_format", "quality", "size", "revised_prompt", "error")
_MCP_RESULT: Final = ("approval_request_id", "error", "output", "status")
_KEYS: Final = {
    "message": ({"type", "role", "content", "status", "phase", "id"}, ("role", "content")),
    "function_call": (
        {"type", "call_id", "name", "arguments", "id", "status", "caller", "namespace", "async"},
        ("call_id", "name"),
    ),
    "function_call_output": (
        {"type", "call_id", "output", "id", "status", "caller", "name", "namespace"},
        ("call_id",),
    ),
    "reasoning": ({"type", "id", "summary", "content", "encrypted_content"}, ("id",)),
    "item_reference": ({"type", "id"}, ("id",)),
    "web_search_call": ({"type", "id", "action", "status"}, ("id", "action", "status")),
    "file_search_call": ({"type", "id", "queries", "status", "results"}, ("id", "queries", "status")),
    "code_interpreter_call": (
        {"type", "id", "code", "container_id", "outputs", "status"},
        ("id", "container_id", "status"),
    ),
    "image_generation_call": ({"type", "id", "result", "status", *_PICTURE}, ("id",)),
    "mcp_list_tools": ({"type", "id", "server_label", "tools", "error"}, ("id", "server_label", "tools")),
    "mcp_call": (
        {*("type", "id", "name", "arguments", "server_label"), *_MCP_RESULT},
        ("id", "name", "arguments", "server_label"),
    ),
    "mcp_approval_request": (
        {"type", "id", "name", "arguments", "server_label"},
        ("id", "name", "arguments", "server_label"),
    ),
    "mcp_approval_response": (
        {"type", "id", "approval_request_id", "approve", "reason"},
        ("approval_request_id", "approve"),
    ),
}
_UNCHECKED: Final = (
    *("computer_call", "computer_call_output", "tool_search_call", "program"),
    *("tool_search_output", "additional_tools", "configuration_update", "compaction", "compaction_trigger"),
    *("local_shell_call", "local_shell_call_output", "shell_call", "shell_call_output", "program_output"),
    *("apply_patch_call", "apply_patch_call_output", "custom_tool_call", "custom_tool_call_output"),
)
"""Known to the API; their insides are not this stand-in's business."""
TYPES: Final = (*_KEYS, *_UNCHECKED)
_ID_PREFIX: Final = {
    "message": "msg",
    "function_call": "fc",
    "reasoning": "rs",
    "web_search_call": "ws",
    "file_search_call": "fs",
    "code_interpreter_call": "ci",
    "image_generation_call": "ig",
    "mcp_list_tools": "mcpl",
    "mcp_call": "mcp",
    "mcp_approval_request": "mcpr",
}


def check_items(items: Sequence[Any], *, stored: bool) -> None:
    """All of `input`. Raises Refusal. `stored` is the request's `store`."""
    for number, item in enumerate(items):
        where = f"input[{number}]"
        if not isinstance(item, Mapping):
            raise wrong_type(where, "an object", item)
        kind = item.get("type") or ("message" if "role" in item else None)
        if kind is None:
            raise missing(f"{where}.type")
        one_of(f"{where}.type", kind, TYPES)
        if kind in _KEYS:
            fields(where, item, *_KEYS[kind])
            _check_item(where, kind, item, stored=stored)
    _check_calls(items)
    _check_approvals(items)
    _check_reasoning(items)


def _check_item(where: str, kind: str, item: Mapping[str, Any], *, stored: bool) -> None:
    if item.get("status") is not None and kind in ("message", "function_call", "function_call_output"):
        one_of(f"{where}.status", item["status"], _STATUSES)
    if kind == "message":
        _check_message(where, item)
    elif kind == "function_call":
        _check_call(where, item)
    elif kind == "function_call_output":
        _check_output(where, item)
    _check_id(where, kind, item)
    sealed = {"reasoning": "encrypted_content", "image_generation_call": "result"}.get(kind)
    kept_there = kind == "item_reference" or (sealed is not None and not item.get(sealed))
    if kept_there:
        raise _not_kept(item["id"], stored=stored)


def _check_message(where: str, item: Mapping[str, Any]) -> None:
    one_of(f"{where}.role", item["role"], ROLES)
    allowed = _SAID if item["role"] == "assistant" else _GIVEN
    if isinstance(item["content"], str):
        return
    if not isinstance(item["content"], list):
        raise wrong_type(f"{where}.content", "one of an array of objects or string", item["content"])
    _check_parts(f"{where}.content", item["content"], allowed)


def _check_parts(where: str, parts: Sequence[Any], allowed: Mapping[str, Any]) -> None:
    for number, part in enumerate(parts):
        spot = f"{where}[{number}]"
        if not isinstance(part, Mapping):
            raise wrong_type(spot, "an object", part)
        if "type" not in part:
            raise missing(f"{spot}.type")
        one_of(f"{spot}.type", part["type"], allowed)
        keys, required = allowed[part["type"]]
        fields(spot, part, keys, required)
        for key in required:
            typed(f"{spot}.{key}", part[key], "a string")
        check_part(spot, part)


def _check_call(where: str, item: Mapping[str, Any]) -> None:
    if "arguments" not in item:
        raise missing(f"{where}.arguments")
    for key in ("call_id", "name", "arguments"):
        typed(f"{where}.{key}", item[key], "a string")


def _check_output(where: str, item: Mapping[str, Any]) -> None:
    if "output" not in item:
        raise missing(f"{where}.output")
    if isinstance(item["output"], list):
        _check_parts(f"{where}.output", item["output"], _GIVEN)
    else:
        typed(f"{where}.output", item["output"], "a string")


def _check_id(where: str, kind: str, item: Mapping[str, Any]) -> None:
    given, prefix = item.get("id"), _ID_PREFIX.get(kind)
    if given is not None and prefix is not None and not str(given).startswith(prefix):
        raise Refusal(
            f"Invalid '{where}.id': '{given}'. Expected an ID that begins with '{prefix}'.",
            param=f"{where}.id",
            code="invalid_value",
        )


def _not_kept(item_id: str, *, stored: bool) -> Refusal:
    hint = "" if stored else " Items are not persisted when `store` is set to false."
    return Refusal(f"Item with id '{item_id}' not found.{hint}", status=404, param="input")


def _check_calls(items: Sequence[Mapping[str, Any]]) -> None:
    """An output follows its call, and no call stays without one."""
    open_calls: dict[str, None] = {}
    for item in items:
        if item.get("type") == "function_call":
            open_calls[item["call_id"]] = None
        elif item.get("type") == "function_call_output":
            if item["call_id"] not in open_calls:
                raise Refusal(
                    f"No tool call found for function call output with call_id {item['call_id']}.",
                    param="input",
                )
            del open_calls[item["call_id"]]
    for call_id in open_calls:
        raise Refusal(f"No tool output found for function call {call_id}.", param="input")


def _check_approvals(items: Sequence[Mapping[str, Any]]) -> None:
    """An answer to a question that was asked."""
    asked: set[str] = set()
    for item in items:
        if item.get("type") == "mcp_approval_request":
            asked.add(item["id"])
        elif item.get("type") == "mcp_approval_response" and item["approval_request_id"] not in asked:
            raise Refusal(
                f"No approval request found with id '{item['approval_request_id']}'.", param="input"
            )


def _check_reasoning(items: Sequence[Mapping[str, Any]]) -> None:
    """Reasoning stands before what it led to."""
    for item, following in zip(items, [*items[1:], {}], strict=True):
        if item.get("type") == "reasoning" and (not following or following.get("role") in ROLES[1:]):
            raise Refusal(
                f"Item '{item['id']}' of type 'reasoning' was provided without its required following item.",
                param="input",
            )
