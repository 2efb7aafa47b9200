"""The events of an output item between its `output_item.added` and its `output_item.done`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from standins.openai.draft import Json

Step = tuple[str, Json]
"""Name and fields of an event; every one also carries the item's id and index."""

_WORK: Final = {
    "web_search_call": ("in_progress", "searching"),
    "file_search_call": ("in_progress", "searching"),
    "code_interpreter_call": ("in_progress",),
    "image_generation_call": ("in_progress", "generating"),
    "mcp_call": ("in_progress",),
    "mcp_list_tools": ("in_progress",),
}
_PIECE: Final = 12
"""Characters of a delta."""


def opening(item: Json) -> Iterator[Step]:
    """What follows the beginning of the item at once."""
    if item["type"] == "message":
        yield "content_part.added", {"content_index": 0, "part": _EMPTY}
    for word in _WORK.get(item["type"], ()):
        yield f"{item['type']}.{word}", {}


def closing(item: Json) -> Iterator[Step]:
    """What comes before its end."""
    kind = item["type"]
    if kind == "message":
        part = item["content"][0]
        yield "output_text.done", {"content_index": 0, "text": part["text"], "logprobs": []}
        yield "content_part.done", {"content_index": 0, "part": part}
    elif kind == "function_call":
        yield from _written("function_call_arguments", "arguments", item["arguments"])
    elif kind == "reasoning":
        yield from _thought(item)
    elif kind == "code_interpreter_call":
        yield from _written("code_interpreter_call_code", "code", item.get("code") or "")
        yield "code_interpreter_call.interpreting", {}
    elif kind == "mcp_call":
        yield from _written("mcp_call_arguments", "arguments", item["arguments"])
    if kind in _WORK:
        failed = kind.startswith("mcp_") and bool(item.get("error"))
        yield f"{kind}.{'failed' if failed else 'completed'}", {}


_EMPTY: Final[Json] = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}


def _written(event: str, field: str, text: str) -> Iterator[Step]:
    for start in range(0, len(text), _PIECE):
        yield f"{event}.delta", {"delta": text[start : start + _PIECE]}
    yield f"{event}.done", {field: text}


def _thought(item: Json) -> Iterator[Step]:
    for number, part in enumerate(item["summary"]):
        where = {"summary_index": number}
        yield "reasoning_summary_part.added", {**where, "part": {**part, "text": ""}}
        yield "reasoning_summary_text.delta", {**where, "delta": part["text"]}
        yield "reasoning_summary_text.done", {**where, "text": part["text"]}
        yield "reasoning_summary_part.done", {**where, "part": part}
