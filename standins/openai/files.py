"""Uploaded files: kept until they expire or are deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from standins.openai.body import Json
from standins.openai.clock import Clock
from standins.openai.refusal import refused

_PRIVATE: Final = ("assistants", "user_data", "vision")
"""Purposes whose files can never be downloaded again."""


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
        """The file object of the API."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": int(self.created_at),
            "expires_at": None if self.expires_at is None else int(self.expires_at),
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
            "status_details": None,
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
        if not content:
            raise refused("empty upload")
        now = self._clock.now()
        expires_at = None if seconds is None else now + seconds
        file = File(f"file-{uuid4().hex[:24]}", name, purpose, now, expires_at, content)
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
        """A file that is there. Raises Refusal."""
        file = self.kept.get(file_id)
        if file is None:
            raise refused("file", id=file_id)
        return file

    def download(self, file_id: str) -> File:
        """A file whose content may be had. Raises Refusal."""
        file = self.find(file_id)
        if file.purpose in _PRIVATE:
            raise refused("private file", purpose=file.purpose)
        return file

    def delete(self, file_id: str) -> None:
        """Forget a file. Raises Refusal when it is not there."""
        del self._kept[self.find(file_id).id]
