"""Documents before they are given to a model server: which bytes, under which name, and if it can read them.

Facts about formats and sizes: https://platform.openai.com/docs/guides/tools-file-search#supported-files
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Final

from core.ports import LARGEST_UPLOAD

_CODE = "c cpp cs css go html java js json php py rb sh tex ts"
_TEXTS = "doc docx md pdf pptx txt"
SEARCHABLE: Final = frozenset(f".{ending}" for ending in f"{_CODE} {_TEXTS}".split())
"""Endings of what file search reads."""


@dataclass(frozen=True, slots=True)
class Source:
    """A document's bytes, or where they are. `digest` is their SHA-256 in hex."""

    name: str
    content: bytes | Path = field(repr=False)
    size: int
    digest: str


def source(name: str, content: bytes) -> Source:
    """A document held in memory."""
    return Source(plain(name), content, len(content), hashlib.sha256(content).hexdigest())


def sent(name: str, content: bytes) -> Source:
    """A document a person sent. A text whose ending is unknown is a .txt as well: so it can be searched."""
    known = PurePath(plain(name)).suffix in SEARCHABLE
    return source(name if known or not _is_text(content) else f"{name}.txt", content)


def read(path: Path) -> Source:
    """A document on disk; reads all of it, a piece at a time. Raises OSError."""
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
        return Source(plain(path.name), path, opened.tell(), digest)


def problem(path: Path) -> str:
    """Why the file at that path cannot be added, "" when it can. Does not open it."""
    if not path.is_file():
        return "there is no such file"
    if path.suffix.lower() not in SEARCHABLE:
        ending = f"{path.suffix} files" if path.suffix else "files without an ending"
        return f"file search cannot read {ending}; it reads {', '.join(sorted(SEARCHABLE))}"
    size = path.stat().st_size
    if not size:
        return "the file is empty"
    if size > LARGEST_UPLOAD:
        return f"it has {size / 2**20:.0f} MB; the most is {LARGEST_UPLOAD // 2**20} MB"
    return ""


def plain(name: str) -> str:
    """The name without folders, its letters composed (some systems store 한 in pieces), its ending small."""
    path = PurePath(unicodedata.normalize("NFC", PurePath(name).name) or "document")
    return path.stem + path.suffix.lower()


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False
