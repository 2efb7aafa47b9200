"""Recordings, and what a test says was said in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from standins.openai.body import Json, Sent
from standins.openai.refusal import refused

MODELS: Final = ("gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "whisper-1")
_ENDINGS: Final = ("flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm")
_SIGNS: Final = (
    *((0, sign) for sign in (b"fLaC", b"ID3", b"OggS", b"RIFF", b"\x1aE\xdf\xa3")),
    *((0, bytes([0xFF, low])) for low in (0xFB, 0xF3, 0xF2, 0xFA, 0xF1, 0xF9)),
    (4, b"ftyp"),
)
"""Where and how recordings begin."""


@dataclass(frozen=True, slots=True)
class Transcription:
    """One that was made; `text` is what was said in the recording."""

    model: str
    name: str
    text: str
    content: bytes = field(repr=False)

    def to_json(self) -> Json:
        """The object of the API."""
        usage = {"type": "duration", "seconds": max(1, len(self.content) // 16_000)}
        return {"text": self.text, "languages": [], "usage": usage}


def check_recording(sent: Sent) -> None:
    """Raises Refusal for what is none."""
    ending = sent.name.rsplit(".", 1)[-1].lower() if "." in sent.name else ""
    if ending not in _ENDINGS:
        raise refused("recording name", formats=list(_ENDINGS))
    if not any(sent.content.startswith(sign, place) for place, sign in _SIGNS):
        raise refused("recording")
