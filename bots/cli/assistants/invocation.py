"""What every action on assistants works with, and the questions several of them ask."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import difflib
import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bots.cli.assistants.show import tell
from core.assistants import model_list
from core.assistants.model_list import ModelList
from core.assistants.validate import tool_name
from core.errors import ConfigError, Unsaved
from core.ports import ModelFacts
from core.settings import Settings
from core.store import assistants
from core.store.database import Database, Execute
from core.types import EVERY_FUNCTION, SETTINGS_ID, Assistant


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of the command. `now` is in Unix seconds."""

    db: Database
    settings: Settings
    options: argparse.Namespace
    now: float

    @property
    def spool(self) -> str:
        """What the person typed to get here, for hints."""
        name: str = self.options.spool
        return name

    async def models(self, wanted: str = "") -> ModelList:
        """What the model server offers; it is asked only when nobody did today."""
        return await model_list.of_server(self.db, self.settings, self._ask, self.now, wanted=wanted)

    async def _ask(self) -> Mapping[str, ModelFacts]:
        module: Any = await asyncio.to_thread(importlib.import_module, "core.model_server.service")
        service = module.OpenAIService(
            api_key=self.settings.openai_api_key or "none", base_url=self.settings.openai_base_url or None
        )
        try:
            found: Mapping[str, ModelFacts] = await service.models()
            return found
        finally:
            await service.close()

    def functions_without_code(self, assistant: Assistant) -> dict[str, str]:
        """The functions it names that the tools folder does not have → a name there that is like it, or "".

        Runs the folder's code.
        """
        wanted = assistant.functions() - {EVERY_FUNCTION}
        if not wanted:
            return {}
        tools = importlib.import_module("core.tools")
        with contextlib.redirect_stdout(sys.stderr):  # whatever those files print is not our output
            found = tools.load(self.settings.tools_directory, seconds=self.settings.tool_seconds)
        names = set(found.names())
        near = {name: difflib.get_close_matches(name, names, n=1) for name in sorted(wanted - names)}
        return {name: "".join(close) for name, close in near.items()}


def no_code(settings: Settings, name: str) -> str:
    """What to say of a function that was not found."""
    return (
        f"There is no function {name} in {settings.tools_directory} yet; docs/tools.md shows how to write it."
    )


def tell_namesakes(tx: Execute, assistant: Assistant) -> None:
    """Warn that its name alone does not say which one is meant any more."""
    others = [other for other in assistants.named(tx, assistant.name) if other.id != assistant.id]
    if assistant.name and others:
        tell(
            f"warning: Another assistant is called {assistant.name} too. Say which by its id: {others[0].id}."
        )


def tell_unavailable(settings: Settings, assistant: Assistant) -> None:
    """Warn about tools that the model server carries out, where it is one that has none."""
    hosted = [tool_name(tool) for tool in assistant.tools if tool["type"] != "function"]
    if hosted and not settings.full_features:
        tell(
            f"warning: {assistant.label} answers without {', '.join(hosted)}: the settings (OPENAI_FEATURES, "
            "OPENAI_BASE_URL) say that this model server has no such tools."
        )


def unsaved(settings: Settings, error: Unsaved) -> ConfigError:
    """What to say of a database that refused."""
    path = settings.data_dir / "spool.sqlite3"
    if "malformed" in str(error):
        return ConfigError(f"{path} is damaged ({error}). Stop every Spool, and put a backup in its place.")
    return ConfigError(f"{path} could not be written ({error}). That step did not happen; try again.")


def one(tx: Execute, wanted: str, spool: str) -> Assistant:
    """The assistant with that id or name. Raises ConfigError when that is none, or several."""
    found = assistants.named(tx, wanted)
    if len(found) == 1:
        return found[0]
    if not found:
        raise ConfigError(f"There is no assistant “{wanted}”. `{spool} assistants list` shows all.")
    ids = ", ".join(assistant.id for assistant in found)
    raise ConfigError(f"Several assistants are called “{wanted}”. Say which by its id: {ids}.")


def changeable(assistant: Assistant, spool: str) -> Assistant:
    """The assistant, when commands may change it. Raises ConfigError for that of the settings."""
    if assistant.id == SETTINGS_ID:
        raise ConfigError(
            f"{SETTINGS_ID} is what the ASSISTANT_* settings say. Change those, or create an assistant and "
            f"let it answer everywhere: {spool} assistants use NAME --default."
        )
    return assistant
