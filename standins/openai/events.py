"""Events of a response and their bytes on the wire."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any, Final, Literal

_NOISE: Final = secrets.token_urlsafe(64)
_BLOCK: Final = 16


@dataclass(frozen=True, slots=True)
class Event:
    """A rare event: its whole frame, made once."""

    sequence: int
    frame: bytes
    name: str

    def encode(self, *, obfuscate: bool) -> bytes:
        """The frame; only deltas are obfuscated."""
        return self.frame


@dataclass(frozen=True, slots=True)
class Delta:
    """A text delta. `middle` is the JSON between sequence number and text, the same for a whole message."""

    sequence: int
    middle: str
    text: str

    def encode(self, *, obfuscate: bool) -> bytes:
        """The frame. Obfuscation fills text up to a multiple of 16 characters, so sizes tell little."""
        noise = f',"obfuscation":"{_NOISE[: _BLOCK - len(self.text) % _BLOCK]}"' if obfuscate else ""
        return (
            "event: response.output_text.delta\n"
            f'data: {{"type":"response.output_text.delta","sequence_number":{self.sequence}{self.middle}'
            f'"delta":{json.dumps(self.text)},"logprobs":[]{noise}}}\n\n'
        ).encode()


@dataclass(frozen=True, slots=True)
class Break:
    """The connection of whoever listens ends here: broken ("cut") or closed without a word ("silent")."""

    kind: Literal["cut", "silent"]


def event(sequence: int, name: str, **fields: Any) -> Event:
    """Serialise an event of the API."""
    data = json.dumps({"type": name, "sequence_number": sequence, **fields}, separators=(",", ":"))
    return Event(sequence, f"event: {name}\ndata: {data}\n\n".encode(), name)


def delta_middle(item_id: str, index: int) -> str:
    """What stands between the sequence number and the text of every delta of one message."""
    return f',"item_id":"{item_id}","output_index":{index},"content_index":0,'
