"""A transcription that was made."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Transcription:
    """`text` is what was said in the recording."""

    model: str
    name: str
    text: str
    content: bytes = field(repr=False)
