"""The product killed while it uses tools, asks for a yes, takes and brings files, and summarises.

The checker counts effects, questions and files besides what `test_crash` judges: no effect twice, each file
once, nobody without an answer. `scripts/torture` kills at every point and not only at each kind of them.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterator

import pytest

from tests.crash import tools
from tests.crash.history import INTERRUPTED
from tests.crash.outcome import summary, wrong
from tests.crash.process import KILLED, Forks, fork_server
from tests.crash.scenario import BACKGROUND, FILES, PAY, SUMMARY, TOPIC, TWO, Scenario
from tests.crash.sweep import Sweep, Trial
from tests.crash.world import ONLINE, World, world

BEGUN, DONE = "commit steps:call:begun", "commit steps:call:output-files"


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    """Processes of the product in milliseconds."""
    with fork_server() as forks:
        yield forks


@pytest.fixture(autouse=True)
def _hung_up_on(caplog: pytest.LogCaptureFixture) -> None:
    """The stand-ins' server logs each client that dies in the middle of an answer."""
    caplog.set_level(logging.CRITICAL, "aiohttp.server")


@pytest.mark.slow
@pytest.mark.parametrize(
    "scenarios", [TWO, PAY, FILES, SUMMARY, BACKGROUND, TOPIC], ids=lambda two: two[0].name
)
async def test_a_kill_at_each_kind_of_point(forks, tmp_path, scenarios):
    """On Slack after each effect, on Discord after those that Slack has not: all is done, and nothing twice.

    Before each effect, too, where people are asked and where a summary is made.
    """
    outcomes, known = [], set[Trial]()
    for scenario in scenarios:
        sweep = Sweep(forks, tmp_path / scenario.platform, scenario)
        crossed = await sweep.rehearse()
        trials = crossed.kinds("" if scenarios in (PAY, SUMMARY) else "after")
        outcomes += await sweep.run([trial for trial in trials if trial not in known])
        known |= set(trials)

    sys.stdout.write(f"{summary(outcomes)}\n")
    struck = [one for one in outcomes if one.died != [""]]
    assert len(struck) > len(outcomes) / 3  # else the rehearsed order of steps was another
    assert not wrong(outcomes), "\n".join(map(str, wrong(outcomes)))


@pytest.mark.parametrize("scenario", PAY, ids=lambda scenario: scenario.platform)
@pytest.mark.parametrize(
    ("point", "paid", "told"),
    [
        ("commit steps:ask:intent after", 1, False),
        ("commit steps:ask:id after", 1, False),
        ("commit steps:ask:id-decided before", 1, False),
        (f"{BEGUN} before", 1, False),
        (f"{BEGUN} after", 0, True),
        (f"{DONE} before", 1, True),
        (f"{DONE} after", 1, False),
    ],
)
async def test_a_kill_around_an_effect(forks, tmp_path, scenario, point, paid, told):
    """Before the question, after it, after the press, before the effect, after it, after its record: the
    effect is never repeated, and where nobody knows whether it came about, the person is told.
    """
    async with world(tmp_path) as stage:
        await _killed(forks, stage, scenario, point)

        assert scenario.findings(stage) == []
        assert len(tools.noted(tmp_path / "data", "paid")) == paid
        assert any(INTERRUPTED in post.text for post in stage.shown()) == told


@pytest.mark.parametrize("scenario", PAY, ids=lambda scenario: scenario.platform)
async def test_an_effect_before_its_record_is_found_out(forks, tmp_path, scenario):
    """Proof that the checker can fail: when a call is put on record only after its effect, the same kill
    repeats the effect, and the checker says so.
    """
    async with world(tmp_path) as stage:
        await _killed(forks, stage, scenario, f"{DONE} before", careless="begun")

        assert ["doubled: alpha 12 2 pay: paid 2 times"] == [
            str(finding) for finding in scenario.findings(stage) if finding.kind == "doubled"
        ]


async def _killed(forks: Forks, stage: World, scenario: Scenario, point: str, *, careless: str = "") -> None:
    """Returns when the second process, after one that died at this point, has nothing left to do."""
    await scenario.furnish(stage)
    person = scenario.open(stage)
    process = await stage.start(forks, scenario.platform, careless=careless)
    await stage.connected(scenario.platform)
    await process.arm(point, after=ONLINE[scenario.platform])
    playing = asyncio.create_task(scenario.play(person))
    async with asyncio.timeout(30):
        assert await process.ended() == KILLED
        await stage.start(forks, scenario.platform, careless=careless)
        await stage.connected(scenario.platform)
        await playing
    await stage.quiet()
