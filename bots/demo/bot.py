"""The demo's bot, in a process of its own that can be killed: `python -m bots.demo.bot TELL LOCK`.

What it needs (`Order`) comes on standard input, which stays open as long as the demo lives: with its end this
process ends at once, which is as safe as any kill. How it stands is written to the descriptor TELL, a line of
JSON at each change. With the descriptor LOCK it holds the data directory.
"""

from __future__ import annotations

import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the demo, which lets go of this one last

import asyncio
import contextlib
import dataclasses
import importlib
import json
import os
import pickle
import select
import sys
import threading
from collections.abc import Coroutine
from functools import partial
from typing import Any, Final

import bots.discord.platform
import bots.slack.platform
import bots.web.page.console
import bots.web.server  # noqa: F401 - these four take a second, in which the demo makes its stand-ins
from bots import logs
from bots.app import Running, assembled
from bots.demo.order import Order
from bots.intake.connection import keep
from core.assistants.of_settings import settings_assistant
from core.errors import ConfigError
from core.settings.http import Listening
from core.types import Assistant

LOOPBACK: Final = Listening("127.0.0.1", 0)
IDLE: Final = 1.0
"""Seconds without an order after which this process is a spare one."""
STOPPED: Final = 2
"""The exit status when something must be fixed first."""


class Report:
    """Tells the demo how this process stands. A demo that is gone is told nothing."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._told: dict[str, Any] = {"url": "", "connected": False, "places": []}

    def tell(self, **news: Any) -> None:
        """Written when this returns: what comes after it is seen after it."""
        self._told.update(news)
        with contextlib.suppress(BrokenPipeError):
            os.write(self._descriptor, json.dumps(self._told).encode() + b"\n")


def main() -> int:
    """The exit status."""
    tell, lock = map(int, sys.argv[1:])
    for descriptor in (tell, lock):
        os.set_inheritable(descriptor, False)  # no program that a tool starts holds the directory
    report = Report(tell)
    if not select.select([0], [], [], IDLE)[0]:  # nobody waits for us: what answers need comes now, too
        more = partial(importlib.import_module, "core.model_server.service")
        threading.Thread(target=more, daemon=True).start()
    try:
        order: Order = pickle.load(sys.stdin.buffer)  # noqa: S301 - the demo that started us wrote it
    except EOFError:
        return 0
    threading.Thread(target=_end_with_the_demo, daemon=True).start()
    logs.set_up("WARNING", order.settings.secrets())
    status = 0
    try:
        asyncio.run(_run(order, report))
    except* ConfigError as wrong:
        report.tell(problems=[one for error in _leaves(wrong) for one in error.problems])
        status = STOPPED
    return status


def _end_with_the_demo() -> None:
    while os.read(0, 1):  # of the descriptor itself: a lock of `sys.stdin` could not be had at the end
        pass
    os._exit(0)  # nothing is left to be done: the stand-ins are gone, and all that counts is on disk


def _leaves(group: BaseExceptionGroup[ConfigError]) -> list[ConfigError]:
    found: list[ConfigError] = []
    for one in group.exceptions:
        found += _leaves(one) if isinstance(one, BaseExceptionGroup) else [one]
    return found


async def _run(order: Order, report: Report) -> None:
    """Until SIGTERM."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    assistant = _assistant(order)
    built = assembled(
        order.settings, ("slack", "discord"), assistant=assistant, tools=[order.tools], behind=LOOPBACK
    )
    async with built as running, asyncio.TaskGroup() as group:
        report.tell(url=running.url)
        keeping = [group.create_task(one) for one in _connecting(running, report)]
        await stop.wait()
        for task in keeping:
            task.cancel()


def _connecting(running: Running, report: Report) -> list[Coroutine[Any, Any, None]]:
    """What keeps each platform connected. Once all are, the demo hears of it, and of all work."""
    missing = {platform.name for platform in running.platforms}

    def tell() -> None:
        report.tell(connected=True, places=running.lanes.places)

    def connected(name: str) -> None:
        missing.discard(name)
        if not missing:
            running.lanes.noticed = tell
            tell()
            logs.quiet_at_terminals()

    teller = running.connections.teller
    return [keep(one, partial(connected, one.name), tell=teller(one.name)) for one in running.platforms]


def _assistant(order: Order) -> Assistant:
    """That of the settings; with the offline model it has what the server carries out, too.

    With a model of one's own it is the very one that `run` has: those tools may cost something.
    """
    own = settings_assistant(order.settings)
    hosted = ({"type": "code_interpreter"}, {"type": "image_generation"})
    more = [one for one in hosted if one not in own.tools]
    return dataclasses.replace(own, tools=(*own.tools, *more)) if order.hosted else own


if __name__ == "__main__":
    sys.exit(main())
