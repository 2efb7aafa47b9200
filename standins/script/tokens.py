"""How many tokens a request weighs: an estimate, the same for every stand-in of a model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from standins.script.script import text_of

Item = Mapping[str, Any]
THOUGHT = 64  # of a reasoning item, which are part of the output
PICTURE = 765  # tokens of a picture, whatever its size


def estimated_tokens(text: str) -> int:
    """About four characters a token, rounded up: the usual estimate for English text."""
    return math.ceil(len(text) / 4)


def estimated_input(instructions: str, items: Sequence[Item]) -> int:
    """Tokens of a request: its instructions, the text of its items, arguments of calls, pictures, files."""
    return estimated_tokens(instructions) + sum(_estimated_item(item) for item in items)


def _estimated_item(item: Item) -> int:
    content = item.get("content") or item.get("output")
    parts = [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []
    pictures = [part.get("type") for part in parts].count("input_image")
    files = sum(len(str(part.get("file_data") or "")) for part in parts)
    text = text_of(item) + str(item.get("arguments") or "")
    return estimated_tokens(text) + PICTURE * pictures + math.ceil(files * 3 / 16)
