"""People in their places: what they can do there, and how they talk when nobody tells them what to say."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.crash.history import Said
from tests.crash.oracle import RESET, Question
from tests.crash.process import until
from tests.crash.world import World

OUTSTANDING = 3
"""Answers a person waits for at most before saying more."""
COMMAND = "/reset"
DEEDS, SHARES = ("", "two", "pay", "draw", "seen"), (60, 12, 10, 9, 9)
"""What is asked for at random besides words, and how often."""

Say = Callable[[str], Awaitable[Said]]
Command = Callable[[], Awaitable[bool]]


@dataclass
class Person:
    """Someone in one place. `command` gives /reset once, True when confirmed. `long`: words for two posts."""

    name: str
    world: World
    lane: str
    say: Say
    command: Command
    long: int
    said: list[Said] = field(default_factory=list)

    async def do(self, act: str) -> None:
        """Write a text, or give the command until it is confirmed."""
        if act != COMMAND:
            self.said.append(await self.say(act))
            return None
        while True:
            if await self.command():
                return self.world.forgotten(self.lane)
            await asyncio.sleep(0.2)

    async def talk(self, rng: random.Random) -> None:
        """At random, until cancelled."""
        while True:
            await asyncio.sleep(rng.uniform(0.0, 0.6))
            dice = rng.random()
            words = self.long if dice > 0.92 else rng.randint(5, 60)
            does = "" if words == self.long else rng.choices(DEEDS, SHARES)[0]
            question = Question(f"{self.name}n{len(self.said)}", words, rng.randint(1, 8), does)
            await self.do(COMMAND if dice < 0.06 else RESET if dice < 0.14 else question.text)
            await until(lambda: self._waiting() < OUTSTANDING, 0.1)

    def _waiting(self) -> int:
        asked = [said for said in self.said[-10:] if said.question]
        return sum(not self.world.answered(said) for said in asked)


def on_slack(world: World, name: str, channel: str, thread: str | None = None) -> Person:
    """A person in a channel, in a thread of it, or (`D…`) in their direct messages."""
    user = name.upper()
    if channel.startswith("D"):
        world.slack.add_dm(channel, user)

    async def command() -> bool:
        return not (await world.slack.slash(user, channel, COMMAND)).error

    lane = world.slack_lane(user, channel)
    return Person(name, world, lane, lambda text: world.on_slack(user, channel, text, thread), command, 1400)


def on_discord(world: World, name: str, guild: str = "") -> Person:
    """A person (`p1` to `p9`) in a server's channel, or in their direct messages."""
    user = f"20000000000000000{name[1:]}"
    channel = guild or world.discord.dm(user)

    async def command() -> bool:
        try:
            return (await world.discord.slash(user, channel, COMMAND[1:])).ephemeral
        except LookupError:  # the very first start has not come so far
            return False

    async def say(text: str) -> Said:
        return await world.on_discord(user, channel, text, guild=bool(guild))

    return Person(name, world, world.discord_lane(user, channel), say, command, 300)


async def crowd(world: World) -> list[Person]:
    """On Slack a channel, a thread two people share, and a DM; on Discord two DMs and two in one channel."""
    shared = await world.slack.say("U9", "C2", "A good place to talk")
    channel = world.discord.add_channel(world.discord.add_guild())
    return [
        *(on_slack(world, "u1", "C1"), on_slack(world, "u4", "D4")),
        *(on_slack(world, name, "C2", shared) for name in ("u2", "u3")),
        *(on_discord(world, name) for name in ("p1", "p2")),
        *(on_discord(world, name, channel) for name in ("p3", "p4")),
    ]
