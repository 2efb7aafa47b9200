"""What an output item of the Responses API says: its text, its parts, the tool it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def text_of(response: Mapping[str, Any]) -> str:
    """The text of a whole response."""
    said = [item for item in response.get("output") or () if item.get("type", "message") == "message"]
    return "".join(
        str(part.get("text") or part.get("refusal") or "") for item in said for part in parts_of(item)
    )


def parts_of(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The parts of a message's content; of a server that gives a mere text, that text."""
    content = message.get("content") or ()
    if isinstance(content, str):
        return [{"type": "output_text", "text": content}]
    return [part for part in content if isinstance(part, Mapping)]


def item_name(item: Mapping[str, Any]) -> str:
    """What tells one output item from another."""
    return str(item.get("call_id") or item.get("id") or "")


def unheard(data: Mapping[str, Any], heard: Sequence[str]) -> list[Mapping[str, Any]]:
    """Items of a whole response that the stream did not bring: not every server sends them one by one.

    Where it brought as many, nothing is new: some servers name the same items anew in the whole.
    """
    output = (data.get("response") or {}).get("output") or ()
    if len(heard) >= len(output):
        return []
    return [item for item in output if isinstance(item, dict) and item_name(item) not in heard]
