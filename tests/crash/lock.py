"""Another process holds the database for longer than the product waits, while people write to it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from tests.crash.oracle import Question
from tests.crash.outcome import Outcome
from tests.crash.people import Person, on_discord, on_slack
from tests.crash.process import Forks
from tests.crash.world import ONLINE, world

PLATFORMS = ("slack", "discord")
PATIENCE = 120.0
LONGEST_PAUSE = 35.0


@dataclass(frozen=True, slots=True)
class Lock:
    """So many seconds, so many messages of people never seen before; killed before it ends, or not."""

    seconds: float
    messages: int
    kill: bool


LOCKS = tuple(Lock(*one) for one in product((11.0, 15.0), (2, 9), (False, True)))


async def hold(forks: Forks, directory: Path, lock: Lock) -> Outcome:
    """One world with that lock, then peace, then the check."""
    result = Outcome(str(lock))
    async with world(directory) as stage:
        await stage.furnish()
        process = await stage.start(forks, *PLATFORMS)
        await stage.connected(*PLATFORMS, timeout=PATIENCE)
        await process.arm("", after=ONLINE["discord"])
        people = [on_discord(stage, f"p{number + 1}") for number in range(lock.messages)]
        people += [on_slack(stage, "u1", "D1")]
        with stage.database() as stranger:
            stranger.execute("BEGIN IMMEDIATE")
            talking = [asyncio.create_task(_say(one, at)) for at, one in enumerate(people)]
            await asyncio.sleep(lock.seconds)
            if lock.kill:
                await process.kill()
                result.died.append("while the database is locked")
            stranger.execute("ROLLBACK")
        if lock.kill:
            process = await stage.start(forks, *PLATFORMS)
        await asyncio.gather(*talking)
        await stage.quiet(PATIENCE, idle=LONGEST_PAUSE)
        result.findings, result.messages = stage.findings(), len(stage.said)
        await process.kill()
        result.log = (stage.directory / "log").read_text()
    return result


async def _say(person: Person, at: int) -> None:
    """One after the other: the first cannot be stored before the others come."""
    await asyncio.sleep(at * 0.7)
    await person.do(Question(f"locked{at}", 12, 1).text)
