"""The touch points with discord.py's inside, in one place: redirection, raw events, cold resume.

discord.py keeps its gateway session in memory, hands events to unordered tasks and closes with 1000, which
makes Discord forget the session. Here raw events are taken in order, the position is the caller's to store,
and no close of ours ends a session. That needs parts of discord.py which it does not document; they are
named in `PRIVATES`, pyproject.toml pins the minor version that has them, and `tests/discord/test_privates.py`
fails when one moves.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket, ReconnectWebSocket
from discord.http import Route

from bots.discord.identifies import Identifies
from bots.intake.connection import TokenRefused
from bots.intake.connector import Connector
from bots.logs import raised
from core.concurrency import Backoff

logger = logging.getLogger(__name__)
KEEP_SESSION = 4000
"""A close code other than 1000 and 1001: Discord keeps the session for a resume."""
IDENTIFY_SPACING = 5.0
LARGEST_FRAME = 4 * 1024**2
"""Characters: the largest server Discord describes has fewer."""
AGAIN: Final = Backoff(first=2.0)
"""Between connections from the second fruitless one on."""
FRUITLESS = 3
"""Connections without READY or RESUMED after which a session is given up."""
_FATAL = {
    4010: "invalid shard",
    4011: "sharding required",
    4012: "invalid API version",
    4013: "invalid intents",
}

PRIVATES: Final = {
    "discord.http.Route": ("BASE",),
    "discord.http.HTTPClient": ("request", "close", "connector"),
    "discord.Client": ("http", "ws", "_connection"),
    "discord.state.ConnectionState": ("parsers", "_intents"),
    "discord.gateway.DiscordWebSocket": (
        *("DEFAULT_GATEWAY", "from_client", "identify", "poll_event", "close"),
        *("socket", "session_id", "sequence", "gateway", "received_message", "_decompressor"),
    ),
    "discord.gateway.ReconnectWebSocket": ("resume",),
}
"""What we use of discord.py beyond its documentation: class → members, `bots.discord.api` included."""
Handler = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a gateway session has been read to; enough to resume it from another process."""

    session: str
    sequence: int
    url: str


def redirect(api_url: str, gateway_url: str) -> None:
    """Point discord.py at these servers. Process-wide, because discord.py keeps it all on classes."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # there is no voice here
    Route.BASE = api_url.rstrip("/")
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)


async def forget_login(client: discord.Client) -> None:
    """Close what a failed login left open, so that it can be tried again with the same client."""
    await client.http.close()
    client.http.connector = Connector(limit=0)


class ContentIntentRefused(Exception):
    """The application may not read message content (close 4014)."""


def _guarded(name: str, handler: Handler) -> Handler:
    """An event nobody understands must not end the connection: Discord would send it again and again."""

    def guarded(data: Any) -> None:
        try:
            handler(data)
        except Exception as error:
            logger.warning("%s not understood", name, extra=raised(error))

    return guarded


_SEQUENCE = re.compile(r'"s":\s*([0-9]{1,15})\b')


class Socket(DiscordWebSocket):
    """discord.py's, which leaves out a frame that cannot be read: ended by it, it would be told it again."""

    async def received_message(self, msg: Any, /) -> None:
        """A frame, or a part of a compressed one."""
        frame = self._decompressor.decompress(msg) if isinstance(msg, bytes) else msg
        if frame is None:
            return
        before = self.sequence
        try:
            if len(frame) > LARGEST_FRAME:
                raise ValueError("too large")
            await super().received_message(frame)
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError, MemoryError) as error:
            self._pass(frame, before)
            logger.warning(
                "a frame of Discord cannot be read and is left out",
                extra={"error": type(error).__name__, "bytes": len(frame)},
            )

    async def identify(self) -> None:
        """See `Identifies.note`: what is not on record is not sent."""
        try:
            await super().identify()
        except Exception:
            await self.close(code=KEEP_SESSION)
            raise

    def _pass(self, frame: str, before: int | None) -> None:
        """The session goes on behind it. Its number stands in front of the data, or behind them."""
        head, tail = frame[:200].partition('"d"')[0], frame[-200:].rstrip()[:-1].rpartition("}")[2]
        found = _SEQUENCE.search(head) or _SEQUENCE.search(tail)
        self.sequence = before if not found or before is None else max(before, int(found[1]))


class Gateway:
    """One gateway session of a client."""

    def __init__(self, client: discord.Client, identifies: Identifies) -> None:
        self._client, self._identifies = client, identifies
        self._socket: DiscordWebSocket | None = None
        self._identified_at = -IDENTIFY_SPACING
        self._left = self._established = False

    @property
    def established(self) -> bool:
        """Whether Discord has greeted the connection there is: READY or RESUMED."""
        return self._established

    def without_content(self) -> None:
        """Ask for no privileged intent any more."""
        state: Any = self._client._connection
        state._intents.message_content = False
        self._identified_at = -IDENTIFY_SPACING  # that one did not count

    @property
    def position(self) -> Position | None:
        """How far the session is read, None before there is one."""
        socket = self._socket
        if socket is None or socket.session_id is None or socket.sequence is None:
            return None
        return Position(socket.session_id, socket.sequence, str(socket.gateway))

    async def run(
        self, stored: Position | None, handlers: Mapping[str, Handler], greeted: Callable[[], None]
    ) -> None:
        """Follow the stored session, or a new one, until the connection is lost. The client is logged in.

        `handlers`: event name → called in order, must not block. `greeted`: at READY and at RESUMED. Raises
        TokenRefused, ContentIntentRefused, or what made connecting impossible.
        """
        self._hear(handlers, greeted)
        resume, fruitless, before = stored, 0, stored is not None
        while True:
            self._established = self._left = False
            try:
                await self._follow(resume)
            except ReconnectWebSocket as error:
                if self._left:
                    return
                fruitless = 0 if self.established else fruitless + 1
                resume = self.position if error.resume and fruitless < FRUITLESS else None
                if resume:
                    logger.info("gateway lost, the session goes on")
                else:  # that of a process before this one may well be over
                    level = logging.INFO if before else logging.WARNING
                    logger.log(level, "the session with Discord has ended, another one begins")
                before = False
                await asyncio.sleep(AGAIN.pause(fruitless - 1))
            except discord.ConnectionClosed as error:
                self._explain(error)
                return
            except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
                if not self.established:
                    raise
                logger.info("gateway lost", extra={"error": type(error).__name__})
                return

    def _hear(self, handlers: Mapping[str, Handler], greeted: Callable[[], None]) -> None:
        """Raw events instead of discord.py's: no caches, no objects for events nobody wants."""

        def begin(payload: dict[str, Any]) -> None:
            self._established = True
            greeted()
            if "READY" in handlers and "guilds" in payload:  # RESUMED does not tell them
                handlers["READY"](payload)

        state: Any = self._client._connection
        state.parsers.clear()
        heard = {**handlers, "READY": begin, "RESUMED": begin}
        state.parsers.update({name: _guarded(name, handler) for name, handler in heard.items()})

    async def _follow(self, resume: Position | None) -> None:
        loop = asyncio.get_running_loop()
        if resume:
            self._socket = await self._resume(resume)
        else:
            await asyncio.sleep(self._identified_at + IDENTIFY_SPACING - loop.time())
            await self._identifies.turn(str(self._client.application_id))
            self._socket = await self._connect(initial=True)
            self._identified_at = loop.time()
        self._client.ws = self._socket
        while True:
            await self._socket.poll_event()

    async def _resume(self, at: Position) -> DiscordWebSocket:
        """On the session's own address; it may be gone while the session is not."""
        session: dict[str, Any] = {"resume": True, "session": at.session, "sequence": at.sequence}
        try:
            if not self._ours(yarl.URL(at.url)):
                return await self._connect(**session)
            return await self._connect(gateway=yarl.URL(at.url), **session)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            logger.info("resume address not reached", extra={"error": type(error).__name__})
            return await self._connect(**session)

    def _ours(self, url: yarl.URL) -> bool:
        """A resume must not go around a proxy that the gateway was redirected to."""
        gateway = DiscordWebSocket.DEFAULT_GATEWAY
        return gateway.host in (url.host, "gateway.discord.gg")

    async def _connect(self, **how: Any) -> DiscordWebSocket:
        return await asyncio.wait_for(Socket.from_client(self._client, **how), 30)

    def _explain(self, error: discord.ConnectionClosed) -> None:
        if error.code == 4004:
            raise TokenRefused(
                "Discord refused DISCORD_BOT_TOKEN. Copy the current token from the Bot page of your "
                "application (https://discord.com/developers/applications) into the settings."
            )
        if error.code == 4014:
            raise ContentIntentRefused
        if error.code in _FATAL:
            raise TokenRefused(f"Discord will not connect this bot: {_FATAL[error.code]} ({error.code}).")
        logger.info("gateway closed", extra={"error": error.code})

    async def leave(self) -> None:
        """Drop the connection, not the session: another process may resume it."""
        self._left = True  # `run` ends, so that whoever resumes starts from the position that was stored
        if self._socket is not None and not self._socket.socket.closed:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(1.0):
                    await self._socket.close(code=KEEP_SESSION)
