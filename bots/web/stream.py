"""A run's events as its client reads them: server-sent events, as long as the run goes on or waits."""

from __future__ import annotations

import asyncio
import json
from typing import Final

from aiohttp import web

from core.api.refusal import Refusal
from core.api.watch import Watch

SILENCE: Final = 15.0
"""Seconds without an event after which a comment says that the connection is alive."""
STALL: Final = 30.0
"""Seconds without taking anything after which a reader is cut off."""
_BUFFER: Final = 32 * 1024
"""Bytes of a stream that the transport may hold: what is more waits in the watch, which is bounded."""
_HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",  # a proxy would collect events
}
_LAST: Final = frozenset(
    f"thread.run.{status}"
    for status in ("requires_action", "completed", "incomplete", "failed", "cancelled", "expired")
)
_CUT = "This stream ends here, but its run does not: the server restarts. Retrieve the run to see its end."


class Streams:
    """All streams that are open. A run never waits for a reader: one that is too slow is cut off."""

    def __init__(self, *, silence: float = SILENCE, stall: float = STALL) -> None:
        self._silence, self._stall = silence, stall
        self._open: set[Watch] = set()

    def close(self) -> None:
        """The server goes: each stream ends with an event that says so."""
        for watch in self._open:
            watch.close()

    async def answer(self, request: web.Request, watch: Watch) -> web.StreamResponse:
        """Returns when the last event was sent, or nobody reads any more."""
        response = web.StreamResponse(headers=_HEADERS)
        self._open.add(watch)
        try:
            await response.prepare(request)
            if request.transport is not None:
                request.transport.set_write_buffer_limits(_BUFFER)
            await self._all(response, watch)
        except ConnectionError:
            pass  # the client went away: its run goes on
        except TimeoutError:
            _cut(request)
        finally:
            self._open.discard(watch)
            watch.close()
        if watch.overrun:
            _cut(request)
        return response

    async def _all(self, response: web.StreamResponse, watch: Watch) -> None:
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
                await self._send(response, _event(last, data))
        if last in _LAST:
            await self._send(response, _event("done", b"[DONE]"))
        elif not watch.overrun:
            cut = json.dumps(Refusal(_CUT, status=503).to_json()).encode()
            await self._send(response, _event("error", cut))

    async def _send(self, response: web.StreamResponse, data: bytes) -> None:
        async with asyncio.timeout(self._stall):
            await response.write(data)


def _event(name: str, data: bytes) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), data)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
