"""Clients of the API: what they ask, and when they hear of it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from bench.process import ROOT

ASSISTANT = {"model": "gpt-6-luna", "name": "Bench", "instructions": "Be brief."}


async def made_key(directory: Path, *rights: str) -> str:
    """A key of the product whose data is in that directory."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bots", "keys", "create", "bench", "--json", *rights),
        env={
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(ROOT),
            "DATA_DIR": str(directory / "data"),
        },
        cwd=directory,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    return str(json.loads(printed)["key"])


@dataclass(frozen=True, slots=True)
class Heard:
    """Monotonic times of one streamed run: asked for, the first word, the end."""

    asked: float
    first: float
    ended: float
    text: str


class Client:
    """`async with Client(address, key) as client:`"""

    def __init__(self, address: str, key: str) -> None:
        self.address, self.key = address, key

    async def __aenter__(self) -> Self:
        headers = {"Authorization": f"Bearer {self.key}", "OpenAI-Beta": "assistants=v2"}
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=None)
        self._session = aiohttp.ClientSession(headers=headers, connector=connector, timeout=timeout)
        self.assistant = (await self.post("/assistants", ASSISTANT))["id"]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The object that is answered."""
        async with self._session.post(f"{self.address}/v1{path}", json=body) as answer:
            told: dict[str, Any] = await answer.json()
            assert answer.status == 200, told
            return told

    async def asked(self, text: str) -> str:
        """A new thread with that message: its id."""
        made = await self.post("/threads", {"messages": [{"role": "user", "content": text}]})
        return str(made["id"])

    async def post_run(self, thread: str) -> float:
        """Seconds until a run of that thread was answered."""
        began = time.monotonic()
        await self.post(f"/threads/{thread}/runs", {"assistant_id": self.assistant})
        return time.monotonic() - began

    async def stream(self, text: str) -> Heard:
        """A streamed run that answers this, in a thread of its own."""
        thread = await self.asked(text)
        body, asked, first = {"assistant_id": self.assistant, "stream": True}, time.monotonic(), 0.0
        async with self._session.post(f"{self.address}/v1/threads/{thread}/runs", json=body) as answer:
            async for line in answer.content:
                if not first and line == b"event: thread.message.delta\n":
                    first = time.monotonic()
        return Heard(asked, first, time.monotonic(), text)

    async def gets(self, path: str, seconds: float, connections: int) -> int:
        """How many times that address was answered in so many seconds, over raw connections."""
        host, _, port = self.address.removeprefix("http://").partition(":")
        request = f"GET /v1{path} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {self.key}\r\n\r\n"
        until = time.monotonic() + seconds

        async def one() -> int:
            reader, writer = await asyncio.open_connection(host, int(port))
            count = 0
            while time.monotonic() < until:
                writer.write(request.encode())
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200"), head
                length = next(
                    line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
                )
                await reader.readexactly(int(length.split(b":")[1]))
                count += 1
            writer.close()
            return count

        return sum(await asyncio.gather(*(one() for _ in range(connections))))
