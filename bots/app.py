"""The composition root of `run`: the only place where the parts are built and put together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import aiohttp

from bots import older_demo
from bots.equipment import Equipment, ModelSoon
from bots.intake.connection import keep
from bots.intake.connector import Connector
from core.concurrency import LoopWatch
from core.errors import ConfigError
from core.inbox import Inbox, Policy
from core.ports import Fetching, Model, Platform
from core.runs.lanes import Lanes
from core.runs.runner import Runner
from core.runs.summaries import Summaries
from core.settings import Settings
from core.store import assistants, files
from core.store.data_dir import data_directory, only_runner
from core.store.database import Database, Execute
from core.types import Assistant, settings_assistant

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
        logger.warning(older_demo.warning(demos))
    platforms: dict[str, Connected] = {}
    equipment = Equipment(settings, db, model, platforms, tools)
    runner = Runner(equipment.run_context, platforms)
    summaries = Summaries(db, model, equipment.run_context.rules)
    lanes = Lanes(db, runner.run, equipment.run_context.rules.budget, summaries.answered)
    inbox = Inbox(
        db, lanes, _policy(settings), equipment.run_context.approvals, equipment.run_context.attachments
    )
    connector = Connector(limit=0, keepalive_timeout=60)
    timeout = aiohttp.ClientTimeout(total=30, sock_connect=10)  # slack_sdk's own rules only its own sessions
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        platforms.update({name: _platform(name, settings, inbox, session) for name in names})
        equipment.begin(lanes.quiet)
        await lanes.resume(names)
        if lanes.busy:  # they are to be answered within half a second of the platforms' connecting
            await model.ready()
        await summaries.resume()
        watch = LoopWatch()
        try:
            yield list(platforms.values()), lanes
        finally:
            watch.close()
            await _leave(platforms.values(), lanes, summaries, equipment, model)
            db.close()


def _settle(tx: Execute, *, assistant: Assistant, real: bool) -> list[Assistant]:
    """What must be in the database before anything begins; gives what an older demo made there."""
    demos = older_demo.set_aside(tx, time.time()) if real else []
    assistants.settle(tx, assistant, time.time())
    files.release_ended(tx)
    return demos


def _policy(settings: Settings) -> Policy:
    return Policy(
        scope=settings.thread_scope,
        collect=settings.while_busy == "collect",
        budget=settings.budget,
        window=settings.catch_up_seconds,
        admins=frozenset(settings.admins),
    )


async def _leave(
    platforms: Iterable[Connected], lanes: Lanes, summaries: Summaries, equipment: Equipment, model: Model
) -> None:
    try:
        async with asyncio.timeout(GRACE):
            await lanes.close()
            await summaries.close()
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
