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
from collections.abc import Iterator
from pathlib import Path

from tests.crash.child import Order
from tests.crash.points import crossed

ROOT = Path(__file__).parent.parent.parent
KILLED = -signal.SIGKILL


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
        while _alive(self.pid):  # its locks are gone with it, not with its socket
            await asyncio.sleep(0.001)
        self.status = int(said) if said else KILLED
        return self.status

    def arm(self, at: str) -> None:
        """Count its points from now on and let it die at this one."""
        self._writer.write(json.dumps(at).encode() + b"\n")

    def signal(self, number: int) -> None:
        """No effect once it has ended."""
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def ended(self) -> int:
        """Its exit status, `KILLED` if it was killed."""
        return await asyncio.shield(self._watching)

    async def kill(self) -> None:
        """Returns ⇒ it is dead."""
        self.signal(signal.SIGKILL)
        await self.ended()

    @property
    def crossed(self) -> list[str]:
        """The points it crossed since it was armed."""
        return crossed(self.order.trail)


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
        """A process that carries out the order."""
        reader, writer = await asyncio.open_unix_connection(self._path)
        pid = int(await reader.readline())
        writer.write(order.line())
        return Forked(order, pid, reader, writer)


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
