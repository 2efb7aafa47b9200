"""The product as a process, killed at every point between two effects and at random, on both platforms.

After each restart a checker compares what people see with what they said: exactly one complete answer to
each message, in order, in one place, and remembered; no effect twice, each file once. Each commit has
a third of the scenarios here; `scripts/torture` takes them all, at every point.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time

import pytest

from tests.crash.oracle import Question
from tests.crash.outcome import Outcome, summary, wrong
from tests.crash.people import Person, on_discord, on_slack
from tests.crash.process import KILLED, alone, until
from tests.crash.scenario import DISCORD_DM, SLACK_FALLBACK, SLACK_STREAM, seeded_third
from tests.crash.storm import play
from tests.crash.sweep import Sweep
from tests.crash.world import IDLE, world

BOTH = ("slack", "discord")
IMPORTING = 15.0
"""Seconds for which a fresh process may do nothing that can be seen."""
SLOW = 2.0
"""How much longer than promised things may take on a busy machine."""


def _judge(outcomes: list[Outcome]) -> None:
    sys.stdout.write(f"{summary(outcomes)}\n")
    assert not wrong(outcomes), "\n".join(map(str, wrong(outcomes)))


@pytest.mark.slow
@pytest.mark.parametrize("scenario", seeded_third(), ids=lambda scenario: scenario.name)
async def test_a_kill_at_any_point_loses_and_doubles_nothing(forks, tmp_path, scenario):
    """At each kind of point, at some of a first start, and twice: everybody gets one complete answer."""
    sweep = Sweep(forks, tmp_path, scenario)
    crossed = await sweep.rehearse()
    outcomes = await sweep.run([*crossed.kinds(), *crossed.starting()[::5], *crossed.twice(every=20)])

    struck = [one for one in outcomes if one.died != [""]]
    assert len(struck) > len(outcomes) / 3  # else the rehearsed order of steps was another
    _judge(outcomes)


@pytest.mark.parametrize("careless", ["ack", ""])
async def test_acknowledging_before_storing_is_found_out(forks, tmp_path, careless):
    """Proof that the checker can fail: with Bolt's own default the same kill loses a message: it says so."""
    async with world(tmp_path) as stage:
        person = on_slack(stage, "u1", "D1")
        process = await stage.start(forks, "slack", careless=careless)
        await stage.connected("slack")
        await process.arm("commit messages before")
        asking = asyncio.create_task(person.do(Question("alpha", 12).text))
        assert await process.ended() == KILLED

        await stage.start(forks, "slack", careless=careless)
        await stage.connected("slack")
        await asking
        await stage.quiet(idle=1.0 if careless else IDLE)

        sys.stdout.write("\n".join(map(str, stage.findings())))
        assert [finding.kind for finding in stage.findings()] == ["lost"] * bool(careless)


@pytest.mark.slow
async def test_random_kills_under_several_people_lose_and_double_nothing(forks, tmp_path):
    """Kills at random while eight people talk on both platforms and calls fail, then peace."""
    outcome = await play(forks, tmp_path, seed=20261122, kills=15)

    assert outcome.messages > 15
    _judge([outcome])


@pytest.mark.parametrize("scenario", [SLACK_STREAM, SLACK_FALLBACK, DISCORD_DM], ids=lambda one: one.name)
async def test_after_a_restart_an_answer_goes_on_at_once(forks, tmp_path, scenario):
    """The model is asked within 0.5 s of the connection; the first edit follows its first word in 1.25 s."""
    async with world(tmp_path, pace=0.05) as stage:
        person = scenario.open(stage)
        process = await stage.start(forks, scenario.platform, quick=False)
        await stage.connected(scenario.platform)
        await _interrupted(person)
        await process.kill()
        died = time.monotonic()

        await stage.start(forks, scenario.platform, quick=False)
        await stage.connected(scenario.platform)
        connected = time.monotonic()
        await stage.quiet()

        request = next(one for one in stage.openai.requests if one.at > died)
        assert request.first_token_at is not None
        asked, shown = request.at - connected, stage.painted(request.first_token_at) - request.first_token_at
        sys.stdout.write(f"{scenario.name}: asked {asked:+.3f} s after connecting, shown {shown:.3f} s on\n")
        assert stage.findings() == []
        assert asked < 0.5 * SLOW
        assert shown < 1.25 * SLOW


@pytest.mark.slow
async def test_fresh_processes_go_on_where_killed_and_stopped_ones_ended(tmp_path):
    """Without the fork server. Killed amid answers on both platforms; the next one, told to stop amid them,
    ends with status 0 within 10 s; the third finishes. All have the same gateway session.
    """
    async with world(tmp_path, pace=0.05) as stage:
        people = [on_slack(stage, "u1", "C1"), on_discord(stage, "p1")]
        async with alone(stage.order(*BOTH)):
            await stage.connected(*BOTH)
            await asyncio.gather(*map(_interrupted, people))
        asked = len(stage.openai.requests)
        async with alone(stage.order(*BOTH)) as process:
            await stage.connected(*BOTH)
            connected = time.monotonic()
            await until(lambda: len(stage.openai.requests) == asked + 2, 0.01)
            waited = stage.openai.requests[-1].at - connected
            await asyncio.sleep(SLOW)
            assert await _stopped(process) == 0
        sys.stdout.write(f"fresh process: asked {waited:+.3f} s after connecting\n")
        assert waited < 0.5 * SLOW
        assert not any(stage.answered(person.said[0]) for person in people)

        async with alone(stage.order(*BOTH)) as process:
            await stage.connected(*BOTH)
            await stage.quiet(idle=IMPORTING)
            assert await _stopped(process) == 0

        assert stage.findings() == []
        assert set(stage.discord.gateway_closes).isdisjoint({1000, 1001})
        assert stage.discord.identifies == 1


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.2])
async def test_a_stop_while_starting_is_clean(forks, tmp_path, delay):
    """SIGTERM at any moment of the start: status 0 within 10 s."""
    async with world(tmp_path) as stage:
        process = await stage.start(forks, *BOTH)
        await until(lambda: process.order.trail.exists() and process.crossed)
        await asyncio.sleep(delay)
        process.signal(signal.SIGTERM)

        assert await asyncio.wait_for(process.ended(), 10 * SLOW) == 0


async def _interrupted(person: Person) -> None:
    """Returns in the middle of an answer of three seconds, a part of which can be seen."""
    begun = time.monotonic()
    await person.do(Question(f"{person.name}n0", 240, 60).text)
    await until(lambda: person.world.painted(begun) < time.monotonic(), 0.01)
    await asyncio.sleep(0.4)


async def _stopped(process: asyncio.subprocess.Process) -> int:
    process.send_signal(signal.SIGTERM)
    return await asyncio.wait_for(process.wait(), 10 * SLOW)
