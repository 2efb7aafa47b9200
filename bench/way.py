"""How far one mention on Slack travels: the files it touches, and how often it goes from one to another.

A question of how well the code is laid out, not of speed. The product runs in this process under
`sys.setprofile`: each call of a function in `bots` or `core` (also each time a coroutine goes on) is a step,
and one in another file than the step before it is a change of file. The stand-ins and the SDKs do not count.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path
from types import FrameType

from bench.process import ROOT
from bench.speech import Speech
from bench.table import Row
from bench.trace import answered, say
from bench.world import World, until
from bots.app import serve
from core import settings

FILES, CHANGES = 45, 300
ROOMS = tuple(f"{ROOT / name}{os.sep}" for name in ("bots", "core"))
REST = 1.0
"""Seconds for what start-up leaves for later, and for what an answer does."""


class Way:
    """The files of the steps, in order, while it is told of them."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self.ignored: set[str] = set()

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """What `sys.setprofile` tells."""
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(ROOMS) and name not in self.ignored:
            self.files.append(name)

    @contextlib.contextmanager
    def walked(self) -> Iterator[None]:
        """Told of the steps of this thread; the others tell from their start on."""
        self.files.clear()
        sys.setprofile(self)
        try:
            yield
        finally:
            sys.setprofile(None)

    def report(self) -> str:
        """The files by the steps in them, and the changes between two of them by their number."""
        steps = Counter(map(_short, self.files))
        changes = Counter((_short(a), _short(b)) for a, b in pairwise(self.files) if a != b)
        lines = [f"{count:5} {name}" for name, count in steps.most_common()]
        return "\n".join([*lines, *(f"{count:5} {a} > {b}" for (a, b), count in changes.most_common(40))])

    def rows(self) -> list[Row]:
        """What the table shows."""
        changes = sum(a != b for a, b in pairwise(self.files))
        return [
            Row("way of a mention on Slack: files", (len(set(self.files)),), "files", FILES),
            Row("way of a mention on Slack: changes of file", (changes,), "times", CHANGES),
        ]


def _short(file: str) -> str:
    return str(Path(file).relative_to(ROOT))


async def measure(*, verbose: bool = False) -> list[Row]:
    """One person mentions the product, which has answered once before, and reads a short answer."""
    way = Way()
    threading.setprofile(way)  # the database's thread is made by the product
    try:
        async with World(Speech(tokens=3, pace=1000.0, thought=0.05)) as world, _running(world):
            place = world.place("slack")
            place.join(1)
            await asyncio.sleep(REST)
            await answered(world, place, await say(place, [0], "first"))
            await asyncio.sleep(REST)
            with way.walked():
                await asyncio.sleep(REST)
                way.ignored = {*way.files}  # what goes on beside, like looking for changed tools
                way.files.clear()
                await answered(world, place, await say(place, [0], "second"))
                await asyncio.sleep(REST)
            rows = way.rows()
    finally:
        threading.setprofile(None)
    if verbose:
        print(way.report(), file=sys.stderr)  # noqa: T201 - asked for
    return rows


@contextlib.asynccontextmanager
async def _running(world: World) -> AsyncIterator[None]:
    """The product in this process, with Slack only, as `run` starts and stops it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        given = {"DATA_DIR": directory, "OPENAI_API_KEY": "sk-bench", **world.settings()}
        serving = asyncio.create_task(serve(settings.read(given, to_run=["slack"]), ("slack",)))
        try:
            await until(lambda: world.slack.connections > 0)
            yield
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            await serving
