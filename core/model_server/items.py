"""What an output item of the Responses API says: its text, its parts, the tool it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def output_of(response: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The output items of a whole response."""
    output = response.get("output")
    return [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []


def messages_of(response: Mapping[str, Any]) -> list[str]:
    """The texts of a whole response's messages; of a server that gives nothing but its text, that."""
    said = [item for item in output_of(response) if item.get("type", "message") == "message"]
    texts = [
        "".join(str(part.get("text") or part.get("refusal") or "") for part in parts_of(item))
        for item in said
    ]
    alone = response.get("output_text")
    return texts if any(texts) or not isinstance(alone, str) else [alone]


def text_of(response: Mapping[str, Any]) -> str:
    """The text of a whole response."""
    return "".join(messages_of(response))


def parts_of(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The parts of a message's content; of a server that gives a mere text, that text."""
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "output_text", "text": content}] if content else []
    return [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []


def item_name(item: Mapping[str, Any]) -> str:
    """What tells one output item from another."""
    return str(item.get("call_id") or item.get("id") or "")
