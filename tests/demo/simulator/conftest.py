"""The simulator over real stand-ins, with the real bot; what a browser is told."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bots.demo.simulator.feed import Feed
from bots.demo.simulator.simulator import Simulator
from bots.demo.simulator.trouble import Model
from bots.demo.town import PEOPLE, furnish
from core.store.database import FILE
from core.store.reading import Reading
from standins.discord import DiscordStandin
from standins.local import Changes
from standins.openai import OpenAIStandin
from standins.script.offline import Offline
from standins.slack import SlackStandin
from tests.conftest import Product
from tests.tool_files import PAY, put_tool

CUT = 1.0
TOOLS = ("pay", "image_generation")


class Bot:
    """One that runs in this process."""

    pid: int | None = 4711

    def kill(self) -> None:
        raise AssertionError("only a process can be killed")


class Browser:
    """What is told to one, as it stands now. `state`: beside the posts."""

    def __init__(self) -> None:
        self.state: Mapping[str, Any] = {}
        self.told: dict[tuple[str, str], Any] = {}
        self._news = Changes()

    def hear(self, name: str, data: bytes) -> None:
        found = json.loads(data)
        if name == "state":
            self.state = found
        elif name == "reload":
            self.told.clear()
        elif found.get("deleted"):
            del self.told[found["platform"], found["id"]]
        else:
            self.told[found["platform"], found["id"]] = found
        self._news.ring()

    def posts(self, platform: str, **wanted: Any) -> list[Any]:
        """Oldest first."""
        there = [one for (network, _), one in self.told.items() if network == platform]
        found = [one for one in there if all(one[name] == value for name, value in wanted.items())]
        return sorted(found, key=lambda one: one["at"])

    def said(self, platform: str, **wanted: Any) -> str:
        """Words of all such posts of the bot."""
        posts = self.posts(platform, bot=True, **wanted)
        return "\n".join(part["text"] for post in posts for part in post["parts"])

    async def until(self, true: Callable[[], Any], seconds: float = 20.0) -> Any:
        return await self._news.until(true, seconds, lambda: json.dumps([*self.told.values()], indent=1))


@contextlib.asynccontextmanager
async def looking(feed: Feed) -> AsyncIterator[Browser]:
    browser = Browser()

    async def follow() -> None:
        async for told in feed.follow():
            if told:
                browser.hear(*told)

    task = asyncio.create_task(follow())
    try:
        yield browser
    finally:
        task.cancel()


@pytest.fixture
async def openai() -> AsyncIterator[OpenAIStandin]:
    async with OpenAIStandin(Offline(delay=0), models=None) as standin:
        yield standin


@pytest.fixture
async def simulator(
    product: Product, slack: SlackStandin, discord: DiscordStandin, openai: OpenAIStandin, tmp_path: Path
) -> AsyncIterator[Simulator]:
    furnish(slack, discord, "en")
    put_tool(tmp_path / "data", "pay", PAY)
    admins = (PEOPLE[0].slack, PEOPLE[0].discord)
    seen = {"answer_buttons": True, "feedback": True}
    async with product(**seen, admins=admins, openai_features="full", assistant_tools=TOOLS):
        read, script = Reading(tmp_path / "data" / FILE), openai.script
        assert isinstance(script, Offline)
        made = Simulator(slack, discord, Model(openai, script), Bot(), read, cut=CUT)
        yield made
        await made.close()


@pytest.fixture
async def browser(simulator: Simulator) -> AsyncIterator[Browser]:
    async with looking(simulator.feed) as found:
        yield found
