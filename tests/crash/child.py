"""What a fork of `tests.crash.forks` becomes: the product as a process that dies where it is told to.

An order is one line of JSON; later lines arm the process anew. When the input ends, so does the process:
whoever started it is gone.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.crash.points import Points
from tests.crash.seams import wrap


@dataclass(frozen=True, slots=True)
class Order:
    """What to run. `directory` gets the trail and the log and is the working directory."""

    directory: str
    environ: dict[str, str]
    platforms: list[str]
    at: str = ""
    """The point at which to die, see `Points.arm`."""
    careless: str = ""
    """A mistake the checker must find: `ack`, acknowledge Slack's events before they are stored; `begun`, put
    on record that a call has begun only with its result."""
    quick: bool = True
    """Show growing answers far more often than platforms would like, so that short runs have many edits."""

    @property
    def trail(self) -> Path:
        return Path(self.directory) / "trail"

    @property
    def log(self) -> Path:
        """What the process said on standard error."""
        return Path(self.directory) / "log"

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


def become(order: Order, control: int) -> int:
    """Run the product until it ends; gives its exit status. `control`: where later lines are read."""
    os.chdir(order.directory)
    os.environ.clear()
    os.environ.update(order.environ)
    os.dup2(os.open(order.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
    points = Points(order.trail, order.at)
    threading.Thread(target=_obey, args=(points, control), daemon=True).start()
    wrap(points.cross)
    if order.careless == "ack":
        _acknowledge_first()
    elif order.careless == "begun":
        _begin_unrecorded()
    if order.quick:
        _quicken()
    from bots.__main__ import main

    try:
        return main(["run", *order.platforms])
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1


def _obey(points: Points, control: int) -> None:
    """Arm at what each line says; at the end of the input there is nobody to live for."""
    with os.fdopen(control, "rb", buffering=0, closefd=False) as lines:
        while line := lines.readline():
            points.arm(json.loads(line))
    os.kill(os.getpid(), signal.SIGKILL)


def _acknowledge_first() -> None:
    """Bolt's own default, which the product must not use."""
    from slack_bolt.app.async_app import AsyncApp

    original = AsyncApp.__init__

    def careless(self: AsyncApp, **more: object) -> None:
        original(self, **{**more, "process_before_response": False})  # type: ignore[arg-type]

    AsyncApp.__init__ = careless  # type: ignore[method-assign]


def _begin_unrecorded() -> None:
    """The effect comes first, and then the record of it."""
    from core.store.steps import Begun, Journal, Step

    original = Journal.record

    async def careless(self: Journal, step: Step[Any], value: Any, **more: Any) -> None:
        if not isinstance(value, Begun):
            await original(self, step, value, **more)

    Journal.record = careless  # type: ignore[method-assign]


def _quicken() -> None:
    """Every word that comes is shown at once: the pace is no part of what is tested here."""
    from bots.discord import poster
    from bots.slack import api

    api.FASTEST_APPEND = api.FASTEST_UPDATE = poster.EDIT_SPACING = 0.005
