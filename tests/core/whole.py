"""The core put together for tests: a real database file, the real lanes and runner, fakes at both ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Any

from core.api.platform import ApiPlatform
from core.concurrency import Background
from core.files.attachments import Attachments, FileLimits
from core.files.library import Library
from core.files.sent import SentFiles
from core.inbox import Inbox, Policy, Receipt
from core.policy.budget import Budget, Money
from core.policy.ledger import Speech
from core.policy.prices import Prices
from core.ports import Model, Service
from core.runs.approvals import Approvals
from core.runs.lanes import Lanes
from core.runs.run_context import Limits, Ready, Rules, RunContext
from core.runs.runner import Runner
from core.runs.summaries import Summaries
from core.store import assistants
from core.store.database import Database
from core.tools import Toolbox
from core.types import Assistant
from standins.script.script import Scenario
from tests.core.fakes import ASSISTANT, TIMEOUT, FakePlatform, message
from tests.fresh import fresh
from tests.scripted_model import ScriptedModel


class Core:
    """Database, inbox, lanes and runner as `bots.app` puts them together, over fakes at both ends."""

    def __init__(
        self,
        path: Path,
        model: Model,
        policy: Policy,
        limits: Limits,
        language: str,
        *,
        toolbox: Toolbox | None = None,
        service: Service | None = None,
        assistant: Assistant | None = None,
        platform: FakePlatform | None = None,
        money: Money | None = None,
        prices: Prices | None = None,
        networks: Sequence[FakePlatform] = (),
        **rules: Any,
    ) -> None:
        self.db, self.money, self.prices = Database(fresh(path)), money or Money(), prices or Prices()
        self.platform = platform or FakePlatform()
        self.networks = {one.name: one for one in networks or (self.platform,)}
        self.policy, self.model = policy, model
        self.rules = Rules(
            limits=limits,
            language=language,
            shared=policy.scope == "topic",
            scopes=policy.scopes,
            budget=policy.budget,
            full=service is not None,
            mcp_hosts=frozenset({"mcp.example.com"}),
            **{"self_knowledge": False, **rules},
        )
        self.toolbox = toolbox or Toolbox()
        self.service: Any = service  # None where nothing may ask it
        self.script: Any = None  # what the model says, where it is a scenario
        self.unready: list[Exception] = []
        """Why what runs need cannot be built, one each time."""
        self.db(lambda tx: assistants.settle(tx, assistant or ASSISTANT, 1.0))
        self.db(lambda tx: self.money.settle(tx, 0.0))
        self._begin()

    def _begin(self) -> None:
        prices, budget = self.prices, Budget(self.db, self.money, self.prices)
        run_context = RunContext(
            self.db,
            self.model,
            Approvals(self.db),
            Attachments(
                self.db,
                self.networks,
                FileLimits(2**20, 4),
                transcribe=Speech(self.service.transcribe, "gpt-transcribe", prices, budget)
                if self.service
                else None,
            ),
            self.toolbox,
            self.service,
            Library(self.db, self.service, pause=0.01, allowed=budget.check),
            self.rules,
            Background(),
            sent=SentFiles(self.db, self._served, Path(tempfile.gettempdir())),
            prices=prices,
            budget=budget,
        )
        self.run_context = run_context
        self.ready = Ready(self._build)
        self.runner = Runner(self.db, self.rules, {**self.networks, "api": ApiPlatform()}, self.ready)
        self.memory = Summaries(self.db, self.ready, self.rules)
        self.lanes = Lanes(self.db, self.runner.run, self.policy.budget, self.memory.start)
        self.lanes.watching = self.runner.watching
        self.inbox = Inbox(self.db, self.lanes, self.policy, run_context.approvals, run_context.attachments)

    async def _served(self) -> Service:
        made: Service = self.service
        return made

    async def _build(self) -> RunContext:
        if self.unready:
            raise self.unready.pop()
        return self.run_context

    async def say(self, id: str, text: str = "", *, attempts: int = 0, **more: Any) -> Receipt:
        """Somebody writes; `attempts`: errors that the run which answers is to have met already."""
        accepted = self.inbox.receive(message(id, text, **more))
        where = "WHERE id = (SELECT run_id FROM messages WHERE platform_id = ?)"
        self.db(
            lambda tx: tx.execute(
                f"UPDATE runs SET attempts = attempts + ? {where}", (attempts, id)
            ).fetchall()
        )
        return await accepted

    async def ask(self, id: str, text: str = "", **more: Any) -> Receipt:
        """Somebody writes, and everything that was accepted has its outcome."""
        receipt = await self.say(id, text, **more)
        await self.idle()
        return receipt

    async def idle(self) -> None:
        """Returns once every lane has ended: all that was accepted has its outcome."""
        async with asyncio.timeout(TIMEOUT):
            while tasks := lane_tasks():
                await asyncio.wait(tasks)
            await self.rows("SELECT 1")

    async def die(self) -> None:
        """The process is gone: nothing is let go of in the database."""
        for task in lane_tasks():
            task.cancel()
        await asyncio.gather(*lane_tasks(), return_exceptions=True)

    async def restart(self) -> None:
        """Another process goes on with the same database."""
        self.db(lambda tx: self.money.settle(tx, time.time()))
        self._begin()
        await self.lanes.resume([*self.networks, "api"])

    async def rows(self, sql: str, *params: object) -> list[tuple[Any, ...]]:
        """What a statement gives."""
        return await self.db(lambda tx: tx.execute(sql, params).fetchall())

    async def items(self) -> list[tuple[str, str]]:
        """Role and text of everything the threads remember, in order."""
        rows = [json.loads(item) for item in all_of(await self.rows("SELECT item FROM items ORDER BY seq"))]
        return [(item["role"], item["content"]) for item in rows]

    async def outcomes(self) -> list[tuple[str, str | None]]:
        """Status and error of every run, in the order of their acceptance."""
        return [(status, error) for status, error in await self.rows("SELECT status, error FROM runs")]


def lane_tasks() -> list[asyncio.Task[Any]]:
    """The lanes that are at work."""
    return [task for task in asyncio.all_tasks() if task.get_name().startswith("lane ")]


def rules(**changes: Any) -> Policy:
    """A policy that takes messages of any age."""
    return Policy(**({"budget": 10_000, "window": math.inf} | changes))


@contextlib.asynccontextmanager
async def core(
    directory: Path,
    model: Model | Scenario,
    *,
    policy: Policy | None = None,
    limits: Limits | None = None,
    language: str = "en",
    **more: Any,
) -> AsyncIterator[Core]:
    """The core over a database file in that directory, and a model, or one that plays a scenario. With a
    `service` the server offers everything.
    """
    script = model if isinstance(model, Scenario) else None
    model = ScriptedModel(model) if isinstance(model, Scenario) else model
    policy, limits = policy or rules(), limits or Limits(idle=TIMEOUT, run=TIMEOUT)
    made = Core(directory / "spool.sqlite3", model, policy, limits, language, **more)
    made.script = script
    try:
        yield made
    finally:
        await made.lanes.close()
        await made.memory.close()
        await made.run_context.attachments.close()
        await made.run_context.later.close()
        await made.die()
        made.db.close()


def all_of(rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    """The one column of some rows."""
    return [value for (value,) in rows]
