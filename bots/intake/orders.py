"""Words that are orders when they are the whole of a message."""

from __future__ import annotations

import unicodedata
from typing import Final

from core.types import Kind

_ORDERS: Final[dict[str, Kind]] = {
    **dict.fromkeys(("help", "도움말"), "help"),
    **dict.fromkeys(("reset", "초기화", "리셋"), "reset"),
    **dict.fromkeys(("stop", "그만", "중지"), "stop"),
    **dict.fromkeys(("memory", "기억"), "memory"),
}
_DRESS: Final = "*_~`/!.\"'“”‘’\u200b \t\n"


def kind(text: str) -> Kind:
    """What a message with this text wants: an order of ours, however dressed up, else an answer."""
    plain = unicodedata.normalize("NFKC", text) if len(text) < 40 else text  # full width, or letter by letter
    return _ORDERS.get(plain.strip(_DRESS).casefold(), "ask")
