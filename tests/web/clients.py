"""Clients of the API: keys of a running Spool, the real SDK with one of them, what a stream tells."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI

from core.api.key import Key
from core.api.keys import issue
from core.store.database import FILE, Database

LOOKUP: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "lookup_city",
        "description": "What is known of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
MODEL = "gpt-6-luna"


@dataclass
class Api:
    """A Spool that serves at `url`; what is opened here is closed with `stack`."""

    url: str
    data: Path
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def key(self, name: str, project: str = "default", **rights: bool) -> str:
        db = Database(self.data / FILE)
        made = await db(lambda tx: issue(tx, Key("", name, project, **rights), time.time()))
        db.close()
        return made[1]

    async def client(self, name: str, project: str = "default", **rights: bool) -> AsyncOpenAI:
        return await self.known(await self.key(name, project, **rights))

    async def known(self, secret: str) -> AsyncOpenAI:
        client = AsyncOpenAI(base_url=self.url, api_key=secret, max_retries=0, timeout=15)
        return await self.stack.enter_async_context(client)


async def talk(client: AsyncOpenAI, text: str = "hello", **assistant: Any) -> tuple[str, str]:
    """An assistant, and a thread with one message."""
    made = await client.beta.assistants.create(**{"model": MODEL, **assistant})
    thread = await client.beta.threads.create(messages=[{"role": "user", "content": text}])
    return made.id, thread.id


async def told(stream: Any) -> list[Any]:
    """Everything that a stream tells, until it ends."""
    async with asyncio.timeout(15), stream as events:
        return [event async for event in events]


async def ended(client: AsyncOpenAI, thread: str, run: str, wanted: str = "") -> Any:
    """The run as soon as it has ended, waits, or has the wanted status."""
    async with asyncio.timeout(15):
        while True:
            found = await client.beta.threads.runs.retrieve(run, thread_id=thread)
            if found.status == wanted or (not wanted and found.status not in ("queued", "in_progress")):
                return found
            await asyncio.sleep(0.02)


async def texts(client: AsyncOpenAI, thread: str) -> list[tuple[str, str]]:
    """Role and text of each message, oldest first."""
    listed = await client.beta.threads.messages.list(thread, order="asc")
    return [
        (one.role, "".join(part.text.value for part in one.content if part.type == "text"))
        for one in listed.data
    ]


async def first(events: AsyncIterable[Any], name: str) -> Any:
    """The first event of that name."""
    async for event in events:
        if event.event == name:
            return event
    raise AssertionError(f"no {name}")
