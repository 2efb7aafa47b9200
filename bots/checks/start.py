"""The start tells who it is and what is wrong, while the platforms connect: nothing waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from importlib.metadata import PackageNotFoundError

from bots.checks import discord, model, slack
from bots.checks.check import Check
from bots.checks.live import LiveChecks
from bots.version import version
from core.errors import loggable
from core.settings import Settings

logger = logging.getLogger(__name__)
READING = 2.0
"""Seconds for the database: all of it is read by `spool doctor`."""
NAMES = (slack.TOKEN, discord.TOKEN)
"""Checks that find who it is."""
LEVELS = {"warn": logging.WARNING, "fail": logging.ERROR}


async def tell(
    settings: Settings,
    checks: LiveChecks,
    answers: Callable[[], Awaitable[tuple[str, int]]],
) -> None:
    """One line of who it is, and one for all that is wrong.

    `answers`: the model that answers by default, and how many function tools there are.
    """
    looking = asyncio.create_task(checks.begin(READING))
    try:
        name, tools = await answers()
    except Exception as error:  # whoever builds it has told why
        logger.debug("what answers is not known", extra={"error": loggable(error)})
        name, tools = settings.assistant_model, 0
    away = {"slack", "discord"} - {one["name"].lower() for one in checks.connections.to_json()}
    found = [check for check in await looking if check.id.partition(".")[0] not in away]
    facts = [f"{_spool()}{_who(found)}", name, _count(tools), str(settings.data_dir.absolute())]
    logger.info("%s", ", ".join(facts))
    for check in found:
        if check.state in LEVELS and check.id != model.NAME:  # of all models in use `bots.watches` tells
            logger.log(LEVELS[check.state], "%s", check.sentence, extra={"check": check.id})


def _spool() -> str:
    try:
        return f"Spool {version()}"
    except PackageNotFoundError:  # copied out of its package
        return "Spool"


def _who(found: Iterable[Check]) -> str:
    """Such as " as @Assistant in T (T1) and as Assistant"."""
    names = [check.what for check in found if check.id in NAMES and check.state == "ok"]
    return "".join(f"{' and' if at else ''} as {name}" for at, name in enumerate(names))


def _count(tools: int) -> str:
    return f"{tools} tool{'' if tools == 1 else 's'}"
