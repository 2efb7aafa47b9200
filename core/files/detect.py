"""What a file is, by its content: never by its name or by the type that was announced.

Signatures are those of the formats' specifications; `files.images` and `files.audio` look further into
theirs. Nothing is decompressed and no time grows faster than the content.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Iterator
from itertools import islice
from typing import Final

from core.errors import FileRefused
from core.files import audio, images
from core.types import File, FileKind

LONGEST_NAME = 120
MOST_PARTS = 20_000
"""Members of an office document that are looked at."""


_ENCRYPT: Final = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)")
_HEADS: Final = re.compile(rb"\bobj\b|\btrailer(?=\s*<<)")
"""Where an object or a trailer begins."""
_TRAILER: Final = 4096
"""Bytes of a PDF's trailer that are looked at."""
_OFFICE: Final = {
    b"word/": ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    b"ppt/": ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    b"xl/": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
_ODT: Final = b"application/vnd.oasis.opendocument.text"
_ARCHIVES: Final = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"BZh")
_ARCHIVES_TOO: Final = (b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TEXTS: Final = {
    "csv": "text/csv",
    "htm": "text/html",
    "html": "text/html",
    "json": "application/json",
    "md": "text/markdown",
    "markdown": "text/markdown",
    "tsv": "text/tab-separated-values",
    "xml": "text/xml",
    "svg": "text/xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "css": "text/css",
    "ics": "text/calendar",
    "js": "text/javascript",
    "py": "text/x-python",
    "sh": "text/x-sh",
    "c": "text/x-c",
    "h": "text/x-c",
    "cpp": "text/x-c++",
    "cs": "text/x-csharp",
    "go": "text/x-golang",
    "java": "text/x-java",
    "kt": "text/x-kotlin",
    "php": "text/x-php",
    "rb": "text/x-ruby",
    "rs": "text/x-rust",
    "sql": "text/x-sql",
    "swift": "text/x-swift",
    "tex": "text/x-tex",
    "ts": "text/x-typescript",
    "log": "text/plain",
    "txt": "text/plain",
    "ini": "text/plain",
    "srt": "text/plain",
}
"""What the name tells about a text: only that it is one is told by its content."""
_ENDINGS: Final = {
    "image/jpeg": ("jpg", "jpeg"),
    "audio/mp4": ("m4a", "mp4"),
    "audio/mpeg": ("mp3", "mpga"),
    "audio/ogg": ("ogg", "oga", "opus"),
}
"""Endings that a name may keep, the usual one first; of other types there is one."""
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def judge(content: bytes, name: str, *, voice: bool = False) -> File:
    """What the file is. `voice`: recorded in the chat, so sound whatever its container claims.

    A text becomes UTF-8 without a byte order mark; of moving pictures only the first one is left.
    Raises FileRefused whose `notice` says why it is not taken; nothing else, whatever the bytes are.
    """
    if not content:
        raise FileRefused("file_empty")
    if picture := images.look(content):
        return _found("picture", picture.type, name, picture.content)
    if sound := audio.type_of(content, voice=voice):
        return _found("audio", sound, name, content)
    return _document(content, name) or _text(content, name)


def _document(content: bytes, name: str) -> File | None:
    if content.startswith(b"%PDF-") or (b"%PDF-" in content[:1024] and b"%%EOF" in content[-1024:]):
        if _encrypted(content):
            raise FileRefused("file_password")
        return _found("document", "application/pdf", name, content)
    if content.startswith(b"{\\rtf"):
        return _found("document", "application/rtf", name, content)
    if content.startswith(b"PK\x03\x04"):
        return _office(content, name)
    if content.startswith(_OLD_OFFICE):
        raise FileRefused("file_old_office")
    if content.startswith(_ARCHIVES) or content.startswith(_ARCHIVES_TOO) or content[257:262] == b"ustar":
        raise FileRefused("file_archive")
    return None


def _encrypted(content: bytes) -> bool:
    """Whether a trailer of the PDF, or a cross-reference stream in its place, names an encryption."""
    for found in islice(_ENCRYPT.finditer(content), MOST_PARTS):
        before = content[max(0, found.start() - _TRAILER) : found.start()]
        after = content[found.end() : found.end() + _TRAILER].partition(b"stream")[0]
        head = _HEADS.split(before)[-1] if _HEADS.search(before) else b"stream"
        if b"endobj" in head or b"stream" in head:
            continue
        if before[: -len(head) or None].rstrip().endswith(b"trailer") or b"/XRef" in head + after:
            return True
    return False


def _office(content: bytes, name: str) -> File:
    """A zip file is a document when it has the parts of one."""
    if content[30:38] == b"mimetype" and content[38 : 38 + len(_ODT)] == _ODT:
        return _found("document", _ODT.decode(), name, content)
    parts = list(_parts(content))
    if b"[Content_Types].xml" not in parts:
        raise FileRefused("file_archive")
    if any(part.endswith(b"vbaProject.bin") for part in parts):
        raise FileRefused("file_macros")
    for folder, (_, type) in _OFFICE.items():
        if any(part.startswith(folder) for part in parts):
            return _found("document", type, name, content)
    raise FileRefused("file_archive")


def _parts(content: bytes) -> Iterator[bytes]:
    """The names in the directory of a zip file, as far as it is sound."""
    end = content.rfind(b"PK\x05\x06")
    if end < 0 or end + 20 > len(content):
        return
    at = struct.unpack_from("<I", content, end + 16)[0]
    for _ in range(MOST_PARTS):
        if content[at : at + 4] != b"PK\x01\x02" or at + 46 > len(content):
            return
        name, extra, comment = struct.unpack_from("<HHH", content, at + 28)
        yield content[at + 46 : at + 46 + name]
        at += 46 + name + extra + comment


def _text(content: bytes, name: str) -> File:
    """Unicode, or an older encoding where the name says that it is text. Raises FileRefused."""
    ending = _ending(name)
    for encoding in _encodings(content, ending):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROLS.search(text):
            return File(name, _TEXTS.get(ending, "text/plain"), text.encode(), "text")
    raise FileRefused("file_type")


def _encodings(content: bytes, ending: str) -> tuple[str, ...]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    old = ("cp949", "cp1252") if ending in _TEXTS else ()  # what spreadsheets write where they are old
    return ("utf-8-sig", *old)


def _found(kind: FileKind, type: str, name: str, content: bytes) -> File:
    endings = _ENDINGS.get(type) or (_usual(type),)
    named = name if _ending(name) in endings else f"{name}.{endings[0]}"
    return File(named, type, content, kind)


def _usual(type: str) -> str:
    office = {known: ending for ending, known in _OFFICE.values()} | {_ODT.decode(): "odt"}
    return office.get(type) or type.partition("/")[2]


def _ending(name: str) -> str:
    stem, _, ending = name.rpartition(".")
    return ending.casefold() if stem else ""


def safe_name(given: object) -> str:
    """A file name to show and to send: no path, no control or direction characters, at most 120 long."""
    text = _UNSAFE.sub("", given[:4096]) if isinstance(given, str) else ""
    name = " ".join(re.split(r"[/\\]", unicodedata.normalize("NFC", text))[-1].split()).strip(". ")
    if len(name) > LONGEST_NAME:
        ending = _ending(name)
        kept = f".{ending}" if ending and len(ending) < 10 else ""
        name = name[: LONGEST_NAME - len(kept)].rstrip() + kept
    return name or "file"
