"""With the platforms' rate limits on: is the product ever refused, and how long do people wait?"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from pathlib import Path

from bench.product import Product
from bench.speech import Speech
from bench.table import Row, milliseconds
from bench.trace import Trace, answered, say
from bench.world import Place, World, until

PEOPLE = 30
SECONDS = 180.0
STEADY = 60.0
"""Seconds after which what the product has learnt counts."""
THINK = (15.0, 30.0)
"""Seconds a person takes between reading an answer and asking again."""


async def measure(platform: str) -> list[Row]:
    """Each person asks, reads, thinks and asks again, in their own time."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        async with World(Speech(), limits=True) as world, Product(world.settings(), Path(directory)):
            await until(world.connected)
            place = world.place(platform)
            place.join(PEOPLE)
            began = time.monotonic()
            talks = [_talk(world, place, person, began + SECONDS) for person in range(PEOPLE)]
            traces = [trace for talk in await asyncio.gather(*talks) for trace in talk]
            refused = place.refused
    return _rows(f"{platform}, limits on, {PEOPLE} people", traces, refused, began)


async def _talk(world: World, place: Place, person: int, ends: float) -> list[Trace]:
    chance = random.Random(person)  # noqa: S311 - not a secret
    traces: list[Trace] = []
    await asyncio.sleep(chance.uniform(0.0, THINK[1]))
    while time.monotonic() < ends:
        asked = await say(place, [person], f"{len(traces)}")
        traces += await answered(world, place, asked)
        await asyncio.sleep(chance.uniform(*THINK))
    return traces


def _rows(name: str, traces: list[Trace], refused: list[float], began: float) -> list[Row]:
    early = sum(at < began + STEADY for at in refused)
    steady = [trace for trace in traces if trace.said > began + STEADY]
    return [
        Row(f"{name}: 429 in the first minute", (early,), ""),
        Row(f"{name}: 429 after it", (len(refused) - early,), "", 0.0),
        milliseconds(f"{name}: event to model", (trace.to_model for trace in steady)),
        milliseconds(f"{name}: first token to visible", (trace.to_visible for trace in steady)),
        milliseconds(f"{name}: last token to whole", (trace.to_whole for trace in steady)),
    ]
