"""A client of the API without HTTP: its services over the whole core and a model that plays a scenario."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from core.api.key import Key
from core.api.messages import Messages
from core.api.models import ApiModels
from core.api.page import Page
from core.api.refusal import Refusal
from core.api.runs import RunRules, Runs
from core.api.threads import Threads
from core.api.watch import Watch
from core.ports import ModelFacts
from core.runs.client.endings import Endings
from core.settings import Settings
from core.store import assistants
from core.tools import tool
from standins.script.script import Scenario
from tests.core.fakes import TIMEOUT
from tests.core.served import killed, served
from tests.core.whole import Core

KEY = Key("key_1", "mine", "p1")
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Of a city.",
        "parameters": {"type": "object", "properties": {}},
    },
}
Object = dict[str, Any]


@tool
def look(place: str) -> str:
    """Look there.

    Args:
        place: where
    """
    return f"a lamp in the {place}"


class Client:
    """What a program with a key does. After `reborn` it talks with a new process."""

    def __init__(self, spool: Core, rules: RunRules, key: Key = KEY) -> None:
        self.spool, self.rules, self.key = spool, rules, key
        self._connect()

    def _connect(self) -> None:
        spool, db = self.spool, self.spool.db
        settings = Settings(openai_api_key="sk-test", assistant_model="gpt-6-luna")
        self.threads, self.messages = Threads(db, spool.lanes), Messages(db, spool.lanes.watching)
        self.endings = Endings(db, spool.lanes, self.rules.budget)
        models = ApiModels(db, settings, _models)
        self.runs = Runs(db, spool.lanes, self.endings, models, self.threads, self.rules)

    async def reborn(self) -> None:
        """The process is killed; another one goes on."""
        await killed(self.spool)
        await self.spool.restart()
        self._connect()

    async def assistant(self, *tools: Any, **more: Any) -> str:
        """A new one of the project."""
        fields = {"name": "Bot", "model": "gpt-6-luna", "instructions": "Help.", "tools": list(tools), **more}
        made = await self.spool.db(lambda tx: assistants.create(tx, fields, 1.0, project=KEY.project))
        return made.id

    async def thread(self, *texts: str) -> str:
        """A new one, with messages of a person."""
        messages = [{"role": "user", "content": text} for text in texts]
        return str((await self.threads.create(self.key, {"messages": messages}))["id"])

    async def ended(self, run: Object) -> Object:
        """The run once it does not go on by itself any more."""
        async with asyncio.timeout(TIMEOUT):
            while run["status"] in ("queued", "in_progress", "cancelling"):
                await asyncio.sleep(0.005)
                run = await self.runs.get(self.key, run["thread_id"], run["id"])
        return run

    async def ask(self, *texts: str, assistant: str | None = None, **fields: Any) -> Object:
        """A run in a new thread, to its end."""
        thread = await self.thread(*texts)
        given = {"assistant_id": assistant or await self.assistant(), **fields}
        return await self.ended(await self.runs.create(self.key, thread, given))

    async def said(self, thread: str, order: Any = "asc") -> list[Object]:
        """The messages of a thread."""
        return list((await self.messages.all(self.key, thread, Page(100, order)))["data"])

    async def texts(self, thread: str) -> list[str]:
        """What they say."""
        return ["".join(part["text"]["value"] for part in one["content"]) for one in await self.said(thread)]

    async def steps(self, run: Object, *include: str) -> list[Object]:
        """The steps of a run, the oldest first."""
        page = await self.runs.steps(self.key, run["thread_id"], run["id"], Page(100, "asc"), include)
        return list(page["data"])


async def _models() -> dict[str, ModelFacts]:
    return {"gpt-6-luna": ModelFacts(), "gpt-6-sol": ModelFacts()}


async def heard(watch: Watch) -> list[tuple[str, Object]]:
    """All events of a stream, to its end."""
    async with asyncio.timeout(TIMEOUT):
        return [(name, json.loads(data)) async for name, data in watch]


async def refused(work: Any) -> tuple[int, str]:
    """Status and text of what is refused."""
    try:
        await work
    except Refusal as refusal:
        return refusal.status, refusal.message
    raise AssertionError("it was not refused")


@contextlib.asynccontextmanager
async def client(
    directory: Path, *answers: Any, rules: RunRules | None = None, **more: Any
) -> AsyncIterator[tuple[Client, Any]]:
    """A client, and the stand-in of the model server, which gives these answers one after the other."""
    script = Scenario()
    for answer in answers:
        script.enqueue(*(answer if isinstance(answer, list) else [answer]))
    async with served(directory, script, **more) as (spool, api):
        yield Client(spool, rules or RunRules()), api
