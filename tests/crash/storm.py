"""Random kills under people who keep talking on both platforms, then peace, then the check.

A storm is played in rounds, each in a world of its own and with a seed of its own, so a bad one can be
played again by itself.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from tests.crash.outcome import Outcome
from tests.crash.people import crowd
from tests.crash.process import KILLED, Forked, Forks
from tests.crash.scenario import FULL
from tests.crash.world import ONLINE, World, world

PLATFORMS = ("slack", "discord")
LONGEST_LIFE = 1.2
"""Seconds a process lives at most before it is killed."""
LAST_POINT = 80
RESPITE = 5
"""Every so many lives one ends only after the answers under way: by design, ten deaths in a row without
any progress end a message with a notice, and that is not what is tested here."""
PATIENCE = 120.0
LONGEST_PAUSE = 35.0
"""Seconds for which the product may wait before it calls a platform again that has failed it often."""


async def play(forks: Forks, directory: Path, seed: int, kills: int, *, faults: bool = True) -> Outcome:
    result = Outcome(f"storm with seed {seed}")
    async with world(directory, echo=True) as stage:
        rng = random.Random(seed)
        await stage.furnish("image_generation", "code_interpreter")
        stage.settings = FULL
        await _install(forks, stage)
        people = [
            asyncio.create_task(person.talk(random.Random(f"{seed} {person.name}")))
            for person in await crowd(stage)
        ]
        if faults:
            people.append(asyncio.create_task(_mischief(stage, random.Random(f"{seed} faults"))))
        try:
            for number in range(kills):
                await _life(forks, stage, rng, respite=number % RESPITE == RESPITE - 1)
                result.died.append("")
        finally:
            for person in people:
                person.cancel()
            await asyncio.gather(*people, return_exceptions=True)
        await _peace(forks, stage, result)
        result.log = (stage.directory / "log").read_text()
    return result


async def _install(forks: Forks, stage: World) -> None:
    """A first start in peace: what is said before a bot has ever been online is not said to it."""
    process = await stage.start(forks, *PLATFORMS)
    await stage.connected(*PLATFORMS, timeout=PATIENCE)
    await process.arm("", after=ONLINE["discord"])
    await _kill(process)


async def _life(forks: Forks, stage: World, rng: random.Random, *, respite: bool) -> None:
    """A process from its start to its violent end: at a random point, or after a random time."""
    by_point = not respite and rng.random() < 0.5
    process = await stage.start(forks, *PLATFORMS, at=str(rng.randint(1, LAST_POINT)) if by_point else "")
    seconds = rng.uniform(0.02, LONGEST_LIFE)
    try:
        async with asyncio.timeout(LONGEST_LIFE if by_point else PATIENCE):
            if by_point:
                await process.ended()
            elif respite:
                await _answers(stage)
            else:
                await asyncio.sleep(seconds)
    except TimeoutError:
        pass
    await _kill(process)


async def _answers(stage: World) -> None:
    """Until each response of the model that this process has asked for is over and had time to be shown."""
    asked = len(stage.openai.requests)
    await stage.connected(*PLATFORMS, timeout=PATIENCE)
    await asyncio.sleep(0.5)
    mine = stage.openai.requests[asked:]
    await stage.openai.until(lambda: all(one.finished_at or one.cut_at for one in mine), PATIENCE)
    await asyncio.sleep(0.3)


async def _kill(process: Forked) -> None:
    await process.kill()
    if process.status != KILLED:
        raise AssertionError(f"the product ended by itself: {process.status}")


async def _mischief(stage: World, rng: random.Random) -> None:
    """Now and then a call of a platform fails, before or after it had its effect."""
    posts, post = "/channels/{channel}/messages", "/channels/{channel}/messages/{message}"
    while True:
        await asyncio.sleep(rng.uniform(0.1, 0.5))
        after, drop = rng.random() < 0.5, rng.random() < 0.5
        if rng.random() < 0.5:
            method = rng.choice(["chat.startStream", "chat.appendStream", "chat.stopStream", "chat.update"])
            stage.slack.fail(method, when="after" if after else "before", drop=drop)
        else:
            verb, path = rng.choice([("POST", posts), ("PATCH", post)])
            stage.discord.fail(verb, path, when="after" if after else "before", drop=True)


async def _peace(forks: Forks, stage: World, result: Outcome) -> None:
    """No more kills or faults; when all is quiet, judge."""
    stage.slack.heal()
    stage.discord.heal()
    process = await stage.start(forks, *PLATFORMS)
    await stage.connected(*PLATFORMS, timeout=PATIENCE)
    await stage.quiet(PATIENCE, idle=LONGEST_PAUSE)
    result.findings = stage.findings()
    result.messages = len(stage.said)
    await _kill(process)
