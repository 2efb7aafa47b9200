"""The composition root of `run`: the only place where the parts are built and put together."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import aiohttp

from bots import older_demo
from bots.checks import start
from bots.checks.live import LiveChecks
from bots.intake.alerts import Alerts, Direct
from bots.intake.connection import Connections, keep
from bots.intake.connector import Connector
from bots.intake.outcry import Outcry, Telling
from bots.telemetry.otel import exported
from bots.watches import ToolFiles, watch_models
from core.assistants.model_choice import ModelChoices
from core.assistants.of_settings import settings_assistant, with_chosen_model
from core.assistants.service import Assistants
from core.concurrency import Background, LoopWatch
from core.errors import ConfigError, Unsaved
from core.files.attachments import Attachments, FileLimits
from core.files.library import Library
from core.files.sent import SentFiles
from core.inbox import Inbox, Policy
from core.policy.budget import Budget, Money
from core.policy.explain import in_force
from core.policy.ledger import Speech
from core.policy.personal_data import Erasing, Terms
from core.policy.prices import Prices
from core.policy.prices import read as read_prices
from core.policy.rules import settle as settle_rules
from core.ports import Fetching, Model, ModelFacts, Platform, Service, Transcript
from core.runs.approvals import Approvals
from core.runs.client.endings import Endings
from core.runs.lanes import Lanes
from core.runs.run_context import Ready, Rules, RunContext
from core.runs.runner import Runner
from core.runs.summaries import Summaries
from core.settings import Settings
from core.settings.http import CONSOLE, METRICS, Listening, listening
from core.store import assistants, files
from core.store.data_dir import data_directory, only_runner
from core.store.database import FILE, Database, Execute, explained
from core.types import EVERY_FUNCTION, Assistant

logger = logging.getLogger(__name__)
GRACE = 8.0
"""Seconds in which everything is let go of after SIGTERM; open requests end before, within one second."""
API = "api"
"""The platform of runs that clients of the API began."""
WARM_UP = 8.0
"""Seconds that the platforms' connecting waits at most for what unfinished answers need."""


class Connected(Platform, Fetching, Telling, Direct, Protocol):
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


def _api() -> Platform:
    """The API as a platform, only where HTTP is served."""
    from core.api.platform import ApiPlatform

    return ApiPlatform()


@dataclass(frozen=True, slots=True)
class _Core:
    """The core, put together. Messages are accepted from here on; `ready` is what answers wait for."""

    ready: Ready
    attachments: Attachments
    summaries: Summaries
    lanes: Lanes
    inbox: Inbox
    background: Background
    assistants: Assistants
    endings: Endings
    answering: dict[str, Platform]
    """Where runs are answered: each platform, and the API."""
    sent: SentFiles


class Running(NamedTuple):
    """What is assembled. `url`: where HTTP is served, "" where it is not."""

    platforms: list[Connected]
    lanes: Lanes
    url: str
    connections: Connections
    """To be told by whoever keeps the platforms connected."""


def _core(
    settings: Settings,
    db: Database,
    platforms: Mapping[str, Connected],
    tool_files: ToolFiles,
    prices: Prices,
) -> _Core:
    policy, approvals, background = Policy.of(settings), Approvals(db), Background()
    budget, rules = Budget(db, policy.limits.money, prices), Rules.of(settings, policy.scopes)

    async def transcribe(name: str, content: bytes) -> Transcript:
        return await (await ready()).service.transcribe(name, content)

    attachments = Attachments(
        db,
        platforms,
        FileLimits(settings.file_megabytes * 2**20, settings.files_per_message),
        transcribe=Speech(transcribe, settings.transcription_model, prices, budget),
    )

    async def build() -> RunContext:
        server = asyncio.to_thread(_model_server, settings)
        (model, service), toolbox = await asyncio.gather(server, tool_files.load())
        library = Library(db, service, allowed=budget.check)
        own = RunContext(db, model, approvals, attachments, toolbox, service, library, rules, background)
        return replace(own, prices=prices, budget=budget, sent=sent)

    ready = Ready(build)
    sent = SentFiles(db, partial(_service, ready), settings.data_dir)
    answering: dict[str, Platform] = {}
    runner = Runner(db, rules, answering, ready)
    summaries = Summaries(db, ready, rules)
    outcry = Outcry(platforms, background, settings.language)
    lanes = Lanes(db, runner.run, rules.budget, summaries.start, outcry.refused)
    lanes.watching = runner.watching
    endings = Endings(db, lanes, rules.budget)
    service = _assistants(settings, db, ready)
    inbox = Inbox(db, lanes, policy, approvals, attachments, ModelChoices(db, service, background))
    inbox.explain = lambda act: db(lambda tx: in_force(tx, settings, act))
    return _Core(ready, attachments, summaries, lanes, inbox, background, service, endings, answering, sent)


def _assistants(settings: Settings, db: Database, ready: Ready) -> Assistants:
    """What admins change in the chat follows the same rules as what operators type."""

    async def functions() -> Collection[str]:
        return (await ready()).toolbox.names()

    return Assistants(db, settings, partial(_models, ready), functions)


async def _service(ready: Ready) -> Service:
    return (await ready()).service


async def _models(ready: Ready) -> Mapping[str, ModelFacts]:
    """The model server's own list."""
    return await (await ready()).service.models()


@contextlib.asynccontextmanager
async def _http(
    settings: Settings,
    db: Database,
    core: _Core,
    checks: LiveChecks,
    watch: LoopWatch,
    behind: Listening | None,
) -> AsyncIterator[str]:
    """While this is entered HTTP is served, where the settings want it; gives its URL, or ""."""
    where = behind or listening(settings.http)
    if where is None:
        yield ""
        return
    from bots.telemetry.metrics import Metrics
    from bots.web.page.services import PageMeans, invited
    from bots.web.server import served
    from bots.web.services import Means, built

    service = partial(_service, core.ready)

    if CONSOLE in settings.http_serve:
        core.inbox.page = partial(invited, db, settings)
    means = PageMeans(core.ready, core.inbox.decide, checks, demo=behind is not None)
    page = means if CONSOLE in settings.http_serve else None
    parts = (core.assistants, core.lanes, core.endings, service, core.background, core.sent)
    services = built(Means(settings, db, *parts, page))
    if METRICS in settings.http_serve:
        metrics = Metrics(settings.data_dir / FILE, checks.connections, settings.run_seconds)
        metrics.watch(db, watch, core.answering.values())
        services = replace(services, metrics=metrics)
    await services.uploads.start()
    core.background.start(services.uploads.keep(), "files")
    core.background.start(services.stores.keep(), "vector stores")
    async with served(settings, where, services, db) as url:
        yield url


def _model_server(settings: Settings) -> tuple[Model, Service]:
    """The model, and what else its server offers, over the same connections: others cost a tenth of a second.

    Takes a second of CPU, for the vendor's SDK is imported here; nothing but an answer needs it.
    """
    from core.model_server.model import Features, OpenAIModel
    from core.model_server.service import OpenAIService

    features = Features(
        full=settings.full_features,
        background=settings.openai_background,
        effort=settings.assistant_effort,
    )
    model = OpenAIModel(
        api_key=settings.openai_api_key or "none",
        base_url=settings.openai_base_url or None,
        features=features,
    )
    gc.freeze()  # what was imported stays: no collection has to walk 120,000 objects again
    return model, OpenAIService(beside=model.client, transcription_model=settings.transcription_model)


@contextlib.asynccontextmanager
async def assembled(
    settings: Settings,
    names: tuple[str, ...],
    *,
    assistant: Assistant | None = None,
    tools: Sequence[Path] = (),
    checked: bool = False,
    behind: Listening | None = None,
) -> AsyncIterator[Running]:
    """Everything built, everything unfinished under way; on leaving, runs are let go of where they are.

    `assistant`: in place of that of the settings. `tools`: folders with tools, after the operator's own.
    `checked`: the log tells who starts, and what is set up wrongly. `behind`: where HTTP is served when the
    demo's own server stands at the address of the settings.
    """
    prices, tool_files = _prices(settings), _tool_files(settings, tools)
    await tool_files.check(settings)
    db = Database(settings.data_dir / FILE)
    platforms, checks = dict[str, Connected](), LiveChecks(settings, Connections(names))
    core = _core(settings, db, platforms, tool_files, prices)
    if demos := await db(partial(_settle, settings=settings, assistant=assistant)):
        logger.warning(older_demo.warning(demos))
    async with _session() as session:
        platforms.update({name: _platform(name, settings, core.inbox, session) for name in names})
        core.answering.update(platforms)
        _watch(core, settings, db, tool_files, platforms)
        if checked:
            core.background.start(start.tell(settings, checks, partial(_answers, db, core.ready)), "checks")
        watch = LoopWatch()
        async with exported(settings, core.lanes):
            try:
                await _resume(core)
                served = _http(settings, db, core, checks, watch, behind)
                async with served as url:  # all that others were told is known from here on
                    yield Running(list(platforms.values()), core.lanes, url, checks.connections)
            finally:
                watch.close()
                await checks.close()
                await _leave(core, platforms.values())
                db.close()


def _watch(core: _Core, settings: Settings, db: Database, tools: ToolFiles, on: dict[str, Connected]) -> None:
    """What goes on beside the runs."""
    if listening(settings.http):
        core.answering[API] = _api()
        core.background.start(core.endings.watch(), "expiry")
    core.lanes.ended = Alerts(on, core.background, settings, db, Money.of(settings)).ended
    core.background.start(tools.watch(core.ready.renew), "tools")
    core.inbox.data.days = settings.retention_days
    erasing = Erasing(db, partial(_service, core.ready), core.lanes, Terms.of(settings))
    core.background.start(erasing.keep(), "erasing")
    core.background.start(watch_models(db, settings, core.ready, core.lanes.quiet), "model list")


def _prices(settings: Settings) -> Prices:
    return Prices(*read_prices(settings.prices_file), settings.openai_base_url)


def _tool_files(settings: Settings, more: Sequence[Path]) -> ToolFiles:
    return ToolFiles(settings.tools_directory, *more, seconds=settings.tool_seconds)


async def _resume(core: _Core) -> None:
    """Go on with everything that is unfinished."""
    await core.lanes.resume(core.answering)
    if core.lanes.busy:  # they are to be answered within half a second of the platforms' connecting
        with contextlib.suppress(Exception):  # that nothing is ready is said to those who asked
            await asyncio.wait_for(core.ready(), WARM_UP)
    await core.summaries.resume()


def _session() -> aiohttp.ClientSession:
    """Of all calls but Discord's and the model server's."""
    connector = Connector(limit=0, keepalive_timeout=60)
    timeout = aiohttp.ClientTimeout(total=30, sock_connect=10)  # slack_sdk's own rules only its own sessions
    return aiohttp.ClientSession(connector=connector, timeout=timeout)


async def _answers(db: Database, ready: Ready) -> tuple[str, int]:
    """The model that answers where nobody chose another, and how many tools it has."""
    one, found = await db(lambda tx: assistants.nearest(tx, "", ())), (await ready()).toolbox.names()
    named = one.functions()
    functions = [name for name in found if name in named or EVERY_FUNCTION in named]
    return one.model, len(functions) + len(one.hosted())


def _settle(tx: Execute, *, settings: Settings, assistant: Assistant | None) -> list[Assistant]:
    """What must be in the database before anything begins; gives what an older demo made there."""
    demos = [] if assistant else older_demo.set_aside(tx, time.time())
    assistants.settle(tx, assistant or with_chosen_model(tx, settings_assistant(settings)), time.time())
    settle_rules(tx, settings, time.time())
    files.release_ended(tx)
    Money.of(settings).settle(tx, time.time())
    return demos


async def _leave(core: _Core, platforms: Iterable[Connected]) -> None:
    try:
        async with asyncio.timeout(GRACE):
            await core.lanes.close()
            await core.summaries.close()
            await asyncio.gather(*(platform.close() for platform in platforms), return_exceptions=True)
            await core.background.close()
            await core.attachments.close()
            await core.ready.close()
    except TimeoutError:
        logger.warning("not everything could be closed in time; the next start goes on from here")


async def _all_ended(tasks: Collection[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[None]:
    """A database that refuses already at the start ends it: a damaged one, say."""
    try:
        yield
    except Unsaved as error:
        raise explained(path, error) from error


async def serve(settings: Settings, names: tuple[str, ...]) -> None:
    """Run until SIGTERM, SIGINT or SIGHUP. Raises ConfigError when it cannot begin, or a token is refused."""
    sys.setswitchinterval(0.0005)  # the database thread gets its turn while the loop is busy
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # which is what nohup sets
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    data_directory(settings.data_dir)
    with only_runner(settings.data_dir), _whole(settings.data_dir / FILE):
        async with assembled(settings, names, checked=True) as running, asyncio.TaskGroup() as group:
            teller = running.connections.teller
            keeping = [
                group.create_task(keep(one, tell=teller(one.name)), name=one.name)
                for one in running.platforms
            ]
            stopped = group.create_task(stop.wait())
            everything = asyncio.create_task(_all_ended(keeping) if keeping else stop.wait())
            await asyncio.wait({stopped, everything}, return_when=asyncio.FIRST_COMPLETED)
            everything.cancel()
            if not stopped.done():
                raise ConfigError("No platform is left to listen to; the log says why each one stopped.")
            logger.info("stopping: unfinished answers go on at the next start")
            for task in keeping:
                task.cancel()
