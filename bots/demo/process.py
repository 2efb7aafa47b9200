"""The bot's process: started by the demo, killed by whoever likes, and started again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bots import demo
from core.concurrency import Backoff
from core.errors import ConfigError

logger = logging.getLogger(__name__)
AGAIN: Final = Backoff(first=0.5, most=15.0)
"""Between starts that end by themselves unconnected; after any other death it is started at once."""
SETTLED: Final = 1.0
"""Seconds after which a process that is connected has begun all it begins with."""
GRACE: Final = 2.0
"""Seconds in which it lets go of its runs at the end; then it is killed, which is as safe."""
_ROOT: Final = str(Path(demo.__file__).parents[2])
_NOWHERE: Final = {"url": "", "connected": False, "places": []}


class BotProcess:
    """`start` starts it, `begin` says what it is to run, and it is started again until `end`.

    While one works, another has imported everything and waits: so a death costs a moment, not two seconds.
    It holds the data directory's lock (a descriptor) together with this process: the lock vanishes when both
    have gone. Whatever changes of what can be read here wakes those who wait for `changed`.
    """

    def __init__(self, lock: int) -> None:
        self._lock = lock
        self.starts = 0
        """How often it was begun, the first time included."""
        self.begun: Counter[str] = Counter()
        """How many lanes of work have begun in each channel."""
        self._changed = asyncio.Event()
        self._spare: _Child | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def pid(self) -> int | None:
        """None while none is connected to the networks."""
        return self._child.process.pid if self._child.state["connected"] else None

    @property
    def url(self) -> str:
        """Where it answers HTTP, "" while it does not."""
        return str(self._child.state["url"])

    @property
    def places(self) -> tuple[str, ...] | None:
        """The channel of each lane that is under way; None while nobody knows."""
        return tuple(self._child.state["places"]) if self.pid else None

    def kill(self) -> None:
        """SIGKILL: it can do nothing more."""
        self._child.kill()

    async def changed(self) -> None:
        """Returns at the next change after this call."""
        await self._changed.wait()

    async def start(self) -> None:
        """From here on it imports what it needs."""
        self._child = await self._spawned()

    def begin(self, order: Any) -> None:
        """Hand over what it is to run, now and whenever it is started again."""
        self._order = pickle.dumps(order)
        self._keeping = asyncio.create_task(self._keep(), name="bot")
        self._tasks = [self._keeping, asyncio.create_task(self._keep_a_spare(), name="spare bot")]

    async def connected(self) -> None:
        """Returns once it is. Raises ConfigError where it ends by itself and never was."""
        while not self.pid:
            if self._keeping.done():
                await self._keeping
            await self.changed()

    async def end(self) -> None:
        """It lets go of everything, and is not started again. Once more does no harm."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._spare:
            self._spare.kill()
            await self._spare.process.wait()
        await self._child.end()

    async def _keep(self) -> None:
        """Until cancelled. Raises ConfigError where it ends by itself and was never connected."""
        failures, ever = 0, False
        while True:
            self.starts += 1
            child = self._child
            status = await child.run(self._order)
            ever = ever or child.stood
            if status > 0 and not ever:
                self._wake()
                raise ConfigError(*(child.problems or [_ended(status)]))
            killed = status < 0  # by somebody who likes to: no reason to wait
            failures = 0 if child.stood or killed else failures + 1
            if failures > 1:
                logger.error("the bot is started again: %s", " ".join(child.problems) or _ended(status))
            await asyncio.sleep(AGAIN.pause(failures - 1))
            self._child, self._spare = self._spare or await self._spawned(), None

    async def _keep_a_spare(self) -> None:
        """Until cancelled. Not made while another begins: that one needs the machine."""
        while True:
            if self.pid and not self._spare:
                await asyncio.sleep(SETTLED)
                self._spare = await self._spawned()
            await self.changed()

    async def _spawned(self) -> _Child:
        ours, theirs = os.pipe()
        path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH", ""))))
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "bots.demo.bot", str(theirs), str(self._lock)),
                stdin=PIPE,
                pass_fds=(theirs, self._lock),
                env={**os.environ, "PYTHONPATH": path},
            )
        finally:
            os.close(theirs)
        child = _Child(process, self._told)
        await asyncio.get_running_loop().connect_read_pipe(lambda: child, os.fdopen(ours, "rb"))
        return child

    def _told(self, before: tuple[str, ...], after: tuple[str, ...]) -> None:
        self.begun += Counter(after) - Counter(before)
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class _Child(asyncio.Protocol):
    """One process, and how it says that it stands: a line of JSON at each change, until it ends."""

    def __init__(self, process: Process, told: Callable[[tuple[str, ...], tuple[str, ...]], None]) -> None:
        self.process, self._tell = process, told
        self.state: dict[str, Any] = _NOWHERE
        self.stood = False
        """Whether it ever was connected."""
        self.problems: list[str] = []
        """What it had to say when it could not go on."""
        self._unread, self._over, self._killed = b"", asyncio.Event(), False

    def data_received(self, data: bytes) -> None:
        """See `Report.tell` of the process."""
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in map(json.loads, lines):
            self.problems = line.get("problems", [])
            self.stood = self.stood or line["connected"]
            if not self._killed:
                self._set(line)

    def connection_lost(self, exc: Exception | None) -> None:
        """It has died: known sooner than its exit status."""
        self._set(_NOWHERE)
        self._over.set()

    async def run(self, order: bytes) -> int:
        """Hand it the order; its exit status, once it has ended."""
        assert self.process.stdin
        self.process.stdin.write(order)
        status = await self.process.wait()
        await self._over.wait()  # all that it told has been read
        return status

    def kill(self) -> None:
        """Nobody is to think that it still answers, whatever it told before."""
        self._killed = True
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self._set(_NOWHERE)

    async def end(self) -> None:
        """SIGTERM, and time to let go of everything."""
        with contextlib.suppress(ProcessLookupError, TimeoutError):
            self.process.terminate()
            await asyncio.wait_for(self.process.wait(), GRACE)
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        self._set(_NOWHERE)

    def _set(self, state: dict[str, Any]) -> None:
        before, self.state = self.state, state
        if before != state:
            self._tell(tuple(before["places"]), tuple(state["places"]))


def _ended(status: int) -> str:
    return f"The bot's process ended with status {status}; what it wrote above says why."
