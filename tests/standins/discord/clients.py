"""Three clients of the Discord stand-in: the real SDK, bare REST and a bare gateway socket."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest
import yarl
from discord import app_commands

from standins.discord import DiscordStandin

PERSON = "200000000000000001"
OTHER = "200000000000000002"
CHANNEL = "300000000000000001"
"""The DM of PERSON."""
MESSAGES = f"/channels/{CHANNEL}/messages"
INTENTS = 4609
"""Guilds, guild messages, direct messages."""


class Bot(discord.Client):
    """An unmodified client that remembers what it was told. `tree` takes commands before the start."""

    def __init__(self) -> None:
        none = discord.AllowedMentions.none()
        super().__init__(intents=discord.Intents(guilds=True, messages=True), allowed_mentions=none)
        self.tree = app_commands.CommandTree(self)
        self.seen: list[discord.Message] = []
        self.edited: list[discord.RawMessageUpdateEvent] = []
        self.removed: list[discord.RawMessageDeleteEvent] = []
        self.life: asyncio.Future[None]

    async def setup_hook(self) -> None:
        if self.tree.get_commands():
            await self.tree.sync()

    async def on_message(self, message: discord.Message) -> None:
        if not message.author.bot:
            self.seen.append(message)

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        self.edited.append(event)

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        self.removed.append(event)


@contextlib.asynccontextmanager
async def running(standin: DiscordStandin, bot: Bot, patch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    """The bot connected to the stand-in by the two assignments that redirect the SDK."""
    patch.setattr(discord.http.Route, "BASE", standin.api_url)
    patch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(standin.gateway_url))
    task = bot.life = asyncio.ensure_future(bot.start(standin.token))
    try:
        await standin.until(lambda: standin.connected or task.done())
        yield bot
    finally:
        await bot.close()
        await asyncio.gather(task, return_exceptions=True)


class Api:
    """Bare REST. `ask` returns (status, JSON); the reply's headers stay in `headers`."""

    def __init__(self, standin: DiscordStandin, session: aiohttp.ClientSession) -> None:
        self.headers: dict[str, str] = {}
        self._standin = standin
        self._session = session

    async def ask(self, method: str, path: str, body: Any = None, **kwargs: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bot {self._standin.token}", **kwargs.pop("headers", {})}
        if body is not None:
            kwargs["json"] = body
        url = self._standin.api_url + path
        async with self._session.request(method, url, headers=headers, **kwargs) as response:
            self.headers = {name.lower(): value for name, value in response.headers.items()}
            raw = await response.text()
            return response.status, json.loads(raw) if raw.startswith(("{", "[")) else raw

    async def post(self, content: str, channel: str = CHANNEL, **more: Any) -> tuple[int, Any]:
        return await self.ask("POST", f"/channels/{channel}/messages", {"content": content, **more})

    async def patch(self, message: str, **body: Any) -> tuple[int, Any]:
        return await self.ask("PATCH", f"{MESSAGES}/{message}", body)

    async def upload(self, body: Any, *files: tuple[str, bytes], **how: Any) -> tuple[int, Any]:
        return await self.ask("POST", MESSAGES, data=form(body, *files, **how))

    async def register(self, *commands: Any) -> tuple[int, Any]:
        return await self.ask("PUT", f"/applications/{self._standin.application_id}/commands", list(commands))


def standin_with(**how: Any) -> pytest.MarkDecorator:
    """The stand-in of a test, when it is to differ from the usual one."""
    return pytest.mark.parametrize("d", [how], indirect=True, ids=[""])


def why(reply: tuple[int, Any]) -> str:
    """The refusal in a line: status, JSON code and, of a form, where it is wrong and the code there."""
    status, body = reply
    assert status >= 400, body
    told, place, errors = f"{status} {body['code']}", [], body.get("errors")
    while errors and "_errors" not in errors:
        ((part, errors),) = errors.items()
        place.append(part)
    return f"{told} {'.'.join(place)} {errors['_errors'][0]['code']}" if errors else told


def button(**more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 2, "label": "Stop", "custom_id": "stop", **more}


def row(*buttons: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": 1, "components": list(buttons)}]


def form(body: Any, *files: tuple[str, bytes], field: str = "files[{}]") -> aiohttp.FormData:
    """A multipart body as clients send it."""
    parts = aiohttp.FormData()
    parts.add_field("payload_json", json.dumps(body), content_type="application/json")
    for number, (name, content) in enumerate(files):
        parts.add_field(field.format(number), io.BytesIO(content), filename=name)
    return parts


@contextlib.asynccontextmanager
async def bare(standin: DiscordStandin) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession() as session:
        yield Api(standin, session)


class Socket:
    """A bare gateway client with zlib-stream, as the SDK asks for it."""

    def __init__(self, standin: DiscordStandin, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._standin = standin
        self._inflate = zlib.decompressobj()

    async def send(self, op: int, data: Any) -> None:
        await self.socket.send_str(json.dumps({"op": op, "d": data}))

    async def next(self) -> dict[str, Any]:
        """The next frame; `{"close": code}` at the end."""
        message = await self.socket.receive(timeout=3)
        if message.type is aiohttp.WSMsgType.BINARY:
            frame: dict[str, Any] = json.loads(self._inflate.decompress(message.data))
            return frame
        return {"close": self.socket.close_code}

    async def event(self, name: str) -> dict[str, Any]:
        """The next event of that name; others are passed over."""
        while (frame := await self.next()).get("t") != name:
            assert "close" not in frame, frame
        return frame

    async def close_code(self) -> int:
        """The code the server closes with; frames before are passed over."""
        while "close" not in (frame := await self.next()):
            pass
        return int(frame["close"])

    async def identify(self, intents: Any = INTENTS, **more: Any) -> dict[str, Any]:
        """IDENTIFY; returns the frame that answers it, READY if all is well."""
        data = {"token": self._standin.token, "intents": intents, "properties": {}, **more}
        await self.send(2, data)
        return await self.next()

    def vanish(self) -> None:
        self.socket._response.close()

    async def resume(self, session: str, seq: int) -> None:
        await self.send(6, {"token": self._standin.token, "session_id": session, "seq": seq})


async def ready(socket: Socket) -> tuple[str, int]:
    """IDENTIFY; returns (session id, seq) after READY."""
    frame = await socket.identify()
    assert frame["t"] == "READY"
    return frame["d"]["session_id"], frame["s"]


@contextlib.asynccontextmanager
async def gateway(standin: DiscordStandin, query: str = "") -> AsyncIterator[Socket]:
    """A socket that has been greeted (unless `query` asks for something the server refuses).

    It is closed with 4000 at the end, which keeps its session.
    """
    query = query or "v=10&encoding=json&compress=zlib-stream"
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{standin.gateway_url}?{query}") as ws:
        socket = Socket(standin, ws)
        if query.startswith("v=10&encoding=json&compress=zlib"):
            assert (await socket.next())["op"] == 10
        try:
            yield socket
        finally:
            await ws.close(code=4000)
