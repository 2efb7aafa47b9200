"""Fixtures: the stand-ins on real sockets, and the product put together as `run` does it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from bots.app import assembled
from bots.intake.connection import keep
from core.settings import Settings
from core.store.data_dir import data_directory
from core.store.database import FILE
from standins.discord import DiscordStandin
from standins.openai import OpenAIStandin
from standins.script.script import Scenario
from standins.slack import SlackStandin
from tests.fresh import fresh
from tests.tool_files import DRAW_SLOWLY, PAY, SLOW, put_tool

signal.signal(signal.SIGINT, signal.default_int_handler)
"""What a shell starts in the background ignores Ctrl-C, and so would every process that a test makes."""
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")
"""A machine that has other things to do is no fault of what is tested."""
Product = Callable[..., AbstractAsyncContextManager[None]]
Votes = Callable[[], list[tuple[str, int, str]]]


@pytest.fixture(scope="session", autouse=True)
def _no_certificates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing here speaks TLS, and reading the machine's certificates costs 0.1 s for every product."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SSL_CERT_FILE", raising=False)
        patch.setenv("SSL_CERT_DIR", str(tmp_path_factory.mktemp("certificates")))
        yield


@pytest.fixture
def script() -> Scenario:
    """What the model says: enqueue answers, else it echoes. `requests` holds what it was asked."""
    return Scenario()


@pytest.fixture
async def openai(script: Scenario) -> AsyncIterator[OpenAIStandin]:
    async with OpenAIStandin(script) as standin:
        yield standin


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandin]:
    async with SlackStandin() as standin:
        yield standin


@pytest.fixture
async def discord() -> AsyncIterator[DiscordStandin]:
    async with DiscordStandin() as standin:
        yield standin


@pytest.fixture
def product(tmp_path: Path, openai: OpenAIStandin, request: pytest.FixtureRequest) -> Product:
    """`async with product(thread_scope="topic"):` runs Spool with the stand-ins the test asks for.

    Entering waits until each platform is connected. Entering again goes on with the same data directory.
    """
    settings: dict[str, Any] = {
        "openai_base_url": openai.base_url,
        "openai_api_key": "sk-test",
        "data_dir": tmp_path / "data",
        "answer_buttons": False,  # they are of no matter where they are not the matter
    }
    names: list[str] = []
    if "slack" in request.fixturenames:
        slack: SlackStandin = request.getfixturevalue("slack")
        names.append("slack")
        settings |= {
            "slack_bot_token": slack.bot_token,
            "slack_app_token": slack.app_token,
            "slack_api_url": slack.api_url,
        }
    if "discord" in request.fixturenames:
        discord: DiscordStandin = request.getfixturevalue("discord")
        names.append("discord")
        settings |= {
            "discord_bot_token": discord.token,
            "discord_api_url": discord.api_url,
            "discord_gateway_url": discord.gateway_url,
        }

    @contextlib.asynccontextmanager
    async def run(**overrides: Any) -> AsyncIterator[None]:
        config = Settings(**{**settings, **overrides})
        fresh(data_directory(config.data_dir) / FILE)
        async with assembled(config, tuple(names)) as (platforms, *_):
            connected = [asyncio.Event() for _ in platforms]
            keeping = [
                asyncio.create_task(keep(platform, event.set))
                for platform, event in zip(platforms, connected, strict=True)
            ]
            try:
                async with asyncio.timeout(10):
                    for event in connected:
                        await event.wait()
                yield
            finally:
                for task in keeping:
                    task.cancel()
                await asyncio.gather(*keeping, return_exceptions=True)

    return run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data directory of `product`, with a tool `look` that waits in it."""
    put_tool(tmp_path / "data", "look", SLOW)
    return tmp_path / "data"


@pytest.fixture
def drawing(data: Path) -> Path:
    """The same with a tool `draw` that draws slowly."""
    put_tool(data, "draw", DRAW_SLOWLY)
    return data


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """What the tool `pay` has paid; see `paid`."""
    return put_tool(tmp_path / "data", "pay", PAY)


@pytest.fixture
def votes(tmp_path: Path) -> Votes:
    """Gives who said good (1) or bad (0) of an answer, and why, as it is on disk now."""

    def look() -> list[tuple[str, int, str]]:
        with sqlite3.connect(tmp_path / "data" / FILE) as db:
            return db.execute("SELECT person, good, reason FROM feedback ORDER BY person").fetchall()

    return look
