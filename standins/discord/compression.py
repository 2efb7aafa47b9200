"""How a gateway connection packs its frames, as the client asked for in the query."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from typing import Any

Pack = Callable[[str], bytes]


def packer(name: str) -> Pack | None:
    """The packing for `compress=`; None for plain text. LookupError when it cannot be played."""
    if not name:
        return None
    if name == "zlib-stream":
        return _zlib()
    if name == "zstd-stream":
        return _zstd()
    raise LookupError(name)


def _zlib() -> Pack:
    stream = zlib.compressobj()
    return lambda text: stream.compress(text.encode()) + stream.flush(zlib.Z_SYNC_FLUSH)


def _zstd() -> Pack:
    """Python 3.14 has it; before that it takes the `zstandard` package, and the client needs it too."""
    try:
        stream: Any = importlib.import_module("compression.zstd").ZstdCompressor()
        block = stream.FLUSH_BLOCK
    except ImportError:
        try:
            zstandard: Any = importlib.import_module("zstandard")
        except ImportError:
            raise LookupError("zstd-stream") from None
        stream, block = zstandard.ZstdCompressor().compressobj(), zstandard.COMPRESSOBJ_FLUSH_BLOCK
    return lambda text: bytes(stream.compress(text.encode()) + stream.flush(block))
