"""Checks of all that a person may have set up wrongly: for the start, `spool doctor` and the page (`live`).

They write nothing. Each gives values, never raises, and ends in time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from bots.checks import clock, data, discord, model, money, settings, slack
from bots.checks.check import Check, finished
from bots.checks.web import opened
from core.concurrency import in_daemon
from core.settings import Settings

__all__ = ["Check", "database", "examine"]
SECONDS = 20.0
"""Seconds each subject has."""


async def examine(
    config: Settings,
    *,
    env_file: Path = Path(".env"),
    problems: Iterable[str] = (),
    remarks: Iterable[str] = (),
    reading: float = 60.0,
    connecting: bool = True,
) -> list[Check]:
    """All checks. `connecting`: whether Slack's connection is tried, too.

    `problems` and `remarks` of the settings: see `settings.check`. `reading`: seconds for the database,
    0: it is left out.
    """
    folder = config.data_dir
    async with opened() as web:
        subjects = [
            _on_disk("data.directory", partial(data.directory, folder)),
            _on_disk("data.env_file", partial(data.env_file, env_file)),
            _on_disk("data.disk", partial(data.disk, folder)),
            *([database(folder, reading)] if reading else []),
            finished(model.SERVER, model.check(config, web), SECONDS),
            finished(money.PRICES, money.check(config), SECONDS),
            finished(slack.TOKEN, slack.check(config, web), SECONDS),
            *([finished(slack.CONNECTION, slack.connection(config, web), SECONDS)] if connecting else []),
            finished(discord.TOKEN, discord.check(config, web), SECONDS),
        ]
        found = await asyncio.gather(*subjects)
        return [*settings.check(config, problems, remarks), *chain.from_iterable(found), clock.check(web)]


def database(folder: Path, reading: float) -> Coroutine[Any, Any, list[Check]]:
    """Whether it can be read, as far as so many seconds reach."""
    return _on_disk("data.database", partial(data.database, folder, reading), SECONDS + reading)


def _on_disk(
    id: str, look: Callable[[], list[Check]], seconds: float = SECONDS
) -> Coroutine[Any, Any, list[Check]]:
    """In a thread that nothing waits for in the end: a disk may hang."""
    return finished(id, in_daemon(look, id), seconds)
