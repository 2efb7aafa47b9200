"""Ending an answer: `@bot stop`, Slack's Stop button, and a question that was taken back."""

from __future__ import annotations

import pytest

from core.texts import TEXTS
from standins.slack import SlackStandin
from tests.slack.conversation import all_heard, exchange, shows, texts, workspace
from tests.slack.stage import Pause, Stage

MARK = TEXTS["en"]["stopped"]


async def streaming(slack: SlackStandin, script: Stage, user: str, channel: str) -> str:
    """An answer that has begun and would never end; the ts of its question."""
    script.perform("Once upon", Pause(), " a time")
    ts = await slack.mention(user, channel, "tell me a story")
    await slack.until(lambda: "Once upon" in texts(slack, channel, ts))
    return ts


async def stopped(slack: SlackStandin, channel: str, ts: str) -> str:
    """The stopped answer's text."""
    await slack.until(
        lambda: MARK in slack.posts(channel, ts)[0].text and not slack.posts(channel, ts)[0].streaming
    )
    return slack.posts(channel, ts)[0].text


@pytest.mark.parametrize("streams", [True, False], ids=["stream", "update"])
@pytest.mark.parametrize(("channel", "text"), [("C1", "stop"), ("D1", "STOP"), ("G1", " Stop ")])
async def test_stop_ends_the_answer(slack, product, script, openai, channel, text, streams):
    """What was shown stays, marked as stopped; the model is let go; the conversation goes on."""
    if not streams:
        slack.fail("chat.startStream", error="unknown_method", times=99)
    async with product():
        ts = await streaming(slack, script, "U1", channel)
        await slack.mention("U1", channel, text, ts)
        shown = await stopped(slack, channel, ts)
        await openai.until(lambda: openai.requests[0].cut_at is not None)
        await exchange(slack, "U1", channel, "next", ts)
        await all_heard(slack)

    assert shown.startswith("Once upon")
    assert " a time" not in shown
    assert not slack.posts(channel, ts)[0].broken
    assert 2 == len(script.asked)


async def test_stop_from_outside_the_thread(slack, product, script):
    """User scope: the person's memory of the channel is meant, wherever in it they say so."""
    async with product():
        ts = await streaming(slack, script, "U1", "C1")
        await slack.mention("U1", "C1", "stop")

        await stopped(slack, "C1", ts)


async def test_stop_with_nothing_to_stop(slack, product, script):
    """A short word about it, once; the model is not asked."""
    async with product():
        ts = await slack.mention("U1", "C1", "stop")
        await slack.until(lambda: slack.posts("C1", ts))
        await all_heard(slack)

    assert ([], 1) == (script.asked, len(slack.posts("C1")))


async def test_stop_before_the_first_word(slack, product, script):
    """Nothing was shown: the answer never comes, and the next message is answered."""
    script.perform(Pause(), "Once upon a time")
    async with product():
        ts = await slack.mention("U1", "C1", "tell me a story")
        await slack.until(lambda: script.asked)
        await slack.mention("U1", "C1", "stop", ts)
        await exchange(slack, "U1", "C1", "next", ts)
        await all_heard(slack)

    assert not any("Once" in text for text in texts(slack, "C1"))


async def test_a_longer_sentence_with_stop_is_a_question(slack, product, script):
    """Only the whole text counts."""
    async with product():
        await exchange(slack, "U1", "C1", "where does the bus stop")

    assert [["where does the bus stop"]] == script.asked


async def test_others_answers_go_on(slack, product, script):
    """User scope: stopping is about one's own answer."""
    pause = Pause()
    async with product():
        script.perform("yours", pause, " truly")
        yours = await slack.mention("U2", "C1", "hello")
        await slack.until(lambda: texts(slack, "C1", yours) == ["yours"])
        mine = await streaming(slack, script, "U1", "C1")
        await slack.mention("U1", "C1", "stop", mine)
        await stopped(slack, "C1", mine)
        pause.end()

        await shows(slack, "C1", yours, "yours truly")


@workspace(agent_app=True)
@pytest.mark.parametrize("scope", ["user", "topic"])
@pytest.mark.parametrize("channel", ["C1", "D1"])
async def test_slacks_own_stop_button(slack, product, script, openai, channel, scope):
    """Slack has ended the stream already: the run ends, the post is marked and whole, the session active."""
    async with product(thread_scope=scope):
        ts = await streaming(slack, script, "U1", channel)
        ended = await slack.press_stop("U1", channel, ts)
        shown = await stopped(slack, channel, ts)
        await openai.until(lambda: openai.requests[0].cut_at is not None)
        await slack.until(lambda: slack.session(channel, ts) == "active")
        await exchange(slack, "U1", channel, "next", ts)

    assert [slack.posts(channel, ts)[0].ts] == ended
    assert shown.startswith("Once upon")
    assert 2 == len(slack.posts(channel))


@workspace(agent_app=True)
async def test_slacks_own_stop_button_before_the_first_word(slack, product, script):
    """No stream yet: the run ends all the same and no answer comes."""
    script.perform(Pause(), "Once upon a time")
    async with product():
        ts = await slack.mention("U1", "C1", "tell me a story")
        await slack.until(lambda: script.asked)
        await slack.press_stop("U1", "C1", ts)
        await slack.until(lambda: slack.session("C1", ts) == "active")
        await exchange(slack, "U1", "C1", "next", ts)

    assert not any("Once" in text for text in texts(slack, "C1"))


@workspace(agent_app=True)
async def test_slacks_own_stop_button_too_late(slack, product):
    """The answer had ended: it stays as it is."""
    async with product():
        ts = await exchange(slack, "U1", "C1", "hello")
        await slack.press_stop("U1", "C1", ts)
        await all_heard(slack)

    assert ["echo: hello"] == texts(slack, "C1")


@pytest.mark.parametrize("replied", [False, True], ids=["gone", "tombstone"])
async def test_a_question_taken_back_in_time_is_not_answered(slack, product, script, replied):
    """Deleted while it waited for its turn: no request, no post. With replies Slack leaves a tombstone."""
    pause = Pause()
    script.perform("A", pause)
    async with product():
        first = await slack.mention("U1", "C1", "one")
        await slack.until(lambda: texts(slack, "C1", first) == ["A"])
        second = await slack.mention("U1", "C1", "two")
        if replied:
            await slack.say("U2", "C1", "good question", second)
        await slack.until(lambda: not slack.unacked())
        await slack.delete("U1", "C1", second)
        await slack.until(lambda: not slack.unacked())
        pause.end()
        await shows(slack, "C1", first, "A")
        await exchange(slack, "U1", "C1", "three")
        await all_heard(slack)

    assert [["one"], ["one", "A", "three"]] == script.asked
    assert [] == slack.posts("C1", second)
