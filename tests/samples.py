"""Small files of every kind, made by the formats' rules: as little as each needs to be one."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

OFFICE = {
    "docx": ("word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pptx": (
        "ppt/presentation.xml",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    "xlsx": ("xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def png(width: int = 2, height: int = 3) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" * (width + 1) for _ in range(height)) if width < 99 else b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(width: int = 2, height: int = 3, marker: int = 0xC0) -> bytes:
    """A JPEG with an EXIF block, fill bytes and restart markers before its frame."""
    exif = b"\xff\xe1" + struct.pack(">H", 10) + b"Exif\0\0\xff\xd9"
    frame = bytes((0xFF, 0xFF, marker)) + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    return b"\xff\xd8" + exif + frame + b"\xff\xda\0\x08\1\1\0\0\x3f\0" + b"\x12\x34" + b"\xff\xd9"


def gif(frames: int = 1, width: int = 2, height: int = 3) -> bytes:
    """Pictures with a colour table each, comments between them."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    comment = b"\x21\xfe\x05hello\0"
    picture = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0x80) + bytes(6) + b"\2\2\x44\1\0"
    return head + (comment + picture) * frames + b";"


def webp(kind: bytes = b"VP8X", width: int = 2, height: int = 3) -> bytes:
    """The three headers WebP knows."""
    if kind == b"VP8X":
        body = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    elif kind == b"VP8L":
        body = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(5)
    else:
        body = b"\x30\x01\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
    riff = b"WEBP" + kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(riff)) + riff


def zipped(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "x")
    return made.getvalue()


def office(ending: str, *more: str) -> bytes:
    return zipped("[Content_Types].xml", "_rels/.rels", OFFICE[ending][0], *more)


def odt() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", "<x/>")
    return made.getvalue()


def box(kind: bytes, *inside: bytes) -> bytes:
    body = b"".join(inside)
    return struct.pack(">I", len(body) + 8) + kind + body


def mp4(*tracks: bytes, brand: bytes = b"isom") -> bytes:
    """Tracks such as `soun` and `vide`, told behind the data as recorders do."""
    handlers = [
        box(b"trak", box(b"tkhd"), box(b"mdia", box(b"hdlr", bytes(8) + one + bytes(13)))) for one in tracks
    ]
    return (
        box(b"ftyp", brand + bytes(4) + brand)
        + box(b"mdat", b"noise" * 20)
        + box(b"moov", box(b"mvhd"), *handlers)
    )


def webm(*codecs: bytes) -> bytes:
    """Tracks with these codecs."""
    tracks = b"".join(b"\xae\x80\x86" + bytes((0x80 | len(codec),)) + codec for codec in codecs)
    return b"\x1a\x45\xdf\xa3\x84\x42\x82\x84webm\x18\x53\x80\x67" + tracks + b"\x1f\x43\xb6\x75noise"


def ogg(codec: bytes = b"OpusHead") -> bytes:
    return b"OggS\0\2" + bytes(20) + b"\1\x13" + codec + bytes(20)


def mp3(*, tagged: bool = False) -> bytes:
    """Two frames of 128 kbit/s at 44.1 kHz; a tag makes the frames unnecessary."""
    frame = b"\xff\xfb\x90\x00" + bytes(413)
    return b"ID3\4\0\0\0\0\0\0" + bytes(100) if tagged else frame * 2


def aac() -> bytes:
    """Two ADTS frames of 16 bytes."""
    return (b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(9)) * 2


def wav() -> bytes:
    return b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + bytes(28)


FLAC = b"fLaC\0\0\0\x22" + bytes(34)
