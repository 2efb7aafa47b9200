"""Objects in the Assistants API's shapes: the same whether they are stored, asked for or streamed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.store.thread_messages import ThreadMessage

Object = dict[str, Any]
UNFINISHED = ("queued", "in_progress", "requires_action", "cancelling")


def thread(id: str, created_at: float, kept: Mapping[str, Any]) -> Object:
    """A thread, from what is kept of it."""
    named = {"id": id, "object": "thread", "created_at": int(created_at)}
    return {
        **named,
        "metadata": kept.get("metadata") or {},
        "tool_resources": kept.get("tool_resources") or {},
    }


def text_part(text: str, annotations: Sequence[Mapping[str, Any]] = ()) -> Object:
    """Words, as a part of a message's content."""
    return {"type": "text", "text": {"value": text, "annotations": list(annotations)}}


def message(one: ThreadMessage) -> Object:
    """A message as it is stored."""
    kept = one.object
    status, at = kept.get("status", "completed"), int(kept.get("ended_at") or one.sent_at)
    reason = kept.get("reason")
    return {
        "id": one.id,
        "object": "thread.message",
        "created_at": int(one.sent_at),
        "thread_id": one.thread,
        "status": status,
        "incomplete_details": {"reason": reason} if reason else None,
        "completed_at": at if status == "completed" else None,
        "incomplete_at": at if status == "incomplete" else None,
        "role": one.role,
        "content": kept["content"] if "content" in kept else [text_part(one.text)],
        "assistant_id": one.assistant,
        "run_id": one.run,
        "attachments": kept.get("attachments") or [],
        "metadata": kept.get("metadata") or {},
    }


def deleted(kind: str, id: str) -> Object:
    """What is answered to a deletion."""
    return {"id": id, "object": f"{kind}.deleted", "deleted": True}


def words(content: Iterable[Mapping[str, Any]]) -> str:
    """All that a message's content says."""
    return "\n\n".join(str(part["text"]["value"]) for part in content if part["type"] == "text")
