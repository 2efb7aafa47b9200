"""The composition root of `run`: the only place where the parts are built and put together."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import logging
import signal
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import aiohttp

from bots.intake.connection import keep
from bots.intake.connector import Connector
from core.assistants import model_list, older_demo
from core.concurrency import Background
from core.errors import ConfigError
from core.files.attachments import Attachments
from core.files.library import Library
from core.inbox import Inbox, Policy
from core.ports import Fetching, Model, ModelFacts, Platform, Service
from core.runs import history
from core.runs.approvals import Approvals
from core.runs.lanes import Lanes
from core.runs.run_context import Limits, Rules, RunContext
from core.runs.runner import Runner
from core.runs.summaries import Summaries
from core.settings import Settings
from core.store import assistants, facts, files
from core.store.data_dir import data_directory, only_runner
from core.store.database import Database, Execute
from core.tools import Toolbox, load, state
from core.types import Assistant, ModelEvent, Prompt, settings_assistant


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


T = TypeVar("T")


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
        await asyncio.wait({task})
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


DAY = 86_400.0
GLANCE = 2.0
"""Seconds between two looks at the folders of tools."""


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
        toolbox = await asyncio.to_thread(load, *self._tools, seconds=self._settings.tool_seconds)
        for problem in toolbox.problems:
            logger.error(problem)
        return toolbox

    async def _watch_tools(self) -> None:
        """Files of tools that come, change or go are read without a restart; no message waits for it."""
        seen = await asyncio.to_thread(state, *self._tools)
        await self._toolbox()
        while True:
            await asyncio.sleep(GLANCE)
            now = await asyncio.to_thread(state, *self._tools)
            if now != seen:
                seen = now
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


logger = logging.getLogger(__name__)
GRACE = 8.0
"""Seconds in which everything is let go of after SIGTERM."""


class Connected(Platform, Fetching, Protocol):
    """A platform with a connection of its own."""

    async def run(self, connected: Callable[[], None]) -> None: ...

    async def close(self) -> None: ...


def _platform(name: str, settings: Settings, inbox: Inbox, session: aiohttp.ClientSession) -> Connected:
    """The platform of that name; the SDK of another is never imported."""
    if name == "slack":
        from bots.slack.platform import SlackPlatform

        return SlackPlatform(settings, inbox, session)
    from bots.discord.platform import DiscordPlatform

    return DiscordPlatform(settings, inbox)


@contextlib.asynccontextmanager
async def assembled(
    settings: Settings,
    names: tuple[str, ...],
    *,
    assistant: Assistant | None = None,
    tools: Sequence[Path] = (),
) -> AsyncIterator[tuple[list[Any], Lanes]]:
    """Everything built, everything unfinished under way; on leaving, runs are let go of where they are.

    `assistant`: in place of that of the settings. `tools`: folders with tools, after the operator's own.
    """
    db = Database(settings.data_dir / "spool.sqlite3")
    model = ModelSoon(settings)
    settled = partial(_settle, assistant=assistant or settings_assistant(settings), real=assistant is None)
    if demos := await db(settled):
        logger.warning(_of_older_demo(demos))
    platforms: dict[str, Connected] = {}
    equipment = Equipment(settings, db, model, platforms, tools)
    runner = Runner(equipment.run_context, platforms)
    memory = Summaries(db, model, equipment.run_context.rules)
    lanes = Lanes(db, runner.run, equipment.run_context.rules.budget, memory.answered)
    inbox = Inbox(
        db, lanes, _policy(settings), equipment.run_context.approvals, equipment.run_context.attachments
    )
    connector = Connector(limit=0, keepalive_timeout=60)
    patience = aiohttp.ClientTimeout(total=30, sock_connect=10)  # slack_sdk's own rules only its own sessions
    async with aiohttp.ClientSession(connector=connector, timeout=patience) as session:
        platforms.update({name: _platform(name, settings, inbox, session) for name in names})
        equipment.begin(lanes.quiet)
        await lanes.resume(names)
        if lanes.busy:  # they are to be answered within half a second of the platforms' connecting
            await model.ready()
        await memory.resume()
        try:
            yield list(platforms.values()), lanes
        finally:
            await _leave(platforms.values(), lanes, memory, equipment, model)
            db.close()


def _settle(tx: Execute, *, assistant: Assistant, real: bool) -> list[Assistant]:
    """What must be in the database before anything begins; gives what an older demo made there."""
    demos = older_demo.set_aside(tx, time.time()) if real else []
    assistants.settle(tx, assistant, time.time())
    files.release_ended(tx)
    return demos


def _of_older_demo(made: Sequence[Assistant]) -> str:
    names = ", ".join(f"{one.label} ({one.id})" for one in made)
    return (
        f"An older demo made these assistants in DATA_DIR; they answer nowhere now: {names}. "
        "To let one answer: spool assistants use ID --default. To remove it: spool assistants delete ID."
    )


def _policy(settings: Settings) -> Policy:
    return Policy(
        scope=settings.thread_scope,
        collect=settings.while_busy == "collect",
        budget=settings.budget,
        window=settings.catch_up_seconds,
        admins=frozenset(settings.admins),
        language=settings.language,
    )


async def _leave(
    platforms: Iterable[Connected], lanes: Lanes, memory: Summaries, equipment: Equipment, model: Model
) -> None:
    try:
        async with asyncio.timeout(GRACE):
            await lanes.close()
            await memory.close()
            await asyncio.gather(*(platform.close() for platform in platforms), return_exceptions=True)
            await equipment.close()
            await model.close()
    except TimeoutError:
        logger.warning("not everything could be closed in time; the next start goes on from here")


async def serve(settings: Settings, names: tuple[str, ...]) -> None:
    """Run until SIGTERM, SIGINT or SIGHUP. Raises ConfigError when it cannot begin, or a token is refused."""
    sys.setswitchinterval(0.0005)  # the database thread gets its turn while the loop is busy
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # which is what nohup sets
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    data_directory(settings.data_dir)
    with only_runner(settings.data_dir):
        async with assembled(settings, names) as (platforms, _), asyncio.TaskGroup() as group:
            keeping = [group.create_task(keep(platform), name=platform.name) for platform in platforms]
            stopped = group.create_task(stop.wait())
            everything = asyncio.create_task(asyncio.wait(keeping))
            await asyncio.wait({stopped, everything}, return_when=asyncio.FIRST_COMPLETED)
            everything.cancel()
            if not stopped.done():
                raise ConfigError("No platform is left to listen to; the log says why each one stopped.")
            logger.info("stopping: unfinished answers go on at the next start")
            for task in keeping:
                task.cancel()
