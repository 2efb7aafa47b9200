"""Output items of the Responses API, as a script's beats make them: begun and finished.

Shapes: the SDK's `openai.types.responses.ResponseOutputItem`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from standins.script.beats import Call, Hosted, Reason
from standins.script.picture import png

Item = dict[str, Any]

PREFIXES: Final[Mapping[str, str]] = {
    "message": "msg",
    "function_call": "fc",
    "reasoning": "rs",
    "web_search_call": "ws",
    "file_search_call": "fs",
    "code_interpreter_call": "ci",
    "image_generation_call": "ig",
    "mcp_call": "mcp",
    "mcp_list_tools": "mcpl",
    "mcp_approval_request": "mcpr",
}
"""Of the ids of items."""
_BEGUN: Final[Mapping[str, Item]] = {
    "function_call": {"status": "in_progress", "arguments": ""},
    "reasoning": {"summary": [], "encrypted_content": ""},
    "web_search_call": {"status": "in_progress", "action": {"type": "search"}},
    "file_search_call": {"status": "in_progress", "queries": [], "results": None},
    "code_interpreter_call": {"status": "in_progress", "code": "", "outputs": None},
    "image_generation_call": {"status": "in_progress", "result": None},
    "mcp_call": {"status": "in_progress", "arguments": "", "output": None, "error": None},
    "mcp_list_tools": {"tools": []},
}
"""What is different in an item that begins."""
_WITH: Final = {"file_search_call": "results", "code_interpreter_call": "outputs"}
"""Fields that are null unless the request includes them."""


def begun(item: Item) -> Item:
    """The item as it is first shown."""
    return {**item, **_BEGUN.get(item["type"], {})}


def finished(beat: Call | Hosted | Reason, name: str) -> Item:
    """The item with its content; `name` is unique to it."""
    if isinstance(beat, Call):
        item = _call(beat, name)
    elif isinstance(beat, Reason):
        item = _reasoning(beat, name)
    else:
        item = {**_hosted(beat), **beat.fields}
    return {"id": f"{PREFIXES.get(item['type'], 'item')}_{name}", **item}


def arguments_of(beat: Call) -> str:
    """The arguments as the model writes them."""
    given = beat.arguments
    return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False, separators=(",", ":"))


def _call(beat: Call, name: str) -> Item:
    return {
        "type": "function_call",
        "status": "completed",
        "arguments": arguments_of(beat),
        "call_id": beat.id or f"call_{name}",
        "name": beat.name,
    }


def _reasoning(beat: Reason, name: str) -> Item:
    summary = [{"type": "summary_text", "text": beat.summary}] if beat.summary else []
    sealed = base64.b64encode(f"sealed {name}".encode()).decode()
    return {"type": "reasoning", "summary": summary, "encrypted_content": sealed}


def _hosted(beat: Hosted) -> Item:
    """What an item of that type has by itself."""
    item: Item = {"type": beat.type, "status": "completed"}
    if beat.type == "web_search_call":
        item["action"] = {"type": "search", "query": "", "queries": []}
    elif beat.type == "file_search_call":
        item |= {"queries": [], "results": []}
    elif beat.type == "code_interpreter_call":
        item |= {"code": "", "outputs": []}
    elif beat.type == "image_generation_call":
        item |= {"result": base64.b64encode(png()).decode(), "output_format": "png"}
    elif beat.type == "mcp_call":
        item |= {"server_label": "", "name": "", "arguments": "{}", "output": "", "error": None}
    elif beat.type == "mcp_list_tools":
        item = {"type": beat.type, "server_label": "", "tools": [], "error": None}
    elif beat.type == "mcp_approval_request":
        item = {"type": beat.type, "server_label": "", "name": "", "arguments": "{}"}
    return item


def leave_out(item: Item, include: Collection[str]) -> None:
    """Take away what a request has to ask for; `include` is its parameter."""
    kind = item["type"]
    if kind in _WITH and f"{kind}.{_WITH[kind]}" not in include:
        item[_WITH[kind]] = None
    action = item.get("action")
    if kind == "web_search_call" and action and f"{kind}.action.sources" not in include:
        item["action"] = {key: value for key, value in action.items() if key != "sources"}
