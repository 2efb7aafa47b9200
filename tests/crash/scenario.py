"""What a person does in one place while the product is killed under them: short, something of everything.

Talking: a long answer of two parts and many edits, a question queued behind it, a reset that overtakes both,
a question after it, the reset command, a question again: in a Slack channel (streamed), in a Slack DM where
streaming is refused (posted and updated), in a Discord DM, and in a Discord server. And in a channel of each:
two tools at once; a tool that asks first; files both ways; a conversation that is summarised; tools and talk
with background responses; one memory for a topic.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.history import Finding, Said
from tests.crash.oracle import RESET, Question
from tests.crash.people import COMMAND, Person, on_discord, on_slack
from tests.crash.process import until
from tests.crash.remembered import forgotten
from tests.crash.world import World

APART = 0.03
"""Seconds between two messages of a person: each is accepted by a transaction of its own."""
FULL = {"OPENAI_FEATURES": "full"}


def _talk(person: Person) -> Sequence[str]:
    alpha, beta, gamma = Question("alpha", person.long, 5), Question("beta", 12, 1), Question("gamma", 12, 1)
    return alpha.text, beta.text, RESET, gamma.text, COMMAND, Question("delta", 12, 1).text


@dataclass(frozen=True, slots=True)
class Scenario:
    """`open` puts the person into a world. `acts`: what they do; after `pay` they wait for the answer.

    `tools`: the operator has some, and the assistant these of the server; None: there are none at all.
    """

    name: str
    platform: str
    open: Callable[[World], Person]
    acts: Callable[[Person], Sequence[str]] = _talk
    tools: Sequence[str] | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    async def furnish(self, world: World) -> None:
        world.settings = self.settings
        if self.tools is not None:
            await world.furnish(*self.tools)

    async def play(self, person: Person) -> None:
        for act in self.acts(person):
            await person.do(act)
            if act.endswith(" pay"):  # another message would be a no
                await until(lambda: person.world.answered(person.said[-1]), 0.01)
            await asyncio.sleep(APART)

    async def go_on(self, person: Person) -> None:
        """When all is answered: one more question, which shows whether what was said is remembered."""
        await person.do(Question("epsilon", 12, 1).text)

    def findings(self, world: World) -> list[Finding]:
        return world.findings() + forgotten(world.said, world.newest_request())


def _refusing_streams(world: World) -> Person:
    world.slack.fail("chat.startStream", error="unknown_method", times=10_000)
    return on_slack(world, "u1", "D1")


def _in_a_channel(world: World) -> Person:
    return on_slack(world, "u1", "C1")


def _in_a_server(world: World) -> Person:
    return on_discord(world, "p1", world.discord.add_channel(world.discord.add_guild()))


def _in_a_topic(world: World) -> Person:
    """Everything in the thread of the first message."""
    person = on_slack(world, "u1", "C1")

    async def say(text: str) -> Said:
        return await world.on_slack("U1", "C1", text, person.said[0].topic if person.said else None)

    person.say = say
    return person


PLACES = {"slack": _in_a_channel, "discord": _in_a_server}
SLACK_STREAM = Scenario("Slack, streamed", "slack", _in_a_channel)
SLACK_FALLBACK = Scenario("Slack, not streamed", "slack", _refusing_streams)
DISCORD_DM = Scenario("Discord, direct message", "discord", lambda world: on_discord(world, "p1"))
DISCORD_GUILD = Scenario("Discord, server", "discord", _in_a_server)
TALKING = (SLACK_STREAM, SLACK_FALLBACK, DISCORD_GUILD, DISCORD_DM)


def _both(
    name: str,
    *questions: Question,
    tools: Sequence[str] | None = None,
    settings: Mapping[str, str] | None = None,
    **places: Callable[[World], Person],
) -> tuple[Scenario, Scenario]:
    def acts(person: Person) -> Sequence[str]:
        return [question.text for question in questions]

    slack, discord = (
        Scenario(f"{name}, {platform}", platform, place, acts, tools, settings or {})
        for platform, place in (PLACES | places).items()
    )
    return slack, discord


ALPHA, BETA = Question("alpha", 12, 2), Question("beta", 12, 2)
TWO = _both("two tools at once", Question("alpha", 24, 2, "two"), tools=())
PAY = _both("a tool that asks", Question("alpha", 12, 2, "pay"), tools=())
FILES = _both(
    "files both ways",
    Question("alpha", 12, 2, "draw"),
    Question("beta", 12, 2, "seen"),
    tools=("image_generation", "code_interpreter"),
    settings=FULL,
)
SUMMARY = _both(
    "a summary",
    *(Question(tag, 30, 1) for tag in ("alpha", "beta", "gamma")),
    settings={"HISTORY_TOKENS": "180"},
)
BACKGROUND = _both(
    "in the background",
    ALPHA,
    Question("beta", 12, 2, "two"),
    tools=(),
    settings=FULL | {"OPENAI_BACKGROUND": "1"},
)
TOPIC = _both("one memory for a topic", ALPHA, BETA, settings={"THREAD_SCOPE": "topic"}, slack=_in_a_topic)
WORKING = (*TWO, *PAY, *FILES, *SUMMARY, *BACKGROUND, *TOPIC)


def seeded_third() -> list[Scenario]:
    """A third of the scenarios, some of each platform. The commit is the seed, or the variable SWEEP_SEED."""
    seed = os.environ.get("SWEEP_SEED") or _commit()
    chance = random.Random(seed)
    platforms = [[one for one in (*TALKING, *WORKING) if one.platform == name] for name in PLACES]
    return [one for scenarios in platforms for one in chance.sample(scenarios, len(scenarios) // 3)]


def _commit() -> str:
    command = ("git", "-C", Path(__file__).parent, "rev-parse", "HEAD")
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
