"""Starting, arming, ending and awaiting the product's processes from a test's event loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from tests.crash.child import Order
from tests.crash.points import parts, sections

ROOT = Path(__file__).parents[2]
KILLED = -signal.SIGKILL
SETTLED = 0.06
"""Seconds without an effect after which a process has nothing more to do by itself."""


async def until(predicate: Callable[[], object], every: float = 0.001) -> None:
    """Returns once the predicate holds; it is asked every so many seconds."""
    while True:
        if predicate():
            return
        await asyncio.sleep(every)


class Forked:
    """A process made by the fork server. `status` is known once `ended()` returned."""

    def __init__(self, order: Order, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.order, self.pid = order, pid
        self._reader, self._writer = reader, writer
        self.status: int | None = None
        self._watching = asyncio.create_task(self._watch(), name=f"process {pid}")

    async def _watch(self) -> int:
        said = b""
        with contextlib.suppress(ConnectionError):
            said = await self._reader.readline()
        self._writer.close()
        await until(lambda: not _alive(self.pid))  # its locks are gone with it, not with its socket
        self.status = int(said) if said else KILLED
        return self.status

    async def arm(self, at: str, *, after: str = "") -> None:
        """Count its points from new and let it die at this one; first let it finish its start: it crosses
        the label `after`, and then rests.
        """
        trail = self.order.trail
        await until(lambda: not after or after in parts(self.crossed))
        before = -1
        while (size := trail.stat().st_size) != before:
            before = size
            await asyncio.sleep(SETTLED)
        self._writer.write(json.dumps(at).encode() + b"\n")
        await until(lambda: trail.stat().st_size > size or self.status is not None)

    def signal(self, number: int) -> None:
        """No effect once it has ended."""
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def ended(self) -> int:
        return await asyncio.shield(self._watching)

    async def kill(self) -> None:
        self.signal(signal.SIGKILL)
        await self.ended()

    @property
    def crossed(self) -> list[str]:
        return (sections(self.order.trail) or [[]])[-1]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Forks:
    """The fork server as seen from a test."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def start(self, order: Order) -> Forked:
        reader, writer = await asyncio.open_unix_connection(self._path)
        pid = int(await reader.readline())
        writer.write(order.line())
        return Forked(order, pid, reader, writer)


@contextlib.asynccontextmanager
async def alone(order: Order) -> AsyncIterator[asyncio.subprocess.Process]:
    """A fresh process, as people start it: `python -m bots run …`. It is killed at the end."""
    command = (sys.executable, "-m", "bots", "run", *order.platforms)
    environ = {**order.environ, "PYTHONPATH": str(ROOT)}
    with order.log.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=order.directory, env=environ, stdin=subprocess.DEVNULL, stderr=log
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@contextlib.contextmanager
def fork_server() -> Iterator[Forks]:
    """A fork server for as long as the body runs."""
    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/forks"
        command = [sys.executable, "-m", "tests.crash.forks", path]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
            assert server.stdout is not None
            assert server.stdout.readline() == b"ready\n"
            yield Forks(path)
            server.communicate()
