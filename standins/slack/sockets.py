"""Socket Mode: single-use tickets, up to ten sockets, each envelope to exactly one of them.

Source: docs.slack.dev/apis/events-api/using-socket-mode, slack_sdk 3.47 `socket_mode`.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from standins.slack.deliveries import Deliveries
from standins.slack.timing import Timing
from standins.slack.wire import Json

MOST_SOCKETS = 10
DISCONNECTS = ("refresh_requested", "warning", "link_disabled", "too_many_websockets")


@dataclass(eq=False)
class Socket:
    """One open connection of the app. Sends in order, never blocks the sender."""

    ws: web.WebSocketResponse
    transport: asyncio.Transport
    host: str
    leaving: bool = False
    outbox: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    def send(self, message: Json) -> None:
        self.outbox.put_nowait(json.dumps(message, separators=(",", ":")))

    async def write(self) -> None:
        try:
            while True:
                await self.ws.send_str(await self.outbox.get())
        except ConnectionError:
            self.transport.abort()


class Sockets:
    """The app's connections. `ring` is called whenever something visible changed. `refusals`: for each of the
    next sockets why it is sent away, and whether Slack says hello first.
    """

    def __init__(self, app_id: str, timing: Timing, rng: random.Random, ring: Callable[[], None]) -> None:
        self.open: list[Socket] = []
        self.opened, self.deliveries = 0, Deliveries(self._choose, timing, ring)
        self._app_id, self._timing, self._rng = app_id, timing, rng
        self._ring = ring
        self.refusals: list[tuple[str, bool]] = []
        self._tickets: dict[str, float] = {}
        self._closing: set[asyncio.Task[object]] = set()

    def ticket(self) -> str:
        """Admits one connection within the ticket's lifetime."""
        ticket = str(uuid.uuid4())
        self._tickets[ticket] = time.monotonic() + self._timing.ticket_seconds
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        expires = self._tickets.pop(request.query.get("ticket", ""), 0.0)
        if time.monotonic() >= expires or request.query.get("app_id") != self._app_id:
            return web.Response(status=408)
        ws = web.WebSocketResponse(heartbeat=self._timing.ping_seconds)
        await ws.prepare(request)
        assert request.transport is not None
        socket = Socket(ws, request.transport, f"applink-{self.opened}")
        self.opened += 1
        writer = asyncio.create_task(socket.write())
        try:
            await self._live(socket)
        finally:
            writer.cancel()
            self._forget(socket)
        return ws

    async def _live(self, socket: Socket) -> None:
        if len(self.open) >= MOST_SOCKETS:
            self._say_goodbye(socket, "too_many_websockets")
        elif self.refusals:
            reason, greeted = self.refusals.pop(0)
            if greeted:
                socket.send(self._hello(socket))
            self._say_goodbye(socket, reason)
        else:
            self.open.append(socket)
            socket.send(self._hello(socket))
            self.deliveries.connected()
        self._ring()
        async for message in socket.ws:
            if message.type is WSMsgType.TEXT:
                self.deliveries.answer(message.data)

    def _forget(self, socket: Socket) -> None:
        if socket in self.open:
            self.open.remove(socket)
        self._ring()

    def _hello(self, socket: Socket) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.open),
            "debug_info": {"host": socket.host, "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": self._app_id},
        }

    def _choose(self) -> Socket | None:
        staying = [socket for socket in self.open if not socket.leaving] or self.open
        return self._rng.choice(staying) if staying else None

    def disconnect(self, reason: str) -> None:
        """Ask every open socket to go; each works on for the grace time, then is closed."""
        for socket in list(self.open):
            self._say_goodbye(socket, reason)

    def _say_goodbye(self, socket: Socket, reason: str) -> None:
        if reason not in DISCONNECTS:
            raise ValueError(f"no such reason: {reason}")
        socket.leaving = True
        socket.send({"type": "disconnect", "reason": reason, "debug_info": {"host": socket.host}})
        patient = reason in ("refresh_requested", "warning")
        task: asyncio.Task[object] = asyncio.create_task(
            self._close(socket, self._timing.grace_seconds if patient else 0.05)
        )
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _close(self, socket: Socket, after: float) -> None:
        await asyncio.sleep(after)
        if socket in self.open:
            self.open.remove(socket)
        await socket.ws.close()

    def send_raw(self, text: str) -> None:
        """A frame of this text, whatever it is, on one of the open sockets."""
        if socket := self._choose():
            socket.outbox.put_nowait(text)

    def cut(self) -> None:
        """Break the TCP connection of every socket; nobody says goodbye."""
        for socket in list(self.open):
            socket.transport.abort()
            self._forget(socket)

    def stop(self) -> None:
        for task in self._closing:
            task.cancel()
        self.deliveries.stop()
        self.cut()
