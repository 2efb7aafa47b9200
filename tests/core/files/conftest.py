"""The model server, the real service and a library over a real database, for the tests of documents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.files.library import Library
from core.model_server.service import OpenAIService
from core.store import assistants
from core.store.database import Database
from standins.openai import OpenAIStandin
from standins.script.script import Scenario
from tests.fresh import fresh


@pytest.fixture
async def api() -> AsyncIterator[OpenAIStandin]:
    """The model server."""
    async with OpenAIStandin(Scenario()) as standin:
        yield standin


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database."""
    made = Database(fresh(tmp_path / "db.sqlite3"))
    yield made
    made.close()


@pytest.fixture
async def service(api: OpenAIStandin) -> AsyncIterator[OpenAIService]:
    """The real service, in a hurry."""
    made = OpenAIService(api_key="sk-test", base_url=api.base_url, pause=0.01)
    yield made
    await made.close()


@pytest.fixture
def told() -> list[str]:
    """What the operator was told."""
    return []


@pytest.fixture
def library(api: OpenAIStandin, db: Database, service: OpenAIService, told: list[str]) -> Library:
    """A library that lives in the server's time."""
    return Library(db, service, tell=told.append, clock=api.clock.now, pause=0.01)


@pytest.fixture
async def bot(db: Database) -> str:
    """An assistant without tools."""
    made = await db(lambda tx: assistants.create(tx, {"name": "HelpBot", "model": "gpt-6-luna"}, 0.0))
    return made.id
