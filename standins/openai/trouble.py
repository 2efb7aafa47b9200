"""Faults on any path, and a record of everything that was asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from fnmatch import fnmatchcase

from standins.openai.clock import Changes
from standins.openai.refusal import scripted
from standins.script.script import Fault


@dataclass
class Exchange:
    """One HTTP request: `path` without `/v1`; `status` is 0 while it has no answer, or never got one."""

    method: str
    path: str
    status: int = 0


@dataclass
class Trouble:
    """The next `times` requests that match fail. `where`: "POST /files", with `*` for any part of a path.

    `status` 0: nothing is refused. `lost`: the request takes effect, its answer is never sent.
    `seconds`: it is held back before anything else happens.
    """

    where: str
    status: int = 500
    code: str = "server_error"
    times: int = 1
    retry_after: float | None = None
    lost: bool = False
    seconds: float = 0.0


class Hold:
    """Requests that match `where` wait here, before anything happens, until `release`.

    `waiting`: how many do now.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.waiting = 0
        self._released = asyncio.Event()

    def release(self) -> None:
        """Let them through, and those that come."""
        self._released.set()

    async def wait(self, changes: Changes) -> None:
        """Return when it is released."""
        if self._released.is_set():
            return
        self.waiting += 1
        changes.notify()
        try:
            await self._released.wait()
        finally:
            self.waiting -= 1
            changes.notify()


class Troubles:
    """What is to go wrong."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._coming: list[Trouble] = []
        self._holds: list[Hold] = []

    def hold(self, where: str) -> Hold:
        """From now on."""
        self._holds.append(Hold(where))
        return self._holds[-1]

    def add(self, trouble: Trouble) -> None:
        """From now on."""
        self._coming.append(trouble)

    async def meet(self, exchange: Exchange) -> bool:
        """Whether the answer must be lost. Raises the Refusal that is due."""
        asked = f"{exchange.method} {exchange.path}"
        for hold in [hold for hold in self._holds if fnmatchcase(asked, hold.where)]:
            await hold.wait(self._changes)
        trouble = next((it for it in self._coming if it.times and fnmatchcase(asked, it.where)), None)
        if trouble is None:
            return False
        trouble.times -= 1
        if trouble.seconds:
            await asyncio.sleep(trouble.seconds)
        if trouble.status and not trouble.lost:
            raise scripted(Fault("refuse", trouble.code, trouble.status, trouble.retry_after))
        return trouble.lost
