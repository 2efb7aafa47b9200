"""With the platforms' rate limits on: what do others notice of one person who does not stop writing?"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import chain
from pathlib import Path

from bench.product import Product
from bench.speech import END, Speech
from bench.table import Row, quantile
from bench.world import World, until

FLOOD = 500
KINDS = ("", "message", "reset", "stop")
"""What is written again and again; nothing, for the quiet."""
SAME, OTHERS = 2, 4
"""People who ask in the channel of the flood, and each in their own."""
SECONDS, REST = 20.0, 2.0
"""How long they go on asking, and how long they read each answer."""
SLOWER = 1.5
WINDOW = 5.0
"""Seconds in which Discord counts the posts of a channel; held to on Slack, too, where it is one a second."""
GUILD = "310000000000000000"

Say = Callable[[int, int, str], Awaitable[Callable[[], bool]]]
"""A person says something in a channel, both numbers; gives whether it is answered in full."""


async def measure(platform: str) -> list[Row]:
    """A quiet time and three floods, each in a product of its own."""
    found = {kind: await _one(platform, kind) for kind in KINDS}
    rows: list[Row] = []
    for kind, (same, others) in found.items():
        name = f"{platform}, {f'flood of {kind}s' if kind else 'quiet'}: whole answer"
        rows += [
            Row(f"{name} in the same channel", tuple(same), "s"),
            Row(f"{name} elsewhere", tuple(others), "s"),
        ]
        if kind:
            late = quantile(same, 0.95) - quantile(found[""][0], 0.95)
            ratio = quantile(others, 0.95) / quantile(found[""][1], 0.95)
            rows += [
                Row(f"{name} in the same channel, p95 - quiet", (late,), "s", WINDOW),
                Row(f"{name} elsewhere, p95 / quiet", (ratio,), "", SLOWER),
            ]
    return rows


async def _one(platform: str, kind: str) -> tuple[list[float], list[float]]:
    """Seconds until the whole answers in the channel of the flood, and in others."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        async with (
            World(Speech(tokens=100), limits=True) as world,
            Product(world.settings(), Path(directory)),
        ):
            await until(world.connected)
            say = _slack(world) if platform == "slack" else _discord(world)
            ends = time.monotonic() + SECONDS
            flooding = asyncio.create_task(_flood(say, kind))
            rooms = [0] * SAME + list(range(1, OTHERS + 1))
            talks = [_talk(say, person, room, ends) for person, room in enumerate(rooms, 1)]
            took = await asyncio.gather(*talks)
            await flooding
    return [*chain(*took[:SAME])], [*chain(*took[SAME:])]


async def _flood(say: Say, kind: str) -> None:
    for number in range(FLOOD if kind else 0):
        await say(0, 0, f"Message {number}: what is this?" if kind == "message" else kind)
        await asyncio.sleep(0)


async def _talk(say: Say, person: int, room: int, ends: float) -> list[float]:
    took: list[float] = []
    await asyncio.sleep(1.0 + person / 4)  # the flood is there first
    while time.monotonic() < ends:
        began = time.monotonic()
        whole = await say(person, room, f"Question {len(took)} of person {person}?")
        took.append(await until(whole, every=0.02, timeout=120.0) - began)
        await asyncio.sleep(REST)
    return took


def _slack(world: World) -> Say:
    slack = world.slack
    for room in range(OTHERS + 1):
        slack.add_channel(f"C{room:05}", [f"U{person:05}" for person in range(SAME + OTHERS + 1)])

    async def say(person: int, room: int, text: str) -> Callable[[], bool]:
        channel = f"C{room:05}"
        said = await slack.mention(f"U{person:05}", channel, text)
        return lambda: any(post.text.endswith(END) for post in slack.posts(channel, said))

    return say


def _discord(world: World) -> Say:
    discord = world.discord
    rooms = [discord.add_channel(GUILD) for _ in range(OTHERS + 1)]

    async def say(person: int, room: int, text: str) -> Callable[[], bool]:
        user = str(200_000_000_000_000_000 + person)
        said = await discord.say(user, rooms[room], text, mention_bot=True)
        posts = partial(discord.posts, rooms[room])
        return lambda: any(post.reference == said and post.content.endswith(END) for post in posts())

    return say
