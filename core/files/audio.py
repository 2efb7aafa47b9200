"""Sound, by its content: and whether a container that may hold both holds only sound.

Ogg: RFC 3533, FLAC: RFC 9639, Matroska and WebM: RFC 9559, MP4: ISO/IEC 14496-12, MP3: ISO/IEC 11172-3,
AAC: ISO/IEC 14496-3, ID3: https://id3.org/id3v2.4.0-structure.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final

from core.errors import FileRefused

_TRACKS = re.compile(rb"\x86[\x81-\xbf]([AV])_[A-Z]")
"""The codec of a track in Matroska: element 0x86, its length, a name that tells sound from video."""
_HEAD: Final = 256 * 1024
_MOST_BOXES: Final = 10_000
_VIDEO: Final = (b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"FLV\x01", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11")
_OGG_SOUND: Final = (b"OpusHead", b"\x01vorbis", b"Speex   ", b"\x7fFLAC")
_KILOBITS: Final = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Layer III, by version (3: MPEG-1, else MPEG-2)."""
_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def type_of(content: bytes, *, voice: bool = False) -> str | None:
    """The MIME type of a recording, None when the bytes are none. Raises FileRefused for video.

    `voice`: it is known to be sound, so a picture track does not matter.
    """
    if content.startswith(b"RIFF") and content[8:12] == b"WAVE":
        return "audio/wav"
    if content.startswith((b"fLaC\x00", b"fLaC\x80")):
        return "audio/flac"
    if content.startswith(b"OggS\x00"):
        return _sound("audio/ogg", voice or any(name in content[:4096] for name in _OGG_SOUND))
    if content.startswith(b"\x1a\x45\xdf\xa3"):
        return _sound("audio/webm", voice or set(_TRACKS.findall(content[:_HEAD])) == {b"A"})
    if content[4:8] == b"ftyp":
        return _sound("audio/mp4", voice or _handlers(content) == {b"soun"})
    if content.startswith((b"ID3\x02", b"ID3\x03", b"ID3\x04")):
        return "audio/mpeg"
    if content.startswith(_VIDEO) or (content.startswith(b"RIFF") and content[8:12] == b"AVI "):
        raise FileRefused("file_video")
    return _frames(content)


def _sound(type: str, sound: bool) -> str:
    if not sound:
        raise FileRefused("file_video")
    return type


def _handlers(content: bytes) -> set[bytes]:
    """What the tracks of an MP4 file are, `soun` or `vide`; others (text, hints) do not count."""
    found = set()
    for start, end in _boxes(content, 0, len(content), b"moov"):
        for track in _boxes(content, start, end, b"trak"):
            for media in _boxes(content, *track, b"mdia"):
                found |= {content[at + 8 : at + 12] for at, _ in _boxes(content, *media, b"hdlr")}
    return found & {b"soun", b"vide"}


def _boxes(content: bytes, at: int, end: int, wanted: bytes) -> Iterator[tuple[int, int]]:
    """Where the insides of the boxes of that type begin and end."""
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        size, type = struct.unpack_from(">I4s", content, at)
        head = 8
        if size == 1 and at + 16 <= end:
            size, head = struct.unpack_from(">Q", content, at + 8)[0], 16
        size = size or end - at
        if size < head:
            return
        if type == wanted:
            yield at + head, min(at + size, end)
        at += size


def _frames(content: bytes) -> str | None:
    """MP3 or AAC without a container: two frames in a row, for one could be chance."""
    for type, length in (("audio/mpeg", _mp3_frame), ("audio/aac", _aac_frame)):
        first = length(content[:7])
        if first and first < len(content) and length(content[first : first + 7]):
            return type
    return None


def _mp3_frame(header: bytes) -> int:
    """Bytes of a Layer III frame, 0 when that is none."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    version, rate, padding = header[1] >> 3 & 3, header[2] >> 2 & 3, header[2] >> 1 & 1
    kilobits = header[2] >> 4
    if version == 1 or rate == 3 or kilobits in (0, 15):
        return 0
    bits = _KILOBITS[3 if version == 3 else 2][kilobits] * 1000
    return (144 if version == 3 else 72) * bits // _RATES[version][rate] + padding


def _aac_frame(header: bytes) -> int:
    """Bytes of an ADTS frame, 0 when that is none."""
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:
        return 0
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length if length >= 7 else 0
