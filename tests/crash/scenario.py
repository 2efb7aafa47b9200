"""What a person does in one place while the product is killed under them: short, something of everything.

A long answer of two parts and many edits, a question queued behind it, a reset that overtakes both, a
question after it, the reset command, a question again: in a Slack channel (streamed), in a Slack DM where
streaming is refused (posted and updated), in a Discord DM, and in a Discord server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from tests.crash.oracle import RESET, Question
from tests.crash.people import COMMAND, Person, on_discord, on_slack
from tests.crash.world import World

APART = 0.03
"""Seconds between two messages of a person: each is accepted by a transaction of its own."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`open` puts the person into a world."""

    name: str
    platform: str
    open: Callable[[World], Person]

    async def play(self, person: Person) -> None:
        """Returns when everything is said."""
        alpha, beta, gamma = (
            Question("alpha", person.long, 5),
            Question("beta", 12, 1),
            Question("gamma", 12, 1),
        )
        for act in (alpha.text, beta.text, RESET, gamma.text, COMMAND, Question("delta", 12, 1).text):
            await person.do(act)
            await asyncio.sleep(APART)

    async def go_on(self, person: Person) -> None:
        """When all is answered: one more question, which shows whether what was said is remembered."""
        await person.do(Question("epsilon", 12, 1).text)


def _refusing_streams(world: World) -> Person:
    world.slack.fail("chat.startStream", error="unknown_method", times=10_000)
    return on_slack(world, "u1", "D1")


def _in_a_server(world: World) -> Person:
    return on_discord(world, "p1", world.discord.add_channel(world.discord.add_guild()))


SLACK_STREAM = Scenario("Slack, streamed", "slack", lambda world: on_slack(world, "u1", "C1"))
SLACK_FALLBACK = Scenario("Slack, not streamed", "slack", _refusing_streams)
DISCORD_DM = Scenario("Discord, direct message", "discord", lambda world: on_discord(world, "p1"))
DISCORD_GUILD = Scenario("Discord, server", "discord", _in_a_server)
