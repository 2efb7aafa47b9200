"""Pictures one after another as one animated WebP: the format is a list of still ones with their times
(https://developers.google.com/speed/webp/docs/riff_container), so that no program is needed to make it.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

_ANIMATION, _REPLACE = 0x02, 0x02
"""Flags: that it moves; that a picture covers what was there."""
_MOST: Final = (1 << 24) - 1


class Film:
    """`look` takes a picture as WebP; those that show nothing new make the one before them last longer."""

    def __init__(self, look: Callable[[], bytes], width: int, height: int) -> None:
        self._look, self._size = look, (width, height)
        self._frames: list[tuple[bytes, float]] = []

    def take(self) -> None:
        """One picture, now."""
        frame = self._look()
        if not self._frames or self._frames[-1][0] != frame:
            self._frames.append((frame, time.monotonic()))

    def whole(self, rest: float = 3.0) -> bytes:
        """The file; its last picture stays for so many seconds, then it begins anew."""
        begins = [at for _, at in self._frames]
        lasts = [b - a for a, b in pairwise(begins)] + [rest]
        frames = [
            _chunk(b"ANMF", self._header(seconds) + b"".join(_pictures(frame)))
            for (frame, _), seconds in zip(self._frames, lasts, strict=True)
        ]
        width, height = self._size
        about = struct.pack("<BxxxHBHB", _ANIMATION, *_three(width - 1), *_three(height - 1))
        head = _chunk(b"VP8X", about) + _chunk(b"ANIM", b"\xff\xff\xff\xff\x00\x00")
        body = b"WEBP" + head + b"".join(frames)
        return b"RIFF" + struct.pack("<I", len(body)) + body

    def _header(self, seconds: float) -> bytes:
        """Of a picture: where it is, how large, and how long it is shown."""
        width, height = self._size
        numbers = (0, 0, width - 1, height - 1, min(_MOST, round(seconds * 1000)))
        return b"".join(struct.pack("<HB", *_three(one)) for one in numbers) + bytes([_REPLACE])


def _three(number: int) -> tuple[int, int]:
    """24 bits as two numbers."""
    return number & 0xFFFF, number >> 16


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\x00" * (len(content) % 2)


def _pictures(still: bytes) -> Iterator[bytes]:
    """The chunks of a still picture that are the picture itself."""
    at = 12
    while at + 8 <= len(still):
        name, size = still[at : at + 4], struct.unpack_from("<I", still, at + 4)[0]
        if name in (b"VP8 ", b"VP8L", b"ALPH"):
            yield _chunk(name, still[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
