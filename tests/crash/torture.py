"""`scripts/torture [KILLS]`: the long version. Ends with one line and, unless all is perfect, status 1.

Two thirds of the kills at enumerated points of the scenarios (all of them if there are kills enough), the
rest in storms; in between the database is locked by somebody else. The seed decides which, and everything
that is random in a storm but the machine's timing.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.crash.clients import storm
from tests.crash.lock import LOCKS, hold
from tests.crash.outcome import Outcome, summary, wrong
from tests.crash.process import Forks, fork_server
from tests.crash.scenario import TALKING, WORKING
from tests.crash.storm import play
from tests.crash.sweep import Sweep

SCENARIOS = (*WORKING, *TALKING)
STORM = 30
"""Kills in one storm."""
STORMS = 2
"""Storms at once."""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/torture", description=__doc__)
    parser.add_argument("kills", nargs="?", type=int, default=2000, metavar="KILLS")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin nothing more after that")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--api", action="store_true", help="clients of the API in place of people")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Torture:
    """Everything until so many kills, or so many seconds."""

    def __init__(self, forks: Forks, directory: Path, options: argparse.Namespace) -> None:
        self._forks, self._directory, self._kills, self._seed = forks, directory, options.kills, options.seed
        self._over = time.monotonic() + options.seconds
        self.outcomes: list[Outcome] = []

    async def run(self) -> None:
        for number, scenario in enumerate(SCENARIOS):
            sweep = Sweep(self._forks, self._directory / scenario.name, scenario)
            crossed = await sweep.rehearse()
            trials = crossed.trials() + crossed.starting() + crossed.twice(every=5)
            most = max(1, (self._kills * 2 // 3 - self._killed()) // (len(SCENARIOS) - number))
            chosen = random.Random(f"{self._seed} {scenario.name}").sample(trials, min(most, len(trials)))
            self._note(await sweep.run(chosen, lambda _: time.monotonic() > self._over))
            _say(f"{scenario.name}: {len(crossed.talk)} points, {summary(self.outcomes)} so far")
        for number, lock in enumerate(LOCKS):
            if time.monotonic() < self._over:
                self._note([await hold(self._forks, self._directory / f"lock {number}", lock)])
                _say(f"{lock}: {summary(self.outcomes)} so far")
        rounds = self._rounds(self._kills - self._killed())
        async with asyncio.TaskGroup() as group:
            for _ in range(STORMS):
                group.create_task(self._storms(rounds))

    async def _storms(self, rounds: Iterator[tuple[int, int]]) -> None:
        for number, kills in rounds:
            seed = self._seed * 1000 + number
            self._note([await play(self._forks, self._directory / f"storm {number}", seed, kills)])
            _say(f"storm {number}: {summary(self.outcomes)} so far")

    def _rounds(self, kills: int) -> Iterator[tuple[int, int]]:
        for number, begun in enumerate(range(0, kills, STORM)):
            if time.monotonic() < self._over:
                yield number, min(STORM, kills - begun)

    def _killed(self) -> int:
        return sum(len(outcome.died) for outcome in self.outcomes)

    def _note(self, outcomes: list[Outcome]) -> None:
        self.outcomes += outcomes
        for outcome in wrong(outcomes):
            _say(f"NOT PERFECT {outcome}")


def main() -> int:
    options, began = _options(), time.monotonic()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # the killed hang up on the stand-ins
    _say(f"seed {options.seed}")
    if options.api:
        return _api(options, began)
    with fork_server() as forks, tempfile.TemporaryDirectory() as directory:
        torture = Torture(forks, Path(directory), options)
        asyncio.run(torture.run())
    _say(f"{summary(torture.outcomes)}, seed {options.seed}, {time.monotonic() - began:.0f} s")
    return 1 if wrong(torture.outcomes) else 0


def _api(options: argparse.Namespace, began: float) -> int:
    with tempfile.TemporaryDirectory() as directory:
        seen = asyncio.run(storm(Path(directory), options.kills, options.seed))
    for fault in seen.wrong:
        _say(f"NOT PERFECT {fault}")
    _say(f"{seen.line()}, seed {options.seed}, {time.monotonic() - began:.0f} s")
    return 1 if seen.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
