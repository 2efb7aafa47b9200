"""Pictures that a model can see: their kind and size by their headers, nothing decoded.

PNG: https://www.w3.org/TR/png-3/, GIF: https://www.w3.org/Graphics/GIF/spec-gif89a.txt, JPEG: ITU-T T.81
annex B, WebP: https://developers.google.com/speed/webp/docs/riff_container.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

from core.errors import FileRefused

MOST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 50_000_000
"""More would cost whoever decodes it gigabytes: a small file can claim any size."""
_MOST_STEPS: Final = 1_000_000
"""Blocks that are looked at; made of the largest ones a picture has far fewer."""
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""JPEG markers that carry the picture's size."""
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
"""JPEG markers without a length."""
_MOVES: Final = 0x02
"""The flag of a WebP file that holds an animation."""
_UNSEEN: Final = (
    b"II*\x00",
    b"MM\x00*",
    b"8BPS",
    b"\x00\x00\x01\x00",
    b"\xff\x0a",
    b"\x00\x00\x00\x0cJXL ",
)
_UNSEEN_BRANDS: Final = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture a model takes. `content` shows one picture only."""

    type: str
    width: int
    height: int
    content: bytes = field(repr=False)


def look(content: bytes) -> Picture | None:
    """The picture, or None when the bytes are none.

    Raises FileRefused: damaged, too large, or of a kind that models do not take.
    """
    reader = next((read for start, read in _READERS if content.startswith(start)), None)
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        reader = _webp
    if reader is None:
        _refuse_unseen(content)
        return None
    try:
        picture = reader(content)
    except (struct.error, IndexError) as error:  # it ends too early
        raise FileRefused("file_damaged") from error
    if picture.width <= 0 or picture.height <= 0:
        raise FileRefused("file_damaged")
    if picture.width * picture.height > MOST_PIXELS or len(picture.content) > MOST_BYTES:
        raise FileRefused("file_picture_large")
    return picture


def _refuse_unseen(content: bytes) -> None:
    """Raises FileRefused for pictures that must be saved in another format first."""
    bitmap = content.startswith(b"BM") and content[6:10] == bytes(4)
    known = content.startswith(_UNSEEN) or (content[4:8] == b"ftyp" and content[8:12] in _UNSEEN_BRANDS)
    if bitmap or known:
        raise FileRefused("file_picture_format")


def _png(content: bytes) -> Picture:
    if content[12:16] != b"IHDR" or b"IEND" not in content[16:]:
        raise FileRefused("file_damaged")
    at = 8
    for _ in range(_MOST_STEPS):  # an animation is announced before the picture
        length, kind = struct.unpack_from(">I4s", content, at)
        if kind == b"acTL":
            raise FileRefused("file_picture_moving")
        if kind in (b"IDAT", b"IEND"):
            break
        at += 12 + length
    width, height = struct.unpack_from(">II", content, 16)
    return Picture("image/png", width, height, content)


def _jpeg(content: bytes) -> Picture:
    at, size = 2, (0, 0)
    for _ in range(_MOST_STEPS):
        if content[at] != 0xFF:
            break
        marker = content[at + 1]
        if marker == 0xFF or marker in _BARE:  # a fill byte, or a marker that stands alone
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", content, at + 5)
            size = width, height
        if marker == 0xDA:  # the picture itself, which must have an end
            break
        at += 2 + struct.unpack_from(">H", content, at + 2)[0]
    if b"\xff\xd9" not in content[at:]:
        raise FileRefused("file_damaged")
    return Picture("image/jpeg", *size, content)


def _gif(content: bytes) -> Picture:
    """Models take no moving pictures: what follows the first one is cut off."""
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    at = 13 + _table(flags)
    for _ in range(_MOST_STEPS):
        if content[at] != 0x21:  # else an extension: a label, then blocks
            break
        at = _blocks(content, at + 2)
    if content[at] != 0x2C:
        raise FileRefused("file_damaged")
    at += 10 + _table(content[at + 9])
    end = _blocks(content, at + 1)
    return Picture("image/gif", width, height, content[:end] + b";")


def _table(flags: int) -> int:
    """Bytes of a GIF's colour table."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(content: bytes, at: int) -> int:
    """Where a GIF's chain of blocks ends."""
    for _ in range(_MOST_STEPS):
        if not (size := content[at]):
            return at + 1
        at += 1 + size
    raise FileRefused("file_damaged")


def _webp(content: bytes) -> Picture:
    kind = content[12:16]
    if kind == b"VP8X":
        if content[20] & _MOVES or content[30:34] in (b"ANIM", b"ANMF"):
            raise FileRefused("file_picture_moving")
        width, height = (1 + int.from_bytes(content[at : at + 3], "little") for at in (24, 27))
    elif kind == b"VP8L":
        bits = struct.unpack_from("<I", content, 21)[0]
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", content, 26))
    else:
        raise FileRefused("file_damaged")
    if len(content) < 30 or len(content) < struct.unpack_from("<I", content, 4)[0]:
        raise FileRefused("file_damaged")
    return Picture("image/webp", width, height, content)


_READERS: Final = (
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"\xff\xd8\xff", _jpeg),
    (b"GIF87a", _gif),
    (b"GIF89a", _gif),
)
