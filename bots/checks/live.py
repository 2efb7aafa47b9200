"""The checks of a bot at work: made at its start and while somebody looks, once for all who do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Final

from bots.checks import database, examine
from bots.checks.check import Check, State
from bots.intake.connection import Connections
from bots.logs import Redact
from core.settings import Settings

FRESH: Final = 30.0
"""Seconds for which what was found counts."""
WHOLE: Final = 600.0
"""The same of the whole database, which takes its time to read."""
READING: Final = 60.0
_LASTS: Final = (
    "If this lasts, check the network, and HTTPS_PROXY if there is one; the log says what it meets."
)
_STATES: Final[Mapping[str, tuple[State, str, str]]] = {
    "ok": ("ok", "This process is connected.", ""),
    "wait": ("warn", "This process is not connected yet, or not any more: it tries again by itself.", _LASTS),
    "bad": ("fail", "This process cannot connect.", ""),
}


class LiveChecks:
    """`look` never waits: `known` is what was found at `at`, and `checking` whether that goes on.

    No platform is connected a second time: how this process is connected, it knows.
    """

    def __init__(self, settings: Settings, connections: Connections) -> None:
        self._settings, self.connections = settings, connections
        self._found: dict[str, list[Check]] = {}
        self._ended: dict[str, float] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again = False
        self.at: float | None = None

    @property
    def known(self) -> list[Check]:
        """What was found last; nothing before the first look."""
        quick, whole = self._found.get("quick", []), self._found.get("whole", [])
        return [*quick, *whole, *self._connected()] if quick else []

    @property
    def failing(self) -> list[Check]:
        """Of that what fails."""
        return [check for check in self.known if check.state == "fail"]

    @property
    def checking(self) -> bool:
        """Whether something is being looked at."""
        return any(not task.done() for task in self._tasks.values())

    async def begin(self, reading: float) -> list[Check]:
        """What the start finds, known to whoever looks; so many seconds of the database have to do."""
        self._start("quick", self._quick, FRESH)
        self._start("whole", partial(self._whole, reading), WHOLE)
        await asyncio.wait(self._tasks.values())
        self._ended.pop("whole", None)  # all of it is read for whoever looks
        return [*self._found.get("quick", []), *self._found.get("whole", [])]

    def look(self, *, again: bool = False, whole: bool = True) -> None:
        """What is not fresh any more is looked at; `again`: all, and whatever is under way once more.

        Without `whole` the database, which takes its time, is left alone until something is wrong with it.
        """
        self._again |= again
        self._start("quick", self._quick, 0.0 if again else FRESH)
        if whole or any(check.state == "fail" for check in self._found.get("whole", [])):
            self._start("whole", self._whole, 0.0 if again else WHOLE)

    async def close(self) -> None:
        """Nobody looks any more."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _start(self, name: str, work: Callable[[], Coroutine[Any, Any, None]], fresh: float) -> None:
        under_way = name in self._tasks and not self._tasks[name].done()
        if not under_way and time.monotonic() - self._ended.get(name, -WHOLE) >= fresh:
            self._tasks[name] = asyncio.create_task(work(), name=f"checks {name}")

    async def _quick(self) -> None:
        while True:
            self._again = False
            self._keep("quick", await examine(self._settings, reading=0.0, connecting=False))
            if not self._again:  # else something was mended while it was looked at
                return

    async def _whole(self, reading: float = READING) -> None:
        self._keep("whole", await database(self._settings.data_dir, reading))

    def _keep(self, name: str, found: list[Check]) -> None:
        clean = Redact(self._settings.secrets()).clean
        self._found[name] = [Check(one.id, one.state, clean(one.what), clean(one.cure)) for one in found]
        self._ended[name], self.at = time.monotonic(), time.time()

    def _connected(self) -> list[Check]:
        """As they are at this moment."""
        found = []
        for one in self.connections.to_json():
            state, what, cure = _STATES[one["state"]]
            found.append(Check(f"{one['name'].lower()}.connection", state, what, cure or one["detail"]))
        return found
