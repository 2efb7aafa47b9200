"""Starting: how long until both sockets are up, until the first answer, and what it weighs then."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from bench.product import Product
from bench.speech import Speech
from bench.table import Row
from bench.trace import answered, say
from bench.world import World, until

STARTS = 5
CONNECTED = 2.5
"""Seconds from the start of the process to both sockets."""
IDLE = 100.0
"""MB with both platforms connected."""
QUIET = 4.0
"""Seconds after which a product that nobody wrote to counts as idle."""


@dataclass
class Starts:
    """What several starts gave; times in seconds from the start of the process."""

    connected: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


async def measure() -> list[Row]:
    """Starts on an empty data directory; the first is a new one, the others find it."""
    starts = Starts()
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        async with World(Speech(tokens=20, thought=0.0)) as world:
            world.place("slack").join(1)
            for number in range(STARTS):
                await _idle(world, Path(directory), starts)
                await _at_once(world, Path(directory), starts, number)
    return [
        Row("start: both sockets up", tuple(starts.connected), "s", CONNECTED),
        Row("start: model asked, message at once", tuple(starts.asked), "s"),
        Row("start: first words, message at once", tuple(starts.shown), "s"),
        Row("start: CPU until idle", tuple(starts.cpu), "s"),
        Row("start: memory when idle", tuple(starts.idle), "MB", IDLE),
    ]


async def _idle(world: World, directory: Path, starts: Starts) -> None:
    async with Product(world.settings(), directory) as product:
        starts.connected.append(await until(world.connected) - product.started_at)
        await asyncio.sleep(QUIET)
        starts.idle.append(product.resident())
        starts.cpu.append(product.cpu())
    await until(lambda: not world.connected())


async def _at_once(world: World, directory: Path, starts: Starts, number: int) -> None:
    """Somebody writes the moment the product is connected."""
    async with Product(world.settings(), directory) as product:
        starts.connected.append(await until(world.connected, every=0.002) - product.started_at)
        place = world.place("slack")
        (trace,) = await answered(world, place, await say(place, [0], f"start {number}"))
        starts.asked.append(trace.asked - product.started_at)
        starts.shown.append(trace.first_shown - product.started_at)
    await until(lambda: not world.connected())
