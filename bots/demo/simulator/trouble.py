"""What can be done to the bot, for real: its process, its connections, what it is told, and its model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

from bots.demo.simulator.post import Window
from standins.openai import OpenAIStandin
from standins.openai.trouble import Trouble
from standins.script.offline import Offline

Kind = Literal["kill", "cut", "twice", "429", "500", "slow"]
CUT: Final = 30.0
"""Seconds."""
_REFUSALS: Final[dict[str, dict[str, Any]]] = {
    "429": {"status": 429, "code": "rate_limit_exceeded", "retry_after": 1.0},
    "500": {"status": 500},
}
_ALWAYS: Final = 10**9


class Bot(Protocol):
    """The process in which the bot runs."""

    @property
    def pid(self) -> int | None:
        """None while none is connected."""
        ...

    def kill(self) -> None:
        """SIGKILL; it is started anew at once."""
        ...


@dataclass(frozen=True, slots=True)
class Model:
    """The offline model: its server, and what it says."""

    server: OpenAIStandin
    script: Offline


@dataclass(slots=True)
class Troubles:
    """What is on. A model that refuses takes every second request: it is in trouble, not away."""

    bot: Bot
    windows: Sequence[Window]
    model: Model | None
    seconds: float = CUT
    on: set[str] = field(default_factory=set)
    _cuts: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _refusing: dict[str, Trouble] = field(default_factory=dict)

    async def make(self, kind: Kind, platform: str, on: bool) -> None:
        """LookupError where that cannot be done here."""
        if kind == "kill":
            self.bot.kill()
        elif kind == "cut":
            self._cut({one.name: one for one in self.windows}[platform])
        else:
            self._turn(kind, on)
            (self.on.add if on else self.on.discard)(kind)

    def _turn(self, kind: str, on: bool) -> None:
        if kind == "twice":
            for window in self.windows:
                window.deliver_twice(on)
        elif self.model is None:
            raise LookupError("That is the offline model's trouble, and this demo uses a model of yours.")
        elif kind == "slow":
            self.model.script.slow = on
        elif on and kind not in self.on:
            refused = {"times": _ALWAYS, "every": 2, **_REFUSALS[kind]}
            self._refusing[kind] = self.model.server.fail("POST /responses", **refused)
        elif not on and kind in self.on:
            self._refusing.pop(kind).times = 0

    def _cut(self, window: Window) -> None:
        """For a while; no effect where it is cut."""
        if window.name not in self._cuts:
            self._cuts[window.name] = asyncio.create_task(self._mended(window))

    async def _mended(self, window: Window) -> None:
        self.on.add(f"cut.{window.name}")
        try:
            await window.cut(True)
            await asyncio.sleep(self.seconds)
            await window.cut(False)
        finally:
            self.on.discard(f"cut.{window.name}")
            del self._cuts[window.name]

    async def close(self) -> None:
        """Nothing is mended any more."""
        for task in (cuts := list(self._cuts.values())):
            task.cancel()
        await asyncio.gather(*cuts, return_exceptions=True)
