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
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bots.intake.connection import BRIEF, CONNECTING, STOOD, TokenRefused
from bots.logs import raised
from bots.slack.api import seconds
from bots.slack.words import CURES, PERMANENT
from core.concurrency import KeyedLock
from core.errors import ConfigError, Retryable, SpoolError, loggable

logger = logging.getLogger(__name__)
HEARTBEAT = 15.0
"""Seconds between our pings; no answer to one ends the connection."""
LINGER = 10.0
"""Seconds an old socket may still deliver after its successor is open."""
GREETING = 10.0
"""Seconds Slack may take to say hello on a new socket."""
LARGEST = 4 * 2**20
"""Characters of an envelope that is read; what Slack sends has a small part of it."""
LARGEST_FRAME = 64 * 2**20
"""Bytes of a frame that can still be acknowledged; one beyond ends the socket."""
_ID = re.compile(r'"envelope_id"\s*:\s*"([\w-]{1,64})"')

Dispatch = Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]


def unconnected(word: str) -> Exception:
    """The error for what Slack says in place of a connection, with its cure."""
    said = f"Slack says {word}"
    if word in PERMANENT:
        return ConfigError(f"{said}: {CURES[word]}.")
    passing = Retryable(said)
    passing.cure = f"({CURES[word]})" if word in CURES else ""
    return passing


@dataclass(eq=False)
class _Link:
    """One socket. It is `greeted` when Slack has said hello on it, at `since`."""

    socket: aiohttp.ClientWebSocketResponse
    greeted: asyncio.Future[None]
    since: float = 0.0
    delivered: bool = False
    leaving: bool = False


class SocketMode:
    """One logical connection. `open_url` asks Slack for a single-use address."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        open_url: Callable[[], Awaitable[str]],
        dispatch: Dispatch,
        settled: Callable[[Mapping[str, Any]], bool | Awaitable[object]],
    ) -> None:
        self._session, self._open_url, self._dispatch, self._settled = session, open_url, dispatch, settled
        self._asked_to_move = asyncio.Event()
        self._current: _Link | None = None
        self._failures = self._greetings = 0
        self._refused: Exception | None = None
        self._order = KeyedLock()
        self._handling: set[asyncio.Task[None]] = set()

    async def run(self, connected: Callable[[], None]) -> None:
        """Serve until the connection is lost, then return. Cancel to stop: nothing more is acknowledged.

        Raises ConfigError when a person must change something before there can be a connection.
        """
        readers: set[asyncio.Task[None]] = set()
        try:
            await self._connect(readers)
            connected()
            while readers:
                moved = asyncio.create_task(self._asked_to_move.wait())
                await asyncio.wait({*readers, moved}, return_when=asyncio.FIRST_COMPLETED)
                moved.cancel()
                if self._refused:
                    raise self._refused
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
        except TokenRefused:
            raise
        except (SpoolError, OSError, aiohttp.ClientError) as error:
            self._failures += 1
            level = logging.ERROR if isinstance(error, ConfigError) else logging.WARNING
            logger.log(level, "no new socket yet, staying on the old one: %s", loggable(error))
            self._move_in(CONNECTING.pause(self._failures, error))
            return
        for reader in old:
            asyncio.get_running_loop().call_later(LINGER, reader.cancel)

    def _move_in(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._asked_to_move.set)

    async def _connect(self, readers: set[asyncio.Task[None]]) -> None:
        """One more reader, once Slack has said hello on its socket."""
        link = _Link(await self._opened(await self._open_url()), asyncio.get_running_loop().create_future())
        reader = asyncio.create_task(self._read(link), name="slack socket")
        readers.add(reader)
        await asyncio.wait({link.greeted, reader}, timeout=GREETING, return_when=asyncio.FIRST_COMPLETED)
        if not link.greeted.done():
            link.greeted.set_exception(ConnectionError("Slack opened a socket and said nothing"))
        if link.greeted.exception():
            reader.cancel()
        link.greeted.result()

    async def _opened(self, url: str) -> aiohttp.ClientWebSocketResponse:
        try:
            return await self._session.ws_connect(
                url,
                heartbeat=HEARTBEAT,
                max_msg_size=LARGEST_FRAME,
                timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
            )
        except aiohttp.WSServerHandshakeError as error:  # whose text has the ticket
            raise Retryable(
                f"handshake http_{error.status}", retry_after=seconds(error.headers or {})
            ) from None

    async def _read(self, link: _Link) -> None:
        async with link.socket:
            async for frame in link.socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    self._take(link, frame.data)

    def _take(self, link: _Link, text: str) -> None:
        try:
            if len(text) > LARGEST:
                raise ValueError("too large")
            envelope = json.loads(text)
            kind = envelope.get("type")
        except (ValueError, AttributeError, RecursionError) as error:
            logger.warning("an envelope cannot be read, passed over", extra=raised(error))
            if found := _ID.search(text):
                self._start(_send(link, {"envelope_id": found[1]}))
            return
        if kind == "hello" and not link.greeted.done():
            link.greeted.set_result(None)
            self._greetings += 1
            self._current, link.since = link, asyncio.get_running_loop().time()
        elif kind == "disconnect":
            self._dismissed(link, str(envelope.get("reason"))[:100])
        elif "envelope_id" in envelope:
            link.delivered = True
            self._start(self._handle(link, envelope))

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._handling.add(task)
        task.add_done_callback(self._handling.discard)

    def _dismissed(self, link: _Link, reason: str) -> None:
        """Slack asks to leave a socket. Only the current one is a reason to move: others are left already."""
        error = unconnected(reason)
        if not link.greeted.done():
            link.greeted.set_exception(error)
        if link is not self._current or link.leaving:
            return
        link.leaving, stood = True, asyncio.get_running_loop().time() - link.since
        self._failures = 0 if stood > STOOD else self._failures + 1
        if isinstance(error, ConfigError):
            logger.error("the connection is to be left: %s", error)
            if stood < BRIEF and not link.delivered and self._greetings == 1:
                self._refused = error
        else:
            logger.log(logging.WARNING if reason in CURES else logging.INFO, "moving: %s", loggable(error))
        self._move_in(CONNECTING.pause(self._failures - 1))

    async def _handle(self, link: _Link, envelope: dict[str, Any]) -> None:
        """Dispatch, and only then acknowledge. Without an acknowledgement Slack delivers again.

        What is not understood now will not be then either: it is acknowledged, so that it comes once.
        """
        try:
            answer = await self._answer(envelope)
        except RecursionError as error:
            answer = _passed_over(envelope, error)
        except (SpoolError, OSError, RuntimeError, aiohttp.ClientError) as error:
            logger.warning("event not taken, Slack will repeat", extra=raised(error))
            return
        except Exception as error:
            answer = _passed_over(envelope, error)
        if answer is not None:
            await _send(link, answer)

    async def _answer(self, envelope: dict[str, Any]) -> dict[str, Any] | None:
        """What acknowledges it, None when it is to come again."""
        async with self._in_order(envelope):  # behind its twin, which is stored when this goes on
            settled = self._settled(envelope)
            if not settled:
                headers: dict[str, str | Sequence[str]] = {}
                if envelope.get("retry_attempt"):
                    headers["x-slack-retry-num"] = str(envelope["retry_attempt"])
                request = AsyncBoltRequest(mode="socket_mode", body=envelope["payload"], headers=headers)
                response = await self._dispatch(request)
        if settled:
            if not isinstance(settled, bool):
                await settled  # nothing in the channel waits for what is only counted
            return {"envelope_id": envelope["envelope_id"]}
        known = response.status in (200, 404)  # 404: nothing Bolt knows, and no better when repeated
        return _acknowledgement(envelope["envelope_id"], response) if known else None

    def _in_order(self, envelope: dict[str, Any]) -> contextlib.AbstractAsyncContextManager[Any]:
        """What happened in one channel is taken in the order it came; nothing else waits for anything."""
        event = (envelope.get("payload") or {}).get("event") or {}
        channel = event.get("channel")
        return self._order.of(channel) if isinstance(channel, str) else contextlib.nullcontext()


def _passed_over(envelope: Mapping[str, Any], error: Exception) -> dict[str, Any]:
    logger.warning("an envelope is not understood, passed over", extra=raised(error))
    return {"envelope_id": envelope["envelope_id"]}


async def _send(link: _Link, answer: Mapping[str, Any]) -> None:
    try:
        await link.socket.send_json(answer)
    except (ConnectionError, aiohttp.ClientError) as error:
        logger.info("acknowledgement not sent, Slack will repeat", extra={"error": type(error).__name__})


def _acknowledgement(envelope_id: str, response: BoltResponse) -> dict[str, Any]:
    if not response.body or response.status != 200:
        return {"envelope_id": envelope_id}
    kind = (response.headers.get("content-type") or [""])[0]
    payload = json.loads(response.body) if kind.startswith("application/json") else {"text": response.body}
    return {"envelope_id": envelope_id, "payload": payload}
