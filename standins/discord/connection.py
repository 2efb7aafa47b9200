"""A client's websocket: frames go out in order, packed as it asked. And its session, which outlives it."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import time
import zlib
from collections import deque
from collections.abc import Callable
from typing import Any

from aiohttp import web

from standins.discord.error import JSON

FRAME_LIMIT = 4096  # bytes a client may send in one frame
Pack = Callable[[str], bytes]


class Connection:
    """Write side and bookkeeping; what frames mean is decided in `gateway`. `compress` is the client's wish.
    LookupError when it cannot be played.
    """

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport, compress: str) -> None:
        self.closing, self.last_beat, self._socket = False, time.monotonic(), socket
        self._transport, self._pack = transport, _PACKING[compress]()
        self._outbox: asyncio.Queue[str | int] = asyncio.Queue()
        self._sends: deque[float] = deque()

    def send(self, text: str) -> None:
        self._outbox.put_nowait(text)

    def send_op(self, op: int, data: object) -> None:
        frame: JSON = {"t": None, "s": None, "op": op, "d": data}
        self.send(json.dumps(frame, separators=(",", ":")))

    def close(self, code: int) -> None:
        """Close with a code once everything queued before is out."""
        self.closing = True
        self._outbox.put_nowait(code)

    def cut(self) -> None:
        self._transport.abort()

    def over_limit(self, most: int) -> bool:
        """Count a frame of the client; True when it sent more than `most` in 60 s."""
        now = time.monotonic()
        self._sends.append(now)
        while self._sends[0] < now - 60:
            self._sends.popleft()
        return len(self._sends) > most

    async def write(self) -> None:
        with contextlib.suppress(ConnectionError):
            while isinstance(item := await self._outbox.get(), str):
                if self._pack is None:
                    await self._socket.send_str(item)
                else:
                    await self._socket.send_bytes(self._pack(item))
            await self._socket.close(code=item)


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


_PACKING: dict[str, Callable[[], Pack | None]] = {
    "": lambda: None,
    "zlib-stream": _zlib,
    "zstd-stream": _zstd,
}


class Session:
    """Numbers the events of one client."""

    def __init__(self, session_id: str, intents: int, keep: int) -> None:
        self.id, self.intents, self.seq = session_id, intents, 0
        self.expired = False
        self.connection: Connection | None = None
        self._replay: deque[tuple[int, str]] = deque(maxlen=keep)
        self._left_at = time.monotonic()

    def wants(self, intent: int) -> bool:
        return not intent or bool(self.intents & intent)

    def push(self, name: str, data: str, *, keep: bool = True) -> None:
        """Number an event (`data` is JSON), keep it for a RESUME, and send it if somebody is connected."""
        self.seq += 1
        text = f'{{"t":"{name}","s":{self.seq},"op":0,"d":{data}}}'
        if keep:
            self._replay.append((self.seq, text))
        if self.connection is not None:
            self.connection.send(text)

    def leave(self) -> None:
        self.connection = None
        self._left_at = time.monotonic()

    def gone(self, lifetime: float) -> bool:
        """Whether nobody can come back to it: told to expire, or left alone for `lifetime` seconds."""
        return self.connection is None and (self.expired or time.monotonic() - self._left_at > lifetime)

    def covers(self, seq: int) -> bool:
        """Whether `seq` was sent, and every event after it is still kept."""
        return seq == self.seq or (seq < self.seq and bool(self._replay) and self._replay[0][0] <= seq + 1)

    def missed(self, seq: int) -> list[str]:
        return [text for number, text in self._replay if number > seq]
