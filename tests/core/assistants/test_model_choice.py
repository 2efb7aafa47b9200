"""core.assistants.model_choice: which model answers in a channel, asked and changed from the chat itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.assistants import model_choice, of_settings
from core.assistants.model_choice import ModelChoice, ModelChoices
from core.assistants.service import Assistants
from core.concurrency import Background
from core.ports import ModelFacts
from core.settings import Settings
from core.store import assistants
from core.store.database import Database
from core.types import Assistant
from tests.core.fakes import ASSISTANT, HERE, settled
from tests.fresh import fresh

MODELS = {ASSISTANT.model: ModelFacts(), "other": ModelFacts()}


class Desk:
    """The choices over a database, and a model server that may be slow."""

    def __init__(self, path: Path) -> None:
        self.db, self.background, self.answers = Database(fresh(path)), Background(), asyncio.Event()
        self.answers.set()
        given = Settings(openai_base_url="http://x/v1", assistant_model=ASSISTANT.model)
        service = Assistants(self.db, given, self._ask, self._functions)
        self.choices = ModelChoices(self.db, service, self.background)

    async def _ask(self) -> Mapping[str, ModelFacts]:
        await self.answers.wait()
        return MODELS

    async def _functions(self) -> Collection[str]:
        return ()

    async def chosen(self, wanted: str = "", *, admin: bool = True) -> ModelChoice:
        """What comes of asking in HERE."""
        return await self.choices.choose(HERE, "", wanted, "U1" if admin else "")

    async def started(self, **changes: Any) -> Assistant:
        """The assistant of the settings after the next start, with these settings."""
        wanted = replace(ASSISTANT, **changes)
        return await self.db(lambda tx: assistants.settle(tx, of_settings.with_chosen_model(tx, wanted), 2.0))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A new database with the assistant of the settings."""
    made = Desk(tmp_path / "spool.sqlite3")
    await made.db(settled)
    yield made
    await made.background.close()
    made.db.close()


async def test_a_choice_for_the_settings_assistant_lasts_until_the_setting_changes(desk):
    """Over restarts; also a setting that is changed back counts again."""
    before = await desk.chosen(admin=False)
    assert ("current", ASSISTANT.model) == (before.outcome, before.assistant.model)
    assert "admins" == (await desk.chosen("other", admin=False)).outcome
    choice = await desk.chosen("other")
    assert ("set", "other", 2) == (choice.outcome, choice.assistant.model, choice.assistant.version)
    assert "other" == (await desk.started()).model
    assert ["third", ASSISTANT.model] == [
        (await desk.started(model=model)).model for model in ("third", ASSISTANT.model)
    ]
    await desk.chosen("other")
    assert ASSISTANT.model == (await desk.chosen("default")).assistant.model
    assert ASSISTANT.model == (await desk.started()).model


async def test_one_that_was_assigned_gets_a_new_version(desk):
    """The settings' is not touched; what is refused changes nothing."""
    fields = {"name": "HelpBot", "model": ASSISTANT.model}
    one = await desk.db(lambda tx: assistants.create(tx, fields, 2.0))
    await desk.db(lambda tx: assistants.assign(tx, HERE.platform, HERE.channel, one.id))
    refused = await desk.chosen("nosuch")
    assert ("refused", ["model_refused"]) == (refused.outcome, [one.kind for one in refused.remarks])
    assert replace(one, model="other", version=2) == (await desk.chosen("other")).assistant
    assert ASSISTANT.model == (await desk.started()).model


async def test_nobody_waits_long_for_a_slow_server(desk, monkeypatch):
    """They are told so; what was wanted comes true once the server has answered."""
    monkeypatch.setattr(model_choice, "SOON", 0.05)
    desk.answers.clear()
    assert "asking" == (await desk.chosen("other")).outcome
    desk.answers.set()
    await desk.background.finish()
    assert "other" == (await desk.chosen()).assistant.model
