"""A real PNG made of nothing but the standard library."""

from __future__ import annotations

import struct
import zlib

SIDE = 32  # pixels of an edge


def png(red: int = 90, green: int = 120, blue: int = 220, side: int = SIDE) -> bytes:
    """A square of one colour that grows lighter to the right. https://www.w3.org/TR/png-3/"""
    line = b"\0" + b"".join(
        bytes(min(255, colour + 2 * column) for colour in (red, green, blue)) for column in range(side)
    )
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(line * side)), _chunk(b"IEND", b""))
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
