"""What runs work with: model, tools, stores. Each is built when needed, or soon after the start."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from core.assistants import model_list
from core.concurrency import Background, in_daemon
from core.files.attachments import Attachments, FileLimits
from core.files.library import Library
from core.ports import Fetching, Model, ModelFacts, Service
from core.runs import history
from core.runs.approvals import Approvals
from core.runs.run_context import Limits, Rules, RunContext
from core.settings import Settings
from core.store import assistants, facts
from core.store.database import Database
from core.tools import Toolbox, load, state
from core.types import ModelEvent, Prompt

T = TypeVar("T")
logger = logging.getLogger(__name__)
DAY = 86_400.0
GLANCE = 1.0
"""Seconds between two looks at the folders of tools."""


class Soon(Generic[T]):
    """`await soon()` gives what `build` built. A build that failed is tried again by the next who asks."""

    def __init__(self, build: Callable[[], Awaitable[T]], name: str) -> None:
        self._build, self._name = build, name
        self._task: asyncio.Task[T] | None = None

    def begin(self) -> asyncio.Task[T]:
        """Start building, if nobody has."""
        failed = self._task and self._task.done() and (self._task.cancelled() or self._task.exception())
        if self._task is None or failed:
            self._task = asyncio.ensure_future(self._work())
        return self._task

    async def _work(self) -> T:
        return await self._build()

    async def __call__(self) -> T:
        """The thing, once it is built."""
        return await asyncio.shield(self.begin())

    async def renew(self) -> None:
        """Build another; until it is there, whoever asks gets the one of before."""
        task = asyncio.ensure_future(self._work())
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()  # when nobody waits for it any more; one that has ended stays as it is
        self._task = task

    @property
    def built(self) -> T | None:
        """The thing if it is there already."""
        done = self._task is not None and self._task.done() and not self._task.cancelled()
        return self._task.result() if done and self._task and not self._task.exception() else None

    def cancel(self) -> None:
        """Nobody needs it any more."""
        if self._task:
            self._task.cancel()


class ModelSoon:
    """`core.ports.Model` from the first moment on; who asks waits until it is there."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._model: Soon[Model] = Soon(self._load, "model")
        self._model.begin()

    async def _load(self) -> Model:
        module = await asyncio.to_thread(importlib.import_module, "core.model_server.model")
        settings = self._settings
        features = module.Features(
            full=settings.full_features,
            background=settings.openai_background,
            effort=settings.assistant_effort,
        )
        model: Model = module.OpenAIModel(
            api_key=settings.openai_api_key or "none",
            base_url=settings.openai_base_url or None,
            features=features,
        )
        gc.freeze()  # what was imported stays: no collection has to walk 120,000 objects again
        return model

    async def ready(self) -> Any:
        """The model itself, once it can be asked."""
        return await self._model()

    async def stream(self, prompt: Prompt, *, resume: str | None = None) -> AsyncGenerator[ModelEvent, None]:
        """See `Model.stream`."""
        model = await self._model()
        async with contextlib.aclosing(model.stream(prompt, resume=resume)) as events:
            async for event in events:
                yield event

    async def discard(self, response_id: str) -> None:
        """See `Model.discard`."""
        await (await self._model()).discard(response_id)

    async def close(self) -> None:
        """See `Model.close`."""
        self._model.cancel()
        if model := self._model.built:
            await model.close()


class Equipment:
    """Builds the `run_context` and keeps what goes on beside the runs. `close()` when done.

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
        self.run_context = RunContext(
            db=db,
            model=model,
            approvals=Approvals(db),
            attachments=Attachments(
                db,
                platforms,
                FileLimits(settings.file_megabytes * 2**20, settings.files_per_message),
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
        self._background.start(self._watch_tools(), "tools")
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
        reading = partial(load, *self._tools, seconds=self._settings.tool_seconds)
        toolbox = await in_daemon(reading, "tools")
        for problem in toolbox.problems:
            logger.error(problem)
        return toolbox

    async def _watch_tools(self) -> None:
        """Files of tools that come, change or go are read without a restart; no message waits for it.

        Once they have stood still from one look to the next: a file may be in the middle of being written.
        """
        read = before = await asyncio.to_thread(state, *self._tools)
        await self._toolbox()
        while True:
            await asyncio.sleep(GLANCE)
            now = await asyncio.to_thread(state, *self._tools)
            before, still = now, now == before
            if still and now != read:
                read = now
                await self._toolbox.renew()
                logger.info("the files of tools have changed and were read anew")

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
        used = await self._db(lambda tx: [one.model for one in assistants.all(tx)])
        for concern in await model_list.concerns(self._db, self._settings, ask, now, used):
            logger.warning(concern)
        listed = await model_list.of_server(self._db, self._settings, ask, now)
        windows = {model: facts.context for model, facts in (listed.models or {}).items() if facts.context}
        if windows:
            await self._db(lambda tx: facts.remember(tx, history.WINDOWS, windows))

    async def close(self) -> None:
        """Let go of everything; what was under way goes on at the next start."""
        await self._background.close()
        await self.run_context.attachments.close()
        await self.run_context.later.close()
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
        answer_characters=settings.answer_characters,
        full=settings.full_features,
        effort=settings.assistant_effort,
        mcp_hosts=frozenset(host.lower() for host in settings.mcp_hosts),
        secrets=settings.secrets(),
    )
