"""A file at a message: what a person attaches or the bot uploads, and how Discord describes both.

Source: docs.discord.com/developers/resources/message#attachment-object.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from standins.discord.error import JSON

File = tuple[str, bytes]  # the name and the bytes of an uploaded part


@dataclass(frozen=True, slots=True)
class Upload:
    """What a person attaches. `type` is by default guessed from the name; `size` is announced, where it lies.
    `voice`: recorded in the chat, which makes the whole message a voice message of that one file.
    """

    name: str
    content: bytes = field(default=b"", repr=False)
    type: str = ""
    voice: bool = False
    size: int | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """Stored. `sign` gives the address its bytes can be fetched at from now on, for a while."""

    id: str
    filename: str
    content: bytes = field(repr=False)
    content_type: str
    size: int
    sign: Callable[[Attachment], str] = field(repr=False)
    description: str = ""
    voice: bool = False
    title: str = ""  # what it was called, without the ending, where that differs from the file name

    @property
    def url(self) -> str:
        return self.sign(self)

    def described(self, description: str | None) -> Attachment:
        """Itself, with another description unless that is None."""
        return self if description is None else replace(self, description=description)

    def payload(self) -> JSON:
        """As messages carry it; every reading signs anew, as REST and gateway do."""
        url = self.url
        told: JSON = {
            **{"id": self.id, "filename": self.filename, "size": self.size, "url": url, "proxy_url": url},
            **{"content_type": self.content_type, "content_scan_version": 0},
        }
        told |= {name: value for name in ("description", "title") if (value := getattr(self, name))}
        if self.voice:
            return {**told, "duration_secs": 1.5, "waveform": base64.b64encode(bytes(range(64))).decode()}
        return {**told, "width": 64, "height": 64} if self.content_type.startswith("image/") else told


def stored_name(name: str) -> str:
    """A file name as Discord keeps it: without folders, and with what addresses may have."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return re.sub(r"[^\w.-]", "", last.replace(" ", "_"), flags=re.ASCII).lstrip(".") or "unknown"
