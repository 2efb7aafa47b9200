"""The process ends in the middle of an answer and starts again: the same post goes on."""

from __future__ import annotations

import pytest

from standins.slack import Timing
from tests.slack.conversation import all_heard, exchange, shows, texts, workspace
from tests.slack.stage import Pause


@pytest.mark.parametrize("streams", [True, False], ids=["stream", "update"])
@pytest.mark.parametrize("second", ["Once upon a time", "In the beginning"], ids=["same", "other"])
async def test_an_answer_goes_on_in_its_post(slack, product, script, second, streams):
    """Whether the model now says the same or something else: one post, with what it says now."""
    if not streams:
        slack.fail("chat.startStream", error="unknown_method", times=99)
    script.perform("Once upon", Pause())
    script.perform(second)
    async with product():
        ts = await slack.mention("U1", "C1", "tell me a story")
        await slack.until(lambda: texts(slack, "C1") == ["Once upon"])
        first = slack.posts("C1")[0].ts
    async with product():
        (post,) = await shows(slack, "C1", ts, second)
        await all_heard(slack)

    assert (first, False) == (post.ts, post.broken)
    assert 1 == len(slack.posts("C1"))


@workspace(timing=Timing(stream_seconds=0.5))
async def test_an_answer_whose_stream_died_meanwhile(slack, product, script):
    """The bot was away for longer than a stream lives: the post is repaired and goes on."""
    script.perform("Once upon", Pause())
    script.perform("Once upon a time")
    async with product():
        ts = await slack.mention("U1", "C1", "tell me a story")
        await slack.until(lambda: texts(slack, "C1") == ["Once upon"])
    await slack.until(lambda: slack.posts("C1")[0].broken)
    async with product():
        (post,) = await shows(slack, "C1", ts, "Once upon a time")
        await all_heard(slack)

    assert not post.broken


async def test_a_long_answer_goes_on_in_its_posts(slack, product, script):
    """Two posts were there already: both stay, the second grows, no third appears."""
    said = " ".join(f"word{number:05d}" for number in range(1500))
    script.perform(said, Pause())
    script.perform(said, " the end")
    async with product():
        await slack.mention("U1", "C1", "tell me a story")
        await slack.until(lambda: len(slack.posts("C1")) == 2)
    async with product():
        await slack.until(
            lambda: slack.posts("C1")[-1].text.endswith(" the end") and not slack.posts("C1")[-1].streaming
        )
        await all_heard(slack)

    assert "".join(texts(slack, "C1")).replace(" ", "").replace("\n", "") == f"{said} the end".replace(
        " ", ""
    )
    assert 2 == len(slack.posts("C1"))


async def test_waiting_messages_are_answered_in_order(slack, product, script):
    """What stood in line stands in line after the restart."""
    script.perform("A", Pause())
    script.perform("A and more")
    async with product():
        first = await slack.mention("U1", "C1", "one")
        await slack.until(lambda: texts(slack, "C1") == ["A"])
        waiting = [await slack.mention("U1", "C1", text) for text in ("two", "three")]
        await slack.until(lambda: not slack.unacked())
    async with product():
        await shows(slack, "C1", first, "A and more")
        await shows(slack, "C1", waiting[0], "echo: two")
        await shows(slack, "C1", waiting[1], "echo: three")

    assert ["one", "A and more", "two", "echo: two", "three"] == script.asked[-1]


async def test_a_finished_answer_is_left_alone(slack, product, script):
    """Nothing is asked again, posted again, or edited."""
    async with product():
        await exchange(slack, "U1", "C1", "hello")
        before = slack.posts("C1")[0].versions
    async with product():
        await all_heard(slack)

    assert before == slack.posts("C1")[0].versions
    assert [["hello"]] == script.asked
