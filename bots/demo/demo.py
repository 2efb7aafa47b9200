"""The demo: the bot in a process of its own, and all else in this one, on the stage.

No account. What is typed goes to the local Slack or Discord as a person's message; what the bot posts there
is printed as it grows. With OPENAI_API_KEY or OPENAI_BASE_URL set, the model is that one, and is paid for;
otherwise there is no key and no network.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from bots import logs
from bots.demo.process import BotProcess
from core.errors import ConfigError
from core.settings import Settings
from core.store.data_dir import data_directory, only_runner

TRIES: Final = 20
"""How often the folder is asked for, which the bot of a demo that was killed may hold a moment longer."""
MOMENT: Final = 0.1
"""Seconds between two tries."""


async def talk(settings: Settings, spool: str = "spool") -> None:
    """Talk until standard input ends or /quit; every message is answered before this returns.

    `spool`: what the person typed to get here.
    """
    logging.getLogger().setLevel(logging.WARNING)
    async with running(settings) as bot:
        from bots.demo.stage import staged
        from bots.demo.terminal.talk import hold

        async with staged(settings, bot, spool, seen=sys.stdout.isatty()) as stage:
            logs.quiet_at_terminals()
            await hold(stage, settings.language, spool)


async def show(settings: Settings, spool: str = "spool") -> None:
    """Serve the page until SIGTERM or SIGINT; nobody needs to be at a terminal."""
    logging.getLogger().setLevel(logging.WARNING)
    async with running(settings) as bot:
        from bots.demo.stage import staged

        async with staged(settings, bot, spool, seen=True) as stage:
            stop = asyncio.Event()
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
            sys.stdout.write(f"{stage.lines}\n")
            sys.stdout.flush()
            await stop.wait()


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[BotProcess]:
    """The bot's process, which imports what it needs while the stage is being made. Raises ConfigError."""
    path = data_directory(data_directory(settings.data_dir) / "demo")
    with contextlib.ExitStack() as stack:
        bot = BotProcess(await _held(path, stack))
        await bot.start()
        try:
            yield bot
        finally:
            await bot.end()


async def _held(path: Path, stack: contextlib.ExitStack) -> int:
    """The folder's lock. Raises ConfigError."""
    for _ in range(TRIES):
        with contextlib.suppress(ConfigError):
            return stack.enter_context(only_runner(path))
        await asyncio.sleep(MOMENT)
    return stack.enter_context(only_runner(path))
