"""The bill: what this server did for money, request by request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from standins.script.tokens import estimated_input

LEAST: Final = 1024
"""Tokens that a prompt has in common with one before it, from which on they come from the cache."""
_STEP: Final = 128


Kind = Literal["response", "image", "transcription", "indexing"]
BILLED: Final[Mapping[str, Kind]] = {
    "POST /responses": "response",
    "POST /audio/transcriptions": "transcription",
}
"""Requests whose refusals are on the bill, too."""


@dataclass
class Charge:
    """One request that is paid for, or that was refused. Tokens are None while, or where, none were counted.

    `told`: whether its end could be seen by whoever asked. `units`: minutes of audio, or pictures.
    """

    kind: Kind
    model: str
    """"" of a request that was refused, and where none is named."""
    refused: int = 0
    """The HTTP status of a refusal."""
    input: int | None = None
    cached: int | None = None
    output: int | None = None
    reasoning: int | None = None
    units: float | None = None
    told: bool = False


class Cache:
    """The prompts of before, by their key: what one begins with in common with the last one is cached."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[str, Sequence[Mapping[str, Any]]]] = {}

    def hit(self, key: str, instructions: str, items: Sequence[Mapping[str, Any]]) -> int:
        """Tokens of this prompt that come from the cache, as multiples of 128, from 1,024 on."""
        before, given = self._before.get(key, ("", ())), list(items)
        self._before[key] = (instructions, given)
        if before[0] != instructions:
            return 0
        same = 0
        for old, new in zip(before[1], given, strict=False):
            if old != new:
                break
            same += 1
        tokens = estimated_input(instructions, given[:same])
        return tokens - tokens % _STEP if same and tokens >= LEAST else 0
