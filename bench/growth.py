"""How the way from event to model grows with the length of a thread, and with the number of threads."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from bench import history
from bench.product import Product
from bench.speech import Speech
from bench.table import Row, milliseconds
from bench.trace import answered, say
from bench.world import World, until
from core.types import Address

SAMPLES = 40
WARM_UP = 5
LENGTHS = (10, 1_000, 10_000)
THREADS = (100, 100_000)
RATIO = 2.0
"""How many times as long the largest may take as the smallest."""
PAUSE = 0.05
"""Seconds between an answer and the next message."""


async def measure(platform: str) -> list[Row]:
    """Sequential messages of one person, over several pasts."""
    lengths = [(f"{length} messages in the thread", length, 100) for length in LENGTHS]
    stored = [(f"{threads} threads stored", 10, threads) for threads in THREADS]
    rows: list[Row] = []
    for group, title in ((lengths, "thread length"), (stored, "stored threads")):
        timed = [
            milliseconds(f"{platform}, {name}: event to model", await _times(platform, length, others))
            for name, length, others in group
        ]
        ratio = timed[-1].median / timed[0].median
        rows += [*timed, Row(f"{platform}: growth with {title}", (ratio,), "x", RATIO)]
    return rows


async def _times(platform: str, length: int, others: int) -> list[float]:
    """Seconds from event to model request, for one message after the other."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        async with World(Speech(tokens=1, pace=1000.0, thought=0.0)) as world:
            place = world.place(platform)
            place.join(1)
            await history.write(Path(directory) / "data", _thread(world, platform), length, others)
            async with Product(world.settings(), Path(directory)) as product:
                await until(world.connected)
                await asyncio.sleep(2.0)
                times = []
                for number in range(WARM_UP + SAMPLES):
                    (trace,) = await answered(world, place, await say(place, [0], f"{number}"))
                    times.append(trace.to_model)
                    await asyncio.sleep(PAUSE)
                assert product.alive
    return times[WARM_UP:]


def _thread(world: World, platform: str) -> tuple[Address, str]:
    """Where the first person writes, and who that is."""
    if platform == "slack":
        return Address("slack", world.slack.team, "C00000", "1"), "U00000"
    user = "200000000000000000"
    channel = world.discord.dm(user)
    return Address("discord", "", channel, channel), user
