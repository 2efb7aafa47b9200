"""Words that are orders when they are the whole of a message."""

from __future__ import annotations

from typing import Final

from core.types import Kind

_ORDERS: Final[dict[str, Kind]] = {"reset": "reset", "stop": "stop", "memory": "memory"}


def kind(text: str) -> Kind:
    """What a message with this text wants: an order of ours, however dressed up, else an answer."""
    return _ORDERS.get(text.strip("*_~`/!. \n").casefold(), "ask")
