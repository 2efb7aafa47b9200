"""A run's events as its client reads them: server-sent events, as long as the run goes on or waits."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Final

from aiohttp import web

from bots.web.frame.answers import encoded
from bots.web.frame.old import outgoing
from bots.web.frame.streams import Streams
from bots.web.route import Call
from core.api.refusal import Refusal
from core.api.watch import Watch

SILENCE: Final = 15.0
"""Seconds without an event after which a comment says that the connection is alive."""
STALL: Final = 30.0
"""Seconds without taking anything after which a reader is cut off."""
_BUFFER: Final = 32 * 1024
"""Bytes of a stream that the transport may hold: what is more waits in the watch, which is bounded."""
_SYSTEM: Final = 128 * 1024
"""Bytes that the system may hold, which would take some megabytes."""
HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",  # a proxy would collect events
}
_LAST: Final = frozenset(
    f"thread.run.{status}"
    for status in ("requires_action", "completed", "incomplete", "failed", "cancelled", "expired")
)
_LOST = "This stream ends early, its run does not. Retrieve the run to see how it goes on."


class EventStream:
    """Answers with what a watch is told. A run never waits for a reader: one that is too slow is cut off."""

    def __init__(self, streams: Streams, *, silence: float = SILENCE, stall: float = STALL) -> None:
        self._streams, self._silence, self._stall = streams, silence, stall

    async def answer(self, call: Call, watch: Watch) -> web.StreamResponse:
        """Returns when the last event was sent, or nobody reads any more."""
        request, response = call.request, web.StreamResponse(headers={**call.headers, **HEADERS})
        try:
            with self._streams.reading(watch):
                await response.prepare(request)
                bound(request)
                await self._all(response, watch, old=call.old)
        except ConnectionError:
            pass  # the client went away: its run goes on
        except TimeoutError:
            cut(request)
        finally:
            watch.close()
        if watch.overrun:
            cut(request)
        return response

    async def _all(self, response: web.StreamResponse, watch: Watch, *, old: bool) -> None:
        last = ""
        while True:
            try:
                async with asyncio.timeout(self._silence):
                    last, data = await anext(watch)
            except TimeoutError:
                await self._send(response, b": alive\n\n")
            except StopAsyncIteration:
                break
            else:
                await self._send(response, _event(last, _former(data) if old else data))
        if last in _LAST:
            await self._send(response, _event("done", b"[DONE]"))
        elif last != "error" and not watch.overrun:
            await self._send(response, _event("error", encoded(Refusal(_LOST, status=503).to_json())))

    async def _send(self, response: web.StreamResponse, data: bytes) -> None:
        async with asyncio.timeout(self._stall):
            await response.write(data)


def _former(data: bytes) -> bytes:
    """The object as the API's first version had it."""
    return encoded(outgoing(json.loads(data)))


def _event(name: str, data: bytes) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), data)


def bound(request: web.Request) -> None:
    """Whoever reads slowly costs little, here and in the system, and is known for that soon."""
    if request.transport is not None:
        request.transport.set_write_buffer_limits(_BUFFER)
        request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SYSTEM)


def cut(request: web.Request) -> None:
    """The reader is not waited for."""
    if request.transport is not None:
        request.transport.abort()
