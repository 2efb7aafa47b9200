"""A connection that breaks when Slack has already done what it was asked: nothing twice, nothing lost."""

from __future__ import annotations

import pytest

from standins.script.script import Say
from standins.slack import SlackStandin
from tests.conftest import Product
from tests.slack.conversation import all_heard, exchange, shows, texts
from tests.slack.stage import Pause, Stage

SAID = "Well, the answer is 42."
STREAM = ("chat.startStream", "chat.appendStream", "chat.stopStream")
POST = ("chat.postMessage", "chat.update")


async def told(slack: SlackStandin, product: Product, script: Stage) -> None:
    """An answer in three parts is shown once, whole, in one post that is not broken."""
    first, second = Pause(), Pause()
    script.perform("Well,", first, " the answer", second, " is 42.")
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: "Well," in texts(slack, "C1", ts)[:1] or len(slack.posts("C1")) > 1)
        first.end()
        await slack.until(lambda: "answer" in "".join(texts(slack, "C1")))
        second.end()
        await shows(slack, "C1", ts, SAID, timeout=15)
        await all_heard(slack)
    assert [SAID] == texts(slack, "C1")
    assert not slack.posts("C1")[0].broken


@pytest.mark.parametrize(("when", "times"), [("before", 1), ("after", 1), ("after", 2)])
@pytest.mark.parametrize("method", STREAM)
async def test_a_cut_while_streaming(slack, product, script, method, when, times):
    """Whether the call had its effect is unknown: exactly one post, its text exact."""
    slack.fail(method, when=when, drop=True, times=times)

    await told(slack, product, script)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", POST)
async def test_a_cut_while_updating(slack, product, script, method, when):
    """The same without streams."""
    slack.fail("chat.startStream", error="unknown_method", times=99)
    slack.fail(method, when=when, drop=True)

    await told(slack, product, script)


@pytest.mark.parametrize("method", [*STREAM, *POST])
async def test_a_server_error_after_the_effect(slack, product, script, method):
    """A 5xx tells as little about the effect as a cut does."""
    if method in POST:
        slack.fail("chat.startStream", error="unknown_method", times=99)
    slack.fail(method, error="internal_error", status=503, when="after")

    await told(slack, product, script)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("text", ["", "reset", "stop"])
async def test_a_cut_under_our_own_texts(slack, product, text, when):
    """Help and confirmations come once, too."""
    slack.fail("chat.postMessage", when=when, drop=True)
    slack.fail("chat.startStream", when=when, drop=True)
    async with product():
        ts = await slack.mention("U1", "C1", text)
        await slack.until(lambda: slack.posts("C1", ts))
        await all_heard(slack)

    assert 1 == len(slack.posts("C1"))


async def test_a_cut_and_an_unreadable_thread(slack, product, script):
    """The thread cannot be read to see what happened, at first: patience, then one post."""
    slack.fail("chat.startStream", when="after", drop=True)
    slack.fail("conversations.replies", drop=True, times=2)

    await told(slack, product, script)


async def test_everything_is_cut_once_in_a_while(slack, product, script):
    """Every call of a long answer's first steps loses its reply; the text is exact all the same."""
    said = " ".join(f"word{number:04d}" for number in range(2000))
    script.perform(*(Say(said[at : at + 400]) for at in range(0, len(said), 400)))
    async with product():
        slack.fail("*", when="after", drop=True, times=4)
        ts = await slack.mention("U1", "C1", "hello")
        await slack.until(
            lambda: (
                "".join("".join(texts(slack, "C1", ts)).split()) == said.replace(" ", "")
                and not any(post.streaming for post in slack.posts("C1"))
            ),
            timeout=15,
        )
        await all_heard(slack)
        await exchange(slack, "U2", "C2", "still there?")


async def test_two_answers_in_one_thread_are_not_taken_for_each_other(slack, product):
    """Two people in one thread, both first posts lose their replies: each gets one answer."""
    async with product():
        root = await slack.say("U3", "C1", "lunch?")
        slack.fail("chat.startStream", when="after", drop=True, times=2)
        await slack.mention("U1", "C1", "one", root)
        await slack.mention("U2", "C1", "two", root)
        await slack.until(lambda: sorted(texts(slack, "C1", root)) == ["echo: one", "echo: two"], timeout=15)
        await all_heard(slack)

    assert 2 == len(slack.posts("C1"))
