"""The chunks of a streamed message: text, tasks, the plan's title, blocks.

Source: docs.slack.dev/reference/methods/chat.appendStream#chunks and slack_sdk 3.47 `models.messages.chunk`.
Titles and texts of tasks are documented with 256 characters; the service has been seen to take more.
"""

from __future__ import annotations

from typing import Any

from standins.slack.blocks import check as check_blocks
from standins.slack.wire import ApiError, Json

LONGEST = 256
STATUSES = ("pending", "in_progress", "complete", "error")
_TASK = frozenset(["type", "id", "title", "status", "details", "output", "sources", "hide_title", "icon"])


def check(chunks: Any) -> list[Json]:
    """The chunks of a stream call. ApiError invalid_chunks, or those of blocks."""
    if not isinstance(chunks, list) or not chunks or not all(map(_fits, chunks)):
        raise ApiError("invalid_chunks")
    for chunk in chunks:
        if chunk["type"] == "blocks":
            check_blocks(chunk["blocks"])
    return chunks


def _fits(chunk: Any) -> bool:
    if not isinstance(chunk, dict):
        return False
    match chunk.get("type"):
        case "markdown_text":
            return chunk.keys() == {"type", "text"} and _text(chunk["text"], 12_000)
        case "plan_update":
            return chunk.keys() == {"type", "title"} and _text(chunk["title"], LONGEST)
        case "blocks":
            return chunk.keys() == {"type", "blocks"} and bool(chunk["blocks"])
        case "task_update":
            return _is_task(chunk)
        case _:
            return False


def _is_task(chunk: Json) -> bool:
    named = _text(chunk.get("id"), LONGEST) and _text(chunk.get("title"), LONGEST)
    said = all(_text(chunk[name], LONGEST) for name in ("details", "output") if name in chunk)
    sources = chunk.get("sources", [])
    cited = isinstance(sources, list) and all(_is_source(source) for source in sources)
    return named and said and cited and chunk.get("status") in STATUSES and chunk.keys() <= _TASK


def _is_source(source: Any) -> bool:
    """A link with a label; without the label Slack refuses it."""
    if not isinstance(source, dict) or source.get("type") != "url":
        return False
    return _text(source.get("url"), 3000) and _text(source.get("text"), LONGEST)


def _text(value: Any, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest
