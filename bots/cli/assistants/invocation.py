"""What every action on assistants works with."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bots.cli.assistants.sentences import sentence
from bots.cli.assistants.show import tell
from core.assistants.of_settings import BUILT_IN
from core.assistants.remarks import Remark
from core.assistants.service import Assistants
from core.errors import ConfigError, Unsaved
from core.ports import ModelFacts
from core.settings import Settings
from core.store.database import Database, explained


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of the command."""

    service: Assistants
    settings: Settings
    options: argparse.Namespace

    @property
    def spool(self) -> str:
        """What the person typed to get here, for hints."""
        name: str = self.options.spool
        return name

    def sentences(self, remarks: Iterable[Remark]) -> list[str]:
        """What to say of them."""
        return [sentence(remark, self.settings, self.spool) for remark in remarks]

    def warn(self, warnings: Iterable[Remark]) -> None:
        """Say them to the person."""
        for text in self.sentences(warnings):
            tell(f"warning: {text}")


def service(db: Database, settings: Settings) -> Assistants:
    """The assistants of a database. What is slow to import is imported when something asks for it."""

    async def models() -> Mapping[str, ModelFacts]:
        module: Any = await asyncio.to_thread(importlib.import_module, "core.model_server.service")
        server = module.OpenAIService(
            api_key=settings.openai_api_key or "none", base_url=settings.openai_base_url or None
        )
        try:
            found: Mapping[str, ModelFacts] = await server.models()
            return found
        finally:
            await server.close()

    async def functions() -> Collection[str]:
        """Runs the code of the tools folder; whatever that prints is not our output."""
        tools = importlib.import_module("core.tools")
        with contextlib.redirect_stdout(sys.stderr):
            found = tools.load(settings.tools_directory, seconds=settings.tool_seconds)
        return {*found.names(), *BUILT_IN.values()}

    return Assistants(db, settings, models, functions)


def unsaved(settings: Settings, error: Unsaved) -> ConfigError:
    """What to say of a database that refused."""
    return explained(settings.data_dir / "spool.sqlite3", error)
