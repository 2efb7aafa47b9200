"""Input items: their fields and parts, and that each tool call has its output and the other way round."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import standins.openai.rules as rule
from standins.openai.refusal import refuse, refused

Item = Mapping[str, Any]

_DATA: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w-]+=[\w.-]+)*;base64,(.*)", re.DOTALL)
_PICTURES: Final = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
}
_LARGEST: Final = 50 * 2**20  # bytes of a file
_NO_DOCUMENTS: Final = ("image/", "audio/", "video/", "application/zip", "application/octet-stream")


def is_picture(content: bytes) -> bool:
    return any(content.startswith(sign) for sign in _PICTURES.values())


def _decoded(param: str, url: str) -> tuple[str, bytes]:
    """MIME type and bytes of a data URL. Raises Refusal."""
    found = _DATA.fullmatch(url)
    try:
        if found is None:
            raise ValueError
        return found[1], base64.b64decode(found[2], validate=True)
    except (ValueError, binascii.Error):
        raise refused("base64", param=param) from None


def _picture(param: str, part: Item) -> None:
    url = part.get("image_url")
    if url is None or re.match(r"https?://", url):
        return
    kind, content = _decoded(f"{param}.image_url", url)
    if kind not in _PICTURES:
        raise refused("picture type", param=param, kind=kind)
    refuse(not content.startswith(_PICTURES[kind]), "picture", param=param, formats=list(_PICTURES))


def _file(param: str, part: Item) -> None:
    if part.get("file_data") is None:
        return
    refuse(not part.get("filename"), "missing", param=f"{param}.filename")
    kind, content = _decoded(f"{param}.file_data", part["file_data"])
    refuse(not content, "empty file", param=param)
    refuse(len(content) > _LARGEST, "large file", param=param)
    if kind.startswith(_NO_DOCUMENTS) or (kind == "application/pdf") != content.startswith(b"%PDF-"):
        raise refused("file type", param=param, name=part["filename"], kind=kind)


def _parts(kinds: Mapping[str, rule.Rule]) -> rule.Rule:
    """A string or an array of parts."""
    parts = rule.array(rule.chosen(kinds))

    def check(param: str, value: Any) -> None:
        if not isinstance(value, list):
            rule.typed(param, value, "one of an array of objects or string")
        parts(param, value)

    return rule.either(rule.anything, check)


_SAID: Final = _parts(
    {
        "output_text": rule.record("type annotations logprobs", "text", text=rule.TEXT),
        "refusal": rule.record("type", "refusal", refusal=rule.TEXT),
    }
)
_GIVEN: Final = _parts(
    {
        "input_text": rule.record("type prompt_cache_breakpoint", "text", text=rule.TEXT),
        "input_image": rule.record(
            "type file_id prompt_cache_breakpoint",
            "",
            rule.one_way("image_url", "file_id"),
            _picture,
            image_url=rule.TEXT,
            detail=rule.word("low", "high", "auto", "original"),
        ),
        "input_file": rule.record(
            "type detail file_id file_url filename prompt_cache_breakpoint",
            "",
            rule.one_way("file_data", "file_id", "file_url"),
            _file,
            file_data=rule.TEXT,
        ),
    }
)
_ROLES: Final = ("assistant", "system", "developer", "user")


def _content(param: str, message: Item) -> None:
    (_SAID if message["role"] == "assistant" else _GIVEN)(f"{param}.content", message["content"])


def _item(prefix: str, known: str, needed: str, *also: rule.Rule, **rules: rule.Rule) -> rule.Rule:
    """An item whose id begins so; `known` fields are not looked at."""
    return rule.record(f"type {known}", needed, *also, id=rule.begins(prefix), **rules)


_STATUS: Final = rule.word("in_progress", "completed", "incomplete")
_MCP: Final = "id name arguments server_label"
ITEMS: Final[Mapping[str, rule.Rule]] = {
    "message": _item(
        "msg", "content phase", "role content", _content, role=rule.word(*_ROLES), status=_STATUS
    ),
    "function_call": _item(
        "fc",
        "caller namespace async",
        "call_id name arguments",
        **rule.each(rule.TEXT, "call_id name arguments"),
        status=_STATUS,
    ),
    "function_call_output": _item(
        "", "call_id caller name namespace", "call_id output", output=_GIVEN, status=_STATUS
    ),
    "reasoning": _item("rs", "summary content encrypted_content", "id"),
    "item_reference": _item("", "", "id"),
    "web_search_call": _item("ws", "action status", "id action status"),
    "file_search_call": _item("fs", "queries status results", "id queries status"),
    "code_interpreter_call": _item("ci", "code container_id outputs status", "id container_id status"),
    "image_generation_call": _item(
        "ig", "result status action background output_format quality size revised_prompt error", "id"
    ),
    "mcp_list_tools": _item("mcpl", "server_label tools error", "id server_label tools"),
    "mcp_call": _item("mcp", f"{_MCP[3:]} approval_request_id error output status", _MCP),
    "mcp_approval_request": _item("mcpr", _MCP[3:], _MCP),
    "mcp_approval_response": _item("", "approval_request_id approve reason", "approval_request_id approve"),
    **rule.each(
        rule.anything,
        "computer_call computer_call_output tool_search_call tool_search_output program program_output "
        "additional_tools configuration_update compaction compaction_trigger local_shell_call shell_call "
        "local_shell_call_output shell_call_output apply_patch_call apply_patch_call_output "
        "custom_tool_call custom_tool_call_output",
    ),
}
"""By type; the insides of the last ones are not this stand-in's business."""
_ANY: Final = rule.chosen(ITEMS)
_SEALED: Final = {"reasoning": "encrypted_content", "image_generation_call": "result"}
"""What an item must carry, because the server does not keep it."""


def check_items(items: Sequence[Any], *, stored: bool) -> None:
    """All of `input`. Raises Refusal. `stored` is the request's `store`."""
    for number, item in enumerate(items):
        rule.OBJECT(f"input[{number}]", item)
        kind = item.get("type") or ("message" if "role" in item else None)
        if kind is None:
            raise refused("missing", param=f"input[{number}].type")
        _ANY(f"input[{number}]", {**item, "type": kind})
        if kind == "item_reference" or (kind in _SEALED and not item.get(_SEALED[kind])):
            hint = "" if stored else " Items are not persisted when `store` is set to false."
            raise refused("item", id=item["id"], hint=hint)
    for pair in (
        ("function_call", "call_id", "function_call_output", "call_id", "no call"),
        ("mcp_approval_request", "id", "mcp_approval_response", "approval_request_id", "no approval"),
    ):
        _check_pairs(items, *pair)
    _check_reasoning(items)


def _check_pairs(
    items: Sequence[Item], asked: str, name: str, answered: str, reference: str, refusal: str
) -> None:
    """What answers stands after what asked; and no call stays without its output."""
    waiting: dict[Any, None] = {}
    for item in items:
        if item.get("type") == asked:
            waiting[item[name]] = None
        elif item.get("type") == answered:
            if item[reference] not in waiting:
                raise refused(refusal, id=item[reference])
            if asked == "function_call":
                del waiting[item[reference]]
    for call_id in waiting if asked == "function_call" else ():
        raise refused("no output", id=call_id)


def _check_reasoning(items: Sequence[Item]) -> None:
    """Reasoning stands before what it led to."""
    for item, following in zip(items, [*items[1:], {}], strict=True):
        if item.get("type") == "reasoning" and (not following or following.get("role") in _ROLES[1:]):
            raise refused("reasoning alone", id=item["id"])
