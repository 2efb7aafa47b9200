"""Answers that are longer, in text or in time, than one stream may be."""

from __future__ import annotations

import time

import pytest

from standins.script.script import Say, Wait
from standins.slack import Post, SlackStandin
from tests.slack.conversation import all_heard, workspace
from tests.slack.stage import Pause

LONGEST = 12_000
NO_STREAMS = "unknown_method"


def numbered(count: int) -> str:
    """Distinct words: any that is lost or doubled is found."""
    return " ".join(f"word{number:05d}" for number in range(count))


async def whole(slack: SlackStandin, channel: str, last: str, timeout: float = 10) -> list[Post]:
    """The finished posts of a channel whose answer ends with `last`."""
    await slack.until(
        lambda: (
            slack.posts(channel)
            and slack.posts(channel)[-1].text.rstrip("`\n ").endswith(last)
            and not any(post.streaming for post in slack.posts(channel))
        ),
        timeout,
    )
    await all_heard(slack)
    return slack.posts(channel)


def said(posts: list[Post]) -> list[str]:
    """The words of all posts together."""
    return " ".join(post.text for post in posts).split()


@pytest.mark.parametrize("streams", [True, False], ids=["stream", "update"])
@pytest.mark.parametrize("pieces", [1, 7, 3000])
async def test_a_long_answer_goes_on_in_further_posts(slack, product, script, pieces, streams):
    """30,000 characters, in one delta or in many: in order, nothing lost, nothing twice, no post too long."""
    if not streams:
        slack.fail("chat.startStream", error=NO_STREAMS, times=99)
    text = numbered(3000)
    size = len(text) // pieces + 1
    script.perform(*(Say(text[at : at + size]) for at in range(0, len(text), size)))
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        posts = await whole(slack, "C1", "word02999")

    assert text.split() == said(posts)
    assert all(len(post.text) <= LONGEST and post.thread_ts == ts and not post.broken for post in posts)
    assert len(posts) <= 4


async def test_code_fences_are_closed_and_opened_again(slack, product, script):
    """Every post is well-formed Markdown by itself, and no line of code is lost."""
    lines = [f"print({number:05d})" for number in range(2000)]
    script.perform(*(Say(f"{line}\n") for line in ["Look:", "```python", *lines, "```", "done."]))
    async with product():
        await slack.mention("U1", "C1", "hello")
        posts = await whole(slack, "C1", "done.")

    shown = [line for post in posts for line in post.text.splitlines() if line.startswith("print")]
    assert lines == shown
    for post in posts:
        fences = [line for line in post.text.splitlines() if line.startswith("```")]
        assert (0, True) == (len(fences) % 2, set(fences) <= {"```python", "```"})


async def test_one_endless_word_is_not_lost(slack, product, script):
    """No blank to break at: still every character."""
    text = "".join(f"{number:05d}" for number in range(5000))
    script.perform(Say(text))
    async with product():
        await slack.mention("U1", "C1", "hello")
        posts = await whole(slack, "C1", "04999")

    assert text == "".join(post.text for post in posts)


async def test_korean_is_counted_as_slack_counts(slack, product, script):
    """13,000 characters of three bytes each, streamed; and no call that Slack finds too long."""
    text = " ".join(f"가나다라{number:04d}" for number in range(1500))
    script.perform(*(Say(text[at : at + 500]) for at in range(0, len(text), 500)))
    async with product():
        await slack.mention("U1", "C1", "hello")
        posts = await whole(slack, "C1", "1499")

    assert text.split() == said(posts)
    assert [] == [call.error for call in slack.calls if call.error and "too_long" in call.error]


@workspace(stream_seconds=0.6)
@pytest.mark.parametrize("pieces", [12, 60])
async def test_a_stream_that_slack_ends_early_loses_nothing(slack, product, script, pieces):
    """Slack may end a stream at any time: what it refused then is shown, no broken post is left."""
    text = numbered(pieces)
    script.delay = 1.5 / pieces
    script.perform(text)
    async with product():
        await slack.mention("U1", "C1", "hello")
        posts = await whole(slack, "C1", f"word{pieces - 1:05d}")

    assert text.split() == said(posts)
    assert not any(post.broken for post in posts)


@workspace(stream_seconds=0.4)
async def test_a_stream_that_dies_before_the_last_word(slack, product, script):
    """All but the end was shown, then the model thought for longer than the stream lived."""
    script.perform("first part", Wait(0.8), " and the tail")
    async with product():
        await slack.mention("U1", "C1", "hello")
        posts = await whole(slack, "C1", "tail")

    assert ["first", "part", "and", "the", "tail"] == said(posts)
    assert not any(post.broken for post in posts)


@workspace(stream_seconds=0.4)
async def test_a_stream_that_dies_before_it_is_closed(slack, product, script):
    """Everything was shown; only stopStream came too late: the broken post is repaired."""
    script.perform("all of it", Wait(0.8))
    async with product():
        await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: slack.posts("C1") and slack.posts("C1")[0].broken)
        (post,) = await whole(slack, "C1", "all of it")
        await slack.until(lambda: not slack.posts("C1")[0].broken)

    assert "all of it" == post.text


async def test_a_long_answer_is_remembered_whole(slack, product, script):
    """Memory is what the model said, not what fitted into a post."""
    text = numbered(1500)
    script.perform(Say(text))
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await whole(slack, "C1", "word01499")
        await slack.mention("U1", "C1", "again", ts)
        await slack.until(lambda: len(script.asked) == 2)

    assert ["hello", text, "again"] == script.asked[-1]


async def test_a_long_answer_does_not_wait_for_its_end_to_go_on(slack, product, script, openai):
    """The second post grows while the model still speaks."""
    pause = Pause()
    script.perform(Say(numbered(1500)), Wait(0.05), Say(" more"), pause, Say(" end"))
    async with product():
        await slack.mention("U1", "C1", "hello")
        began = time.monotonic()
        await slack.until(lambda: len(slack.posts("C1")) == 2 and "more" in slack.posts("C1")[1].text)
        waited = time.monotonic() - began
        pause.end()
        await whole(slack, "C1", "end")

    assert waited < 4
