"""The product killed around a tool's effect: it is never repeated, and a person is told what nobody knows."""

from __future__ import annotations

import asyncio

import pytest

from tests.crash import tools
from tests.crash.history import INTERRUPTED
from tests.crash.process import KILLED, Forks
from tests.crash.scenario import PAY, Scenario
from tests.crash.world import ONLINE, World, world

BEGUN, DONE = "commit steps:call:begun", "commit steps:call:output-files"


AROUND = (
    *(("commit steps:ask:intent after", 1, False), ("commit steps:ask:id after", 1, False)),
    *(("commit steps:ask:id-decided before", 1, False), (f"{BEGUN} before", 1, False)),
    *((f"{BEGUN} after", 0, True), (f"{DONE} before", 1, True), (f"{DONE} after", 1, False)),
)
"""Points to die at, with how often is paid, and whether the person is told that nobody knows."""


@pytest.mark.promise("T5")
@pytest.mark.parametrize(
    ("point", "paid", "told", "scenario"),
    [(*case, scenario) for case in AROUND for scenario in PAY[: 1 + case[-1]]],
    ids=lambda case: case.platform if isinstance(case, Scenario) else case,
)
async def test_a_kill_around_an_effect(forks, tmp_path, scenario, point, paid, told):
    """The effect is never repeated, and where nobody knows whether it came about, the person is told; on both
    networks there, else on one.
    """
    async with world(tmp_path) as stage:
        await _killed(forks, stage, scenario, point)

        assert scenario.findings(stage) == []
        assert len(tools.noted(tmp_path / "data", "paid")) == paid
        assert any(INTERRUPTED in post.text for post in stage.shown()) == told


async def test_an_effect_before_its_record_is_found_out(forks, tmp_path):
    """Proof that the checker can fail: when a call is put on record only after its effect, the same kill
    repeats the effect, and the checker says so.
    """
    async with world(tmp_path) as stage:
        await _killed(forks, stage, PAY[0], f"{DONE} before", careless="begun")

        assert ["doubled: alpha 12 2 pay: paid 2 times"] == [
            str(finding) for finding in PAY[0].findings(stage) if finding.kind == "doubled"
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
