"""The gateway: who is connected, what their frames mean, and who is told of which event."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable

from aiohttp import WSMsgType, web

from standins.discord.connection import FRAME_LIMIT, Connection, Session
from standins.discord.error import JSON
from standins.discord.world import GUILDS, Event, World

BEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT, MEMBERS, INVALID = 1, 2, 3, 4, 6, 7, 8, 9
HELLO, ACK = 10, 11
UNKNOWN_ERROR, UNKNOWN_OP, BAD_FRAME, NOT_IDENTIFIED, BAD_TOKEN, IDENTIFIED_ALREADY = range(4000, 4006)
BAD_SEQ, TOO_FAST, TIMED_OUT, BAD_SHARD = 4007, 4008, 4009, 4010
BAD_VERSION, BAD_INTENTS, FORBIDDEN_INTENTS = 4012, 4013, 4014
MESSAGE_CONTENT = 1 << 15
PRIVILEGED = 1 << 1 | 1 << 8 | MESSAGE_CONTENT
ALL_INTENTS = (1 << 17) - 1 | 0b11 << 20 | 0b11 << 24


class Gateway:
    """`connections` are those that stand, each with its session once it has one."""

    def __init__(self, world: World) -> None:
        self.resumes = 0
        self.closes: list[int] = []
        self.ended = 0
        """Sessions that could have been resumed, had the client not closed them with 1000 or 1001."""
        self.connections: dict[Connection, Session | None] = {}
        self.refusing = False  # down: every connection is refused with 503, while REST may go on
        self.doubling = False  # every event of a message is told twice, under numbers of its own
        self._world, self._rules = world, world.rules
        self._sessions: dict[str, Session] = {}
        world.listeners.append(self._dispatch)

    def _dispatch(self, event: Event) -> None:
        forms: dict[bool, str] = {}
        for session in list(self._sessions.values()):
            if session.gone(self._rules.session_lifetime):
                del self._sessions[session.id]
            elif session.wants(event.intent):
                whole = event.full is not None and bool(session.intents & MESSAGE_CONTENT)
                if whole not in forms:
                    forms[whole] = json.dumps(event.full if whole else event.data, separators=(",", ":"))
                for _ in range(1 + (self.doubling and event.name.startswith("MESSAGE_"))):
                    session.push(event.name, forms[whole])

    def raw(self, name: str, data: str) -> None:
        for session in self._sessions.values():
            session.push(name, data)

    def each(self, act: Callable[[Connection], None]) -> None:
        for connection in list(self.connections):
            act(connection)

    def revoke(self) -> None:
        """Reset the token: REST answers 401, every connection is closed with 4004."""
        self._world.revoked = True
        self.each(lambda connection: connection.close(BAD_TOKEN))

    def expire(self) -> None:
        """No session of now can be resumed; connections that stand go on until they are left."""
        for session in self._sessions.values():
            session.expired = True

    def invalidate(self, resumable: bool) -> None:
        for connection, session in list(self.connections.items()):
            connection.send_op(INVALID, resumable)
            if not resumable:
                self._forget(session)
                self.connections[connection] = None

    def _forget(self, session: Session | None) -> None:
        if session is not None:
            self._sessions.pop(session.id, None)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if self.refusing:
            return web.Response(status=503)
        socket = web.WebSocketResponse(compress=False, timeout=1.0)
        await socket.prepare(request)
        assert request.transport is not None
        try:
            connection = Connection(socket, request.transport, request.query.get("compress", ""))
        except LookupError:
            await socket.close(code=BAD_FRAME)
            return socket
        if request.query.get("v") != "10" or request.query.get("encoding", "json") != "json":
            await socket.close(code=BAD_VERSION)
            return socket
        self.connections[connection] = None
        writer = asyncio.ensure_future(connection.write())
        try:
            connection.send_op(HELLO, {"heartbeat_interval": round(self._rules.heartbeat_interval * 1000)})
            await self._read(socket, connection)
        finally:
            if (session := self.connections.pop(connection)) is not None:
                session.leave()
            self._world.changes.ring()
            if connection.closing:
                await asyncio.wait([writer], timeout=1.5)
            writer.cancel()
            await asyncio.wait([writer])
        return socket

    async def _read(self, socket: web.WebSocketResponse, connection: Connection) -> None:
        patience = self._rules.heartbeat_interval * 1.5
        while True:
            left = connection.last_beat + patience - time.monotonic()
            try:
                async with asyncio.timeout(max(left, 0)):
                    frame = await socket.receive()
            except TimeoutError:
                connection.close(TIMED_OUT)
                connection.last_beat = float("inf")
                continue
            if frame.type is WSMsgType.CLOSE:
                self._left(connection, int(frame.data))
            if frame.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            if code := self._handle(connection, frame.data):
                connection.close(code)

    def _left(self, connection: Connection, code: int) -> None:
        """The client said goodbye: 1000 and 1001 end its session and what waits in it is lost."""
        self.closes.append(code)
        if code in (1000, 1001):
            self.ended += self.connections[connection] is not None
            self._forget(self.connections[connection])

    def _handle(self, connection: Connection, raw: str | bytes) -> int:
        """Do what a frame asks for; the code to close with, or 0."""
        try:
            frame = json.loads(raw)
            op, data = frame["op"], frame.get("d")
        except (ValueError, KeyError, TypeError):
            return BAD_FRAME
        if len(raw) > FRAME_LIMIT:
            return BAD_FRAME
        if connection.over_limit(self._rules.sends_per_minute):
            return TOO_FAST
        if op == BEAT:
            connection.last_beat = time.monotonic()
            connection.send_op(ACK, None)
            return 0
        if op in (IDENTIFY, RESUME):
            return self._log_in(connection, op, data)
        if op not in (PRESENCE, VOICE, MEMBERS):
            return UNKNOWN_OP
        return NOT_IDENTIFIED if self.connections[connection] is None else 0

    def _log_in(self, connection: Connection, op: int, data: object) -> int:
        if self.connections[connection] is not None:
            return IDENTIFIED_ALREADY
        if not isinstance(data, dict) or not isinstance(data.get("token"), str):
            return BAD_FRAME
        if not self._world.admits(data["token"].removeprefix("Bot ")):
            return BAD_TOKEN
        code = (self._identify if op == IDENTIFY else self._resume)(connection, data)
        self._world.changes.ring()
        return code

    def _identify(self, connection: Connection, data: JSON) -> int:
        identified = self._world.identified
        identified.append({k: v for k, v in data.items() if k != "token"})
        intents = data.get("intents")
        if len(identified) > self._rules.identify_limit:
            self.revoke()
            return 0
        if not isinstance(intents, int) or intents & ~ALL_INTENTS:
            return BAD_INTENTS
        if intents & PRIVILEGED & ~(MESSAGE_CONTENT * self._rules.message_content):
            return FORBIDDEN_INTENTS
        if data.get("shard", [0, 1]) != [0, 1]:  # sharding is not played
            return BAD_SHARD
        self._begin(connection, intents)
        return 0

    def _begin(self, connection: Connection, intents: int) -> None:
        session = Session(secrets.token_hex(16), intents, self._rules.replay_limit)
        self._sessions[session.id] = self.connections[connection] = session
        session.connection = connection
        guilds = list(self._world.guilds.values())
        ready: JSON = {
            **{"v": 10, "user": {**self._world.bot.own(), "email": None}},
            **{"guilds": [{"id": g.id, "unavailable": True} for g in guilds], "private_channels": []},
            **{"relationships": [], "presences": [], "user_settings": {}, "session_id": session.id},
            **{"session_type": "normal", "resume_gateway_url": f"{self._world.gateway_url}resume/"},
            **{"shard": [0, 1], "application": {"id": self._world.application_id, "flags": 0}},
        }
        session.push("READY", json.dumps(ready))
        for guild in guilds if intents & GUILDS else ():
            session.push("GUILD_CREATE", json.dumps(self._world.arrival(guild)))

    def _resume(self, connection: Connection, data: JSON) -> int:
        session, seq = self._sessions.get(str(data.get("session_id"))), data.get("seq")
        if not isinstance(seq, int):
            return BAD_FRAME
        lost = session is None or session.expired or session.gone(self._rules.session_lifetime)
        if session is None or lost or not session.covers(seq):
            self._forget(session)
            if session is not None and not lost and seq > session.seq:
                return BAD_SEQ
            connection.send_op(INVALID, False)
            return 0
        self.resumes += 1
        if (before := session.connection) is not None:
            self.connections[before] = None
            before.close(UNKNOWN_ERROR)
        self.connections[connection], session.connection = session, connection
        for text in session.missed(seq):
            connection.send(text)
        session.push("RESUMED", json.dumps({"_trace": []}), keep=False)
        return 0
