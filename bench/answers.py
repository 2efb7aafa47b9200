"""Many people at once: how soon they are answered, and what it costs."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.process import processor_seconds
from bench.product import Product
from bench.speech import Speech
from bench.table import Row, milliseconds
from bench.trace import Trace, answered, say
from bench.world import World, until

ROUNDS, LEAST = 3, 15
"""Rounds that count, after one that warms up: so many, or as many as give so many answers."""
SETTLE = 0.5
"""Seconds after the last answer in which the product's last calls still count."""
TO_MODEL = {1: 10.0, 50: 50.0}
"""Milliseconds from event to model request, by people at once."""
TO_VISIBLE = 50.0
CPU = {50: 3.0}
"""Seconds for so many answers of 200 tokens."""


@dataclass
class Load:
    """What some rounds with the same number of people gave."""

    traces: list[Trace] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    standins_cpu: list[float] = field(default_factory=list)
    peak: float = 0.0


async def measure(platform: str, people: int) -> list[Row]:
    """So many people ask at once, a few times over, in a product started for them."""
    first, rest = Load(), Load()
    async with World(Speech()) as world:
        await _rounds(world, platform, people, first, rest)
    return _rows(f"{platform}, {people} at once", people, first, rest)


async def measure_floor(people: int) -> list[Row]:
    """The same with a bot that does next to nothing: what is not the product's own."""
    rest = Load()
    async with World(Speech()) as world:
        await _rounds(world, "slack", people, Load(), rest, ("bench.floor",))
    name = f"slack, {people} at once: event to model, a bot that only asks"
    return [milliseconds(name, (trace.to_model for trace in rest.traces))]


async def _rounds(
    world: World,
    platform: str,
    people: int,
    first: Load,
    rest: Load,
    command: Sequence[str] = ("bots", "run"),
) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        async with Product(world.settings(), Path(directory), command) as product:
            await until(world.connected if "bots" in command else lambda: world.slack.connections > 0)
            await asyncio.sleep(2.0)  # what start-up leaves for later is no part of an answer
            world.place(platform).join(people)
            for number in range(max(ROUNDS, LEAST // people) + 1):
                await _round(world, product, platform, people, number, rest if number else first)
            rest.peak = product.peak()


async def _round(world: World, product: Product, platform: str, people: int, number: int, load: Load) -> None:
    place = world.place(platform)
    place.join(people)
    before, others_before = product.cpu(), _standins_cpu(world)
    asked = await say(place, range(people), f"{number}")
    load.traces += await answered(world, place, asked)
    await asyncio.sleep(SETTLE)
    load.cpu.append(product.cpu() - before)
    load.standins_cpu.append(_standins_cpu(world) - others_before)


def _standins_cpu(world: World) -> float:
    return processor_seconds(os.getpid()) + world.model.cpu()


def _rows(name: str, people: int, first: Load, rest: Load) -> list[Row]:
    each = [cpu / people * 1000 for cpu in rest.cpu]
    return [
        milliseconds(f"{name}: event to model, first round", (trace.to_model for trace in first.traces)),
        milliseconds(
            f"{name}: event to model", (trace.to_model for trace in rest.traces), TO_MODEL.get(people)
        ),
        milliseconds(
            f"{name}: first token to visible", (trace.to_visible for trace in rest.traces), TO_VISIBLE
        ),
        milliseconds(f"{name}: last token to whole", (trace.to_whole for trace in rest.traces)),
        Row(f"{name}: CPU of all answers", tuple(rest.cpu), "s", CPU.get(people)),
        Row(f"{name}: CPU of an answer", tuple(each), "ms"),
        Row(f"{name}: CPU of the stand-ins", tuple(rest.standins_cpu), "s"),
        Row(f"{name}: memory, most", (rest.peak,), "MB"),
    ]
