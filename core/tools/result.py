"""What comes back from a tool: a text for the model, files for the people."""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass, field
from typing import Final

NAME_BYTES: Final = 200
"""Of a file's name; every platform and every file system takes that many."""
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f\u200b\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class FileResult:
    """A file that a tool gives back: it is posted to the chat, the model is told its name and size.

    Return one, or several things in a tuple or list: `return "Here it is.", FileResult("a.csv", text)`.
    """

    name: str
    content: bytes | str = field(repr=False)
    """A text is written as UTF-8."""
    type: str = ""
    """MIME type; "" is decided by the name's ending."""

    def __post_init__(self) -> None:
        if not isinstance(self.content, bytes | bytearray | str):
            raise TypeError("FileResult: content is bytes or str; of a file on disk give path.read_bytes()")

    @property
    def data(self) -> bytes:
        """The bytes."""
        return (
            self.content.encode("utf-8", "replace") if isinstance(self.content, str) else bytes(self.content)
        )

    def settled(self) -> FileResult:
        """The same with bytes, a type, and a name that is only a name."""
        name = _UNPRINTABLE.sub("", self.name.replace("\\", "/").split("/")[-1]).strip()
        name = name.encode("utf-8", "replace")[-NAME_BYTES:].decode("utf-8", "ignore")
        if not name.strip("."):
            name = "file"
        type_ = self.type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        return FileResult(name, self.data, type_)


@dataclass(frozen=True, slots=True)
class Result:
    """What a call came to. `output` is what the model reads, an error too; `files` are settled."""

    output: str
    ok: bool
    files: tuple[FileResult, ...] = ()
