"""A server that sends exactly the bytes it is told to, and a model that asks it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from core.model_server.events import Frames
from core.model_server.model import Features, OpenAIModel
from core.types import Alive, Finished, ModelEvent, Prompt

DONE = b'data: {"type":"response.completed","sequence_number":9,"response":{}}\n\n'
"""The terminal event of a portable server, without a name."""


@dataclass(frozen=True)
class Sent:
    """One answer: its body in HTTP chunks of these bytes, each a write of its own.

    `end`: "whole" ends the body, "cut" breaks the connection instead, "hold" keeps it open without a word.
    `late` are the seconds before that.
    """

    chunks: Sequence[bytes] = (DONE,)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "text/event-stream"})
    end: Literal["whole", "cut", "hold"] = "whole"
    late: float = 0.0


def refusal(status: int, error: Mapping[str, object] | None, **headers: str) -> Sent:
    """An HTTP error in the API's shape; without an `error`, in that of some proxy."""
    body = json.dumps({"error": error}).encode() if error is not None else b"<html>no</html>"
    kind = "application/json" if error is not None else "text/html"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Sent([body], status, {"Content-Type": kind} | named)


@dataclass
class Got:
    """One request; `connection` counts the connections from 0."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


class Wire:
    """`answers` are given in order, then DONE for ever. `requests` is what came."""

    def __init__(self, url: str = "") -> None:
        self.answers: deque[Sent] = deque()
        self.requests: list[Got] = []
        self.connections = 0
        self.url = url

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, request after request."""
        number = self.connections
        self.connections += 1
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while await self._one(reader, writer, number):
                    pass
        finally:
            writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        pairs = (line.split(": ", 1) for line in head[1:] if line)
        headers = {name.lower(): value for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.requests.append(Got(method, path, headers, body, number))
        return await self._answer(self.answers.popleft() if self.answers else Sent(), writer)

    async def _answer(self, sent: Sent, writer: asyncio.StreamWriter) -> bool:
        named = "".join(f"{name}: {value}\r\n" for name, value in sent.headers.items())
        writer.write(f"HTTP/1.1 {sent.status} X\r\n{named}Transfer-Encoding: chunked\r\n\r\n".encode())
        for chunk in sent.chunks:
            writer.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            await writer.drain()
            for _ in range(3):  # the reader gets its turn, so that a write is a read
                await asyncio.sleep(0)
        await asyncio.sleep(sent.late)
        if sent.end == "hold":
            await asyncio.Event().wait()
        if sent.end == "cut":
            writer.transport.abort()
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


@contextlib.asynccontextmanager
async def wire() -> AsyncIterator[Wire]:
    """A server on a free port."""
    made = Wire()
    serving: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.create_task(made.serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield made
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


PROMPT = Prompt(
    model="gpt-6-luna",
    instructions="Be kind.",
    items=('{"role":"user","content":"안녕 \\"x\\""}', '{"role":"user","content":"two"}'),
    cache_key="thread_1",
    user="hash",
)
PORTABLE = Features(full=False)


@contextlib.asynccontextmanager
async def asking(server: Wire, features: Features = PORTABLE) -> AsyncIterator[OpenAIModel]:
    """A model that asks this server."""
    model = OpenAIModel(api_key="sk-test", base_url=server.url, features=features)
    try:
        yield model
    finally:
        await model.close()


async def events(model: OpenAIModel, resume: str | None = None) -> list[ModelEvent]:
    """All events of one answer but signs of life, read as a run reads them: not beyond the terminal one."""
    found: list[ModelEvent] = []
    async with contextlib.aclosing(model.stream(PROMPT, resume=resume)) as stream:
        async for event in stream:
            if not isinstance(event, Alive):
                found.append(event)
            if isinstance(event, Finished):
                break
    return found


def frame(kind: str, *, named: bool = True, **fields: object) -> bytes:
    """A server-sent event."""
    name = f"event: {kind}\n" if named else ""
    return f"{name}data: {json.dumps({'type': kind, **fields})}\n\n".encode()


def delta(text: str, *, named: bool = True) -> bytes:
    """A text delta."""
    return frame("response.output_text.delta", named=named, delta=text, sequence_number=1)


def read(chunks: Sequence[bytes]) -> list[dict[str, Any]]:
    """The events of a body that comes in these pieces."""
    frames = Frames()
    return [event for chunk in chunks for event in frames.take(chunk)] + frames.end()
