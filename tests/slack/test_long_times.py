"""What takes minutes in Slack, with minutes made short: the constants are scaled down with the stand-in's."""

from __future__ import annotations

import asyncio

from bots.slack import native_stream, status
from standins.slack import SlackStandin, Timing
from tests.slack.conversation import shows, texts, workspace
from tests.slack.stage import Pause

short_statuses = workspace(timing=Timing(status_seconds=1.5))
short_streams = workspace(stream_seconds=1.5)


def test_the_real_times_are_below_slacks_limits():
    """Two minutes for a status, five for a stream: with room for a slow network."""
    assert status.REFRESH <= 110
    assert native_stream.LONGEST_STREAM <= 280


async def never_gone(slack: SlackStandin, ts: str, seconds: float) -> bool:
    """Whether the status stood there all the time."""
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        if not slack.status("C1", ts):
            return False
        await asyncio.sleep(0.02)
    return True


@short_statuses
async def test_a_status_outlives_its_two_minutes(slack, product, script, monkeypatch):
    """Refreshed in time for as long as the model says nothing."""
    monkeypatch.setattr(status, "REFRESH", 0.3)
    pause = Pause()
    script.perform(pause, "hi")
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: slack.status("C1", ts))
        assert await never_gone(slack, ts, 2.2)
        pause.end()
        await shows(slack, "C1", ts, "hi")


@short_statuses
async def test_the_status_of_a_waiting_question_outlives_its_two_minutes(slack, product, script, monkeypatch):
    """Long answers of the one before it make people wait as well."""
    monkeypatch.setattr(status, "REFRESH", 0.3)
    pause = Pause()
    script.perform("A", pause)
    async with product():
        first = await slack.mention("U1", "C1", "one")
        await slack.until(lambda: texts(slack, "C1", first) == ["A"])
        second = await slack.mention("U1", "C1", "two")
        await slack.until(lambda: slack.status("C1", second))
        assert await never_gone(slack, second, 2.2)
        pause.end()
        await shows(slack, "C1", second, "echo: two")


@short_streams
async def test_a_stream_is_left_before_slack_ends_it(slack, product, script, monkeypatch):
    """A long-winded answer goes on in a new stream; Slack never has to refuse anything."""
    monkeypatch.setattr(native_stream, "LONGEST_STREAM", 0.5)
    script.delay = 0.05
    said = " ".join(f"word{number:03d}" for number in range(50))
    script.perform(said)
    async with product():
        await slack.mention("U1", "C1", "hello")
        await slack.until(
            lambda: (
                " ".join(texts(slack, "C1")).split() == said.split()
                and not any(post.streaming for post in slack.posts("C1"))
            )
        )

    assert 2 <= len(slack.posts("C1")) <= 8
    assert [] == [call.error for call in slack.calls if call.method.startswith("chat.") and call.error]
