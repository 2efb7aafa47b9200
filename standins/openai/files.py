"""Uploaded files, until they expire or are deleted; recordings, and what a test says was said in them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from standins.openai.refusal import refuse, refused
from standins.openai.rules import Json, Sent


class Clock:
    """Unix seconds."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def now(self) -> float:
        """The time, with everything that was skipped."""
        return time.time() + self._skipped

    def skip(self, seconds: float) -> None:
        self._skipped += seconds


@dataclass(frozen=True, slots=True)
class File:
    """One upload. Times in Unix seconds; `expires_at` None: never."""

    id: str
    name: str
    purpose: str
    created_at: float
    expires_at: float | None
    content: bytes = field(repr=False)

    def to_json(self) -> Json:
        return {
            **{"id": self.id, "object": "file", "bytes": len(self.content)},
            "created_at": int(self.created_at),
            "expires_at": None if self.expires_at is None else int(self.expires_at),
            **{"filename": self.name, "purpose": self.purpose, "status": "processed", "status_details": None},
        }


class Files:
    """`uploaded` has every file there ever was, in order; `limit` in bytes of one."""

    def __init__(self, clock: Clock) -> None:
        self.limit = 512 * 2**20
        self.uploaded: list[File] = []
        self._clock = clock
        self._kept: dict[str, File] = {}

    def add(self, name: str, purpose: str, content: bytes, seconds: int | None = None) -> File:
        """Keep an upload, for so many seconds. Raises Refusal for an empty one."""
        refuse(not content, "empty upload")
        now = self._clock.now()
        expires_at = None if seconds is None else now + seconds
        file = File(f"file-{uuid4().hex[:22]}", name, purpose, now, expires_at, content)
        self._kept[file.id] = file
        self.uploaded.append(file)
        return file

    @property
    def kept(self) -> Mapping[str, File]:
        """What is there now, by id, oldest first."""
        now = self._clock.now()
        for file in list(self._kept.values()):
            if file.expires_at is not None and file.expires_at <= now:
                del self._kept[file.id]
        return self._kept

    def find(self, file_id: str) -> File:
        file = self.kept.get(file_id)
        if file is None:
            raise refused("file", id=file_id)
        return file

    def delete(self, file_id: str) -> None:
        del self._kept[self.find(file_id).id]


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

    @property
    def seconds(self) -> int:
        """How long it is, as far as this server can tell."""
        return max(1, len(self.content) // 16_000)

    def to_json(self) -> Json:
        usage = {"type": "duration", "seconds": self.seconds}
        return {"text": self.text, "languages": [], "usage": usage}


def check_recording(sent: Sent) -> None:
    ending = sent.name.rsplit(".", 1)[-1].lower() if "." in sent.name else ""
    if ending not in _ENDINGS:
        raise refused("recording name", formats=list(_ENDINGS))
    refuse(not any(sent.content.startswith(sign, place) for place, sign in _SIGNS), "recording")
