"""Kills the product at every point of a scenario, each time in a new world, and checks what people see."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.crash.history import Finding
from tests.crash.outcome import Outcome
from tests.crash.points import parts, sections
from tests.crash.process import KILLED, Forked, Forks
from tests.crash.scenario import Scenario
from tests.crash.world import ONLINE, World, world

LANES = 6
"""Worlds under test at once: most of a trial is waiting."""
MISSED = 0.5
"""Seconds without any effect after which a point will not be reached: this time there were fewer."""
FLEETING = re.compile("(typing|setStatus|users.info) after")
"""Calls nobody waits for: they may be given up before their answer comes."""
PATIENCE = 120.0
"""Seconds a trial may take on a busy machine."""


@dataclass(frozen=True, slots=True)
class Death:
    """A point to die at, counted from the start of the process or from when the person begins to `talk`."""

    at: str
    talk: bool = False

    def __str__(self) -> str:
        return self.at if self.talk else f"start {self.at}"


Trial = tuple[Death, ...]
"""A death for each life but the last one."""


@dataclass(frozen=True, slots=True)
class Crossed:
    """The points of a first start, and of the scenario."""

    start: list[str]
    talk: list[str]

    def trials(self, *, every: int = 1) -> list[Trial]:
        """A death at each point of the scenario, or at one in so many."""
        return [(Death(str(number), talk=True),) for number in range(1, len(self.talk) + 1, every)]

    def kinds(self, ending: str = "") -> list[Trial]:
        """A death at the first point of each kind in the scenario; or only `before` or `after` something."""
        labels = [label for label in sorted(parts(self.talk)) if not FLEETING.search(label)]
        return [(Death(label, talk=True),) for label in labels if label.endswith(ending)]

    def starting(self) -> list[Trial]:
        return [(Death(str(number)),) for number in range(1, len(self.start) + 1)]

    def twice(self, *, every: int) -> list[Trial]:
        """A death at one point in so many, and another while the next process starts and goes on."""
        numbers = range(1, len(self.talk) + 1, every)
        then = (Death(str(1 + index * 7 % 40)) for index in itertools.count())
        return [(Death(str(number), talk=True), death) for number, death in zip(numbers, then, strict=False)]


class Sweep:
    """Trials of one scenario."""

    def __init__(self, forks: Forks, directory: Path, scenario: Scenario) -> None:
        self._forks, self._directory, self._scenario = forks, directory, scenario
        self._numbers = itertools.count()

    async def rehearse(self) -> Crossed:
        """What is crossed when nobody is killed."""
        async with world(self._next()) as stage:
            await self._scenario.furnish(stage)
            person = self._scenario.open(stage)
            process = await self._start(stage, "")
            await stage.connected(self._scenario.platform)
            await process.arm("", after=ONLINE[self._scenario.platform])
            await self._scenario.play(person)
            await stage.quiet()
            await process.kill()
            if wrong := stage.findings():
                raise AssertionError(f"wrong without any kill: {wrong}")
            return Crossed(*sections(process.order.trail))

    async def run(
        self, trials: Iterable[Trial], until: Callable[[Outcome], bool] = lambda _: False
    ) -> list[Outcome]:
        """Several at once; no more are begun once `until` is true of one."""
        todo, done = list(reversed(list(trials))), list[Outcome]()

        async def lane() -> None:
            while todo:
                done.append(await self._trial(todo.pop()))
                if until(done[-1]):
                    todo.clear()

        async with asyncio.TaskGroup() as group:
            for _ in range(LANES):
                group.create_task(lane())
        return done

    async def _trial(self, trial: Trial) -> Outcome:
        outcome = Outcome(f"{self._scenario.name}: {', '.join(map(str, trial))}")
        async with world(self._next()) as stage:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._scenario.furnish(stage)
                    await self._lives(stage, trial, outcome)
            except TimeoutError as error:
                outcome.findings.append(Finding("lost", "the product", f"not ready in time: {error}"))
            outcome.messages = len(stage.said)
            outcome.log = (stage.directory / "log").read_text()
        return outcome

    async def _lives(self, stage: World, trial: Trial, outcome: Outcome) -> None:
        person, platform = self._scenario.open(stage), self._scenario.platform
        playing: asyncio.Task[None] | None = None
        for death in trial:
            process = await self._start(stage, "" if death.talk else death.at)
            if death.talk:
                await stage.connected(platform)
                await process.arm(death.at, after=ONLINE[platform])
                playing = asyncio.create_task(self._scenario.play(person))
            outcome.died.append(await self._death(stage, process, outcome))
        process = await self._start(stage, "")
        await stage.connected(platform)
        await (playing or self._scenario.play(person))
        await stage.quiet()
        await self._scenario.go_on(person)
        await stage.quiet()
        outcome.findings += self._scenario.findings(stage)
        await process.kill()

    async def _death(self, stage: World, process: Forked, outcome: Outcome) -> str:
        """The point at which it died; "" if it was killed when nothing more happened."""
        dying = asyncio.create_task(process.ended())
        resting = asyncio.create_task(stage.rest(MISSED))
        await asyncio.wait({dying, resting}, return_when=asyncio.FIRST_COMPLETED)
        resting.cancel()
        if not dying.done():
            await process.kill()
            await dying
            return ""
        if dying.result() != KILLED:
            outcome.findings.append(Finding("lost", "the product", f"ended with status {dying.result()}"))
        return process.crossed[-1]

    async def _start(self, stage: World, at: str) -> Forked:
        return await stage.start(self._forks, self._scenario.platform, at=at)

    def _next(self) -> Path:
        return self._directory / str(next(self._numbers))
