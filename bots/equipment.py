"""The means of all runs, put together from the settings; what costs time is built when it is needed."""

from __future__ import annotations

import asyncio
import importlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from bots.modelsoon import ModelSoon
from bots.soon import Soon
from core.assistants import model_list
from core.concurrency import Background
from core.files.attachments import Attachments
from core.files.library import Library
from core.ports import Fetching
from core.runs import history
from core.runs.approvals import Approvals
from core.runs.run_context import Kit, Limits, Rules
from core.service import ModelFacts, Service
from core.settings import Settings
from core.store import assistants, threads
from core.store.database import Database
from core.tools import Toolbox, load

logger = logging.getLogger(__name__)
DAY = 86_400.0


class Equipment:
    """Builds the `kit` and keeps what goes on beside the runs. `close()` when done.

    `tools`: folders with tools, after the operator's own.
    """

    def __init__(
        self,
        settings: Settings,
        db: Database,
        model: ModelSoon,
        platforms: Mapping[str, Fetching],
        tools: Sequence[Path] = (),
    ) -> None:
        self._settings, self._db = settings, db
        self._tools = (settings.tools_directory, *tools)
        self._model = model
        self._service: Soon[Service] = Soon(self._serve, "service")
        self._library: Soon[Library] = Soon(self._shelve, "library")
        self._toolbox: Soon[Toolbox] = Soon(self._load, "tools")
        self._background = Background()
        self.kit = Kit(
            db=db,
            model=model,
            approvals=Approvals(db),
            attachments=Attachments(
                db,
                platforms,
                limit_bytes=settings.file_megabytes * 2**20,
                limit_count=settings.files_per_message,
                transcribe=self._transcribe,
            ),
            toolbox=self._toolbox,
            service=self._service,
            library=self._library,
            rules=_rules(settings),
            later=Background(),
        )

    def begin(self, quiet: Callable[[], Awaitable[None]]) -> None:
        """Start what is to be there soon, and what goes on for ever: that waits until all is `quiet`."""
        self._toolbox.begin()
        self._background.start(self._watch_models(quiet), "model list")

    async def _serve(self) -> Service:
        """Over the model's own connections: another client costs a tenth of a second of CPU."""
        model = await self._model.ready()
        module = await asyncio.to_thread(importlib.import_module, "core.model_server.service")
        service: Service = module.OpenAIService(
            beside=model.client, transcription_model=self._settings.transcription_model
        )
        return service

    async def _shelve(self) -> Library:
        return Library(self._db, await self._service())

    async def _load(self) -> Toolbox:
        """A broken tool is left out and said in the log; the others work."""
        toolbox = await asyncio.to_thread(load, *self._tools, seconds=self._settings.tool_seconds)
        for problem in toolbox.problems:
            logger.error(problem)
        return toolbox

    async def _transcribe(self, name: str, content: bytes) -> str:
        return await (await self._service()).transcribe(name, content)

    async def _watch_models(self, quiet: Callable[[], Awaitable[None]]) -> None:
        """Once a day: what the server says about the models in use, and how much they can read at once."""
        while True:
            await asyncio.sleep(1.0)
            await quiet()  # whoever waits for an answer comes first
            try:
                await self._look_at_models()
            except Exception:  # a database that is locked for once, say: tomorrow is another day
                logger.exception("the model list cannot be read")
            await asyncio.sleep(DAY)

    async def _look_at_models(self) -> None:
        async def ask() -> Mapping[str, ModelFacts]:
            return await (await self._service()).models()

        now = time.time()
        used = await self._db(lambda x: [one.model for one in assistants.all(x)])
        for concern in await model_list.concerns(self._db, self._settings, ask, now, used):
            logger.warning(concern)
        listed = await model_list.of_server(self._db, self._settings, ask, now)
        windows = {model: facts.context for model, facts in (listed.models or {}).items() if facts.context}
        if windows:
            await self._db(lambda x: threads.remember(x, history.WINDOWS, windows))

    async def close(self) -> None:
        """Let go of everything; what was under way goes on at the next start."""
        await self._background.close()
        await self.kit.attachments.close()
        await self.kit.later.close()
        for soon in (self._toolbox, self._library, self._service):
            soon.cancel()
        if service := self._service.built:
            await service.close()


def _rules(settings: Settings) -> Rules:
    return Rules(
        limits=Limits(idle=settings.model_idle_seconds, run=settings.run_seconds, tool=settings.tool_seconds),
        language=settings.language,
        shared=settings.thread_scope == "topic",
        budget=settings.budget,
        full=settings.full_features,
        effort=settings.assistant_effort,
        mcp_hosts=frozenset(host.lower() for host in settings.mcp_hosts),
        secrets=settings.secrets(),
    )
