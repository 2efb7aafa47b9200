"""The status line: there at once, kept as long as it takes, gone at the end, and never in the way."""

from __future__ import annotations

import asyncio
import time

import pytest

from bots.slack import native_stream, status
from standins.slack import SlackStandin, Timing
from tests.slack.conversation import all_heard, exchange, shows, texts, workspace
from tests.slack.stage import Pause

AT_ONCE = 0.3


async def waited(slack: SlackStandin, user: str, channel: str) -> float:
    """Seconds from a question until its status is there (or even the first words of its answer)."""
    said = time.monotonic()
    ts = await slack.mention(user, channel, "hello")
    await slack.until(lambda: slack.status(channel, ts) or slack.posts(channel, ts))
    begun = [at for at, *where in slack.statuses if where[:2] == [channel, ts]]
    begun += [post.versions[0][0] for post in slack.posts(channel, ts)]
    return min(begun) - said


async def test_a_status_appears_at_once_while_many_are_answered(slack, product, script):
    """Within 300 ms (best of three: the machine may be busy elsewhere)."""
    pause = Pause()
    for _ in range(23):
        script.perform("so ", pause, "far")
    async with product():
        for number in range(20):
            await slack.mention(f"U{number}", "C1", "hello")
        await slack.until(lambda: len(slack.posts("C1")) == 20, timeout=15)
        best = min([await waited(slack, f"U9{number}", "C2") for number in range(3)])
        pause.end()
        await slack.until(lambda: not any(post.streaming for post in slack.posts("C1")), timeout=15)

    assert best < AT_ONCE


@pytest.mark.parametrize("error", ["method_not_supported_for_channel_type", "ratelimited"])
async def test_where_a_status_is_refused_the_answer_comes_all_the_same(slack, product, error):
    slack.fail("assistant.threads.setStatus", error=error, times=99, retry_after=30)
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await shows(slack, "C1", None, "echo: hello")
        await exchange(slack, "U1", "C1", "again", ts)


async def test_a_cut_or_slow_status_delays_nothing(slack, product):
    slack.fail("assistant.threads.setStatus", drop=True, times=9)
    slack.delay("assistant.threads.setStatus", 3)
    async with product():
        began = time.monotonic()
        await exchange(slack, "U1", "C1", "hello")

    assert time.monotonic() - began < 2


async def test_the_status_is_gone_when_nothing_was_posted(slack, product, script):
    """A run stopped before its first word leaves no "is thinking…" behind."""
    script.perform(Pause())
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: slack.status("C1", ts) and script.asked)
        await slack.mention("U1", "C1", "stop", ts)

        await slack.until(lambda: not slack.status("C1", ts))
        await all_heard(slack)
        assert "" == slack.status("C1", ts)


@workspace(agent_app=True)
async def test_an_agent_session_ends_with_the_answer(slack, product, script):
    """Where the app has sessions (and so a Stop button): processing while it works, active after it."""
    pause = Pause()
    script.perform("so ", pause, "far")
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: slack.session("C1", ts) == "processing")
        pause.end()
        await shows(slack, "C1", ts, "so far")
        await slack.until(lambda: slack.session("C1", ts) == "active")


short_statuses = workspace(timing=Timing(status_seconds=0.8))
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
async def test_statuses_outlive_their_two_minutes(slack, product, script, monkeypatch):
    """That of an answer that does not begin, and that of the question which waits for it."""
    monkeypatch.setattr(status, "REFRESH", 0.2)
    pause = Pause()
    script.perform(pause, "A")
    async with product():
        asked = [await slack.mention("U1", "C1", said) for said in ("one", "two")]
        for ts in asked:
            await slack.until(lambda ts=ts: slack.status("C1", ts))
        assert [True, True] == await asyncio.gather(*(never_gone(slack, ts, 1.2) for ts in asked))
        pause.end()
        await shows(slack, "C1", asked[0], "A")
        await shows(slack, "C1", asked[1], "echo: two")


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


async def test_a_status_is_in_the_persons_language(slack, product, script):
    """Known before anything is shown, for the same request tells whether they are answered."""
    slack.set_locale("U1", "ko-KR")
    shown = []
    async with product():
        for user, text in (("U1", "hello"), ("U1", "hello again"), ("U2", "안녕하세요"), ("U2", "hello")):
            pause = Pause()
            script.perform(pause, "so far")
            ts = await slack.mention(user, "C1", text)
            await slack.until(lambda ts=ts: slack.status("C1", ts))
            shown.append(slack.status("C1", ts))
            pause.end()
            await shows(slack, "C1", ts, "so far")

    assert ["생각하고 있어요…", "생각하고 있어요…", "is thinking…", "is thinking…"] == shown
