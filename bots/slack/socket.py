"""Socket Mode without its gaps: a fresh ticket for each attempt, the new socket before the old one closes,
and every acknowledgement on the socket that delivered.

The SDK's client repeats a used ticket for ever and closes before it reopens
(https://github.com/slackapi/python-slack-sdk/issues/1379); Bolt's dispatch is used as it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import aiohttp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError

from core.concurrency import KeyedLock

logger = logging.getLogger(__name__)
HEARTBEAT = 15.0
"""Seconds between our pings; no answer to one ends the connection."""
LINGER = 10.0
"""Seconds an old socket may still deliver after its successor is open."""

Dispatch = Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]


class SocketMode:
    """One logical connection. `open_url` asks Slack for a single-use address."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        open_url: Callable[[], Awaitable[str]],
        dispatch: Dispatch,
        settled: Callable[[Mapping[str, Any]], bool],
    ) -> None:
        self._session, self._open_url, self._dispatch, self._settled = session, open_url, dispatch, settled
        self._asked_to_move = asyncio.Event()
        self._order = KeyedLock()
        self._handling: set[asyncio.Task[None]] = set()

    async def run(self, connected: Callable[[], None]) -> None:
        """Serve until the connection is lost, then return. Cancel to stop: nothing more is acknowledged."""
        readers: set[asyncio.Task[None]] = set()
        try:
            await self._connect(readers)
            connected()
            while readers:
                moved = asyncio.create_task(self._asked_to_move.wait())
                await asyncio.wait({*readers, moved}, return_when=asyncio.FIRST_COMPLETED)
                moved.cancel()
                if self._asked_to_move.is_set():
                    self._asked_to_move.clear()
                    await self._move(readers)
                readers -= {reader for reader in readers if reader.done()}
        finally:
            for task in (*readers, *self._handling):
                task.cancel()
            await asyncio.gather(*readers, *self._handling, return_exceptions=True)

    async def _move(self, readers: set[asyncio.Task[None]]) -> None:
        """Open the next socket, and only then let go of the ones there are."""
        old = set(readers)
        try:
            await self._connect(readers)
        except (OSError, TimeoutError, SlackApiError, aiohttp.ClientError) as error:
            logger.info("no new socket yet, staying on the old one", extra={"error": type(error).__name__})
            asyncio.get_running_loop().call_later(1.0, self._asked_to_move.set)
            return
        for reader in old:
            asyncio.get_running_loop().call_later(LINGER, reader.cancel)

    async def _connect(self, readers: set[asyncio.Task[None]]) -> None:
        """One more reader, once Slack has said hello on its socket."""
        url = await self._open_url()
        socket = await self._session.ws_connect(
            url,
            heartbeat=HEARTBEAT,
            max_msg_size=0,
            timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
        )
        greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        reader = asyncio.create_task(self._read(socket, greeted), name="slack socket")
        readers.add(reader)
        await asyncio.wait({greeted, reader}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        if not greeted.done():
            reader.cancel()
            raise ConnectionError("Slack opened a socket and said nothing")

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, greeted: asyncio.Future[None]) -> None:
        async with socket:
            async for frame in socket:
                if frame.type is not aiohttp.WSMsgType.TEXT:
                    continue
                try:
                    envelope = json.loads(frame.data)
                    kind = envelope.get("type")
                except (ValueError, AttributeError):
                    logger.warning("Slack sent something that is not an envelope")
                    continue
                if kind == "hello" and not greeted.done():
                    greeted.set_result(None)
                elif kind == "disconnect":
                    self._asked_to_move.set()
                elif "envelope_id" in envelope:
                    task = asyncio.create_task(self._handle(socket, envelope))
                    self._handling.add(task)
                    task.add_done_callback(self._handling.discard)

    async def _handle(self, socket: aiohttp.ClientWebSocketResponse, envelope: dict[str, Any]) -> None:
        """Dispatch, and only then acknowledge. Without an acknowledgement Slack delivers again."""
        try:
            async with self._in_order(envelope):  # behind its twin, which is stored when this goes on
                if self._settled(envelope):
                    await socket.send_json({"envelope_id": envelope["envelope_id"]})
                    return
                headers: dict[str, str | Sequence[str]] = {}
                if envelope.get("retry_attempt"):
                    headers["x-slack-retry-num"] = str(envelope["retry_attempt"])
                request = AsyncBoltRequest(mode="socket_mode", body=envelope["payload"], headers=headers)
                response = await self._dispatch(request)
            if response.status in (200, 404):  # 404: nothing Bolt knows, and no better when repeated
                await socket.send_json(_acknowledgement(envelope["envelope_id"], response))
        except (ConnectionError, aiohttp.ClientError) as error:
            logger.info("acknowledgement not sent, Slack will repeat", extra={"error": type(error).__name__})
        except Exception:
            logger.exception("event not taken, Slack will repeat")

    def _in_order(self, envelope: dict[str, Any]) -> contextlib.AbstractAsyncContextManager[Any]:
        """What happened in one channel is taken in the order it came; nothing else waits for anything."""
        event = (envelope.get("payload") or {}).get("event") or {}
        channel = event.get("channel")
        return self._order.of(channel) if isinstance(channel, str) else contextlib.nullcontext()


def _acknowledgement(envelope_id: str, response: BoltResponse) -> dict[str, Any]:
    if not response.body or response.status != 200:
        return {"envelope_id": envelope_id}
    kind = (response.headers.get("content-type") or [""])[0]
    payload = json.loads(response.body) if kind.startswith("application/json") else {"text": response.body}
    return {"envelope_id": envelope_id, "payload": payload}
