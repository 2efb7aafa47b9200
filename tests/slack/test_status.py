"""The status line: there at once, gone at the end, and never in the way."""

from __future__ import annotations

import time

import pytest

from standins.script.script import Fault
from standins.slack import SlackStandin
from tests.slack.conversation import all_heard, exchange, shows, workspace
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


@pytest.mark.parametrize("channel", ["C1", "D1"])
async def test_a_status_appears_at_once(slack, product, script, channel):
    """Within 300 ms, before the model says a word (best of three: the machine may be busy elsewhere)."""
    for _ in range(3):
        script.perform(Pause())
    async with product():
        best = min([await waited(slack, f"U{number}", channel) for number in range(3)])

    assert best < AT_ONCE
    assert [] == slack.posts(channel)
    assert all(entry[3] for entry in slack.statuses[:3])


async def test_a_status_appears_at_once_while_many_are_answered(slack, product, script):
    """Fifty others being answered do not delay it."""
    pause = Pause()
    for _ in range(53):
        script.perform("so ", pause, "far")
    async with product():
        for number in range(50):
            await slack.mention(f"U{number}", "C1", "hello")
        await slack.until(lambda: len(slack.posts("C1")) == 50, timeout=15)
        best = min([await waited(slack, f"U9{number}", "C2") for number in range(3)])
        pause.end()
        await slack.until(lambda: not any(post.streaming for post in slack.posts("C1")), timeout=15)

    assert best < AT_ONCE


async def test_the_status_of_a_reply_stands_in_its_thread(slack, product, script):
    """A mention inside a thread shows it there."""
    pause = Pause()
    script.perform(pause, "hi")
    async with product():
        root = await slack.say("U2", "C1", "lunch?")
        await slack.mention("U1", "C1", "hello", root)
        await slack.until(lambda: slack.status("C1", root))
        pause.end()
        await shows(slack, "C1", root, "hi")


@pytest.mark.parametrize(
    "error",
    [
        *("method_not_supported_for_channel_type", "missing_scope", "unknown_method", "ratelimited"),
    ],
)
async def test_where_a_status_is_refused_the_answer_comes_all_the_same(slack, product, error):
    """Degraded silently: the answer and nothing else."""
    slack.fail("assistant.threads.setStatus", error=error, times=99, retry_after=30)
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await shows(slack, "C1", None, "echo: hello")
        await exchange(slack, "U1", "C1", "again", ts)


async def test_a_cut_or_slow_status_delays_nothing(slack, product):
    """The answer does not wait for it."""
    slack.fail("assistant.threads.setStatus", drop=True, times=9)
    slack.delay("assistant.threads.setStatus", 3)
    async with product():
        began = time.monotonic()
        await exchange(slack, "U1", "C1", "hello")

    assert time.monotonic() - began < 2


async def test_the_status_is_gone_after_an_answer(slack, product):
    """Slack removes it with the first post; nothing sets it again."""
    async with product():
        ts = await exchange(slack, "U1", "C1", "hello")
        await all_heard(slack)

        assert "" == slack.status("C1", ts)


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


async def test_the_status_is_gone_after_a_notice(slack, product, script):
    """An answer that could not be given ends it too."""
    script.perform(Fault("refuse", "insufficient_quota", 429))
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: slack.posts("C1", ts) and not slack.posts("C1", ts)[0].streaming)
        await all_heard(slack)

        assert "" == slack.status("C1", ts)


async def test_our_own_texts_need_no_status(slack, product):
    """A help text is not thought about, and leaves no status."""
    async with product():
        ts = await slack.mention("U1", "C1", "")
        await slack.until(lambda: slack.posts("C1", ts))
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


async def test_the_status_goes_with_a_question_that_is_taken_back(slack, product, script):
    """Deleted while it waited: nobody thinks about it any more."""
    pause = Pause()
    script.perform("A", pause)
    async with product():
        first = await slack.mention("U1", "C1", "one")
        await slack.until(lambda: slack.posts("C1"))
        second = await slack.mention("U1", "C1", "two")
        await slack.say("U2", "C1", "good question", second)
        await slack.until(lambda: slack.status("C1", second))
        await slack.delete("U1", "C1", second)
        pause.end()
        await shows(slack, "C1", first, "A")
        await all_heard(slack)
        await slack.until(lambda: not slack.status("C1", second), timeout=5)
