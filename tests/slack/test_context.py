"""A mention inside a thread: what was said there before is given to the model, once."""

from __future__ import annotations

import time

import pytest

from standins.slack import SlackStandin
from tests.slack.conversation import all_heard, calls, exchange, shows


def times(word: str, request: list[str]) -> int:
    """How often the word stands in a request."""
    return "\n".join(request).count(word)


async def discussion(slack: SlackStandin) -> str:
    """A thread of three messages; its ts."""
    root = await slack.say("U2", "C1", "alpha was here")
    await slack.say("U3", "C1", "beta answered", root)
    await slack.say("U1", "C1", "gamma agreed", root)
    return root


async def test_earlier_messages_are_context(slack, product, script):
    """All of them once, in order, before the question; the question itself once, last."""
    async with product():
        root = await discussion(slack)
        await exchange(slack, "U1", "C1", "summarise", root)

    (request,) = script.asked
    whole = "\n".join(request)
    assert [1, 1, 1, 1] == [times(word, request) for word in ("alpha", "beta", "gamma", "summarise")]
    assert whole.index("alpha") < whole.index("beta") < whole.index("gamma") < whole.index("summarise")
    assert request[-1].endswith("summarise")


async def test_context_is_given_once(slack, product, script):
    """A second mention in the thread does not repeat it; it stays part of the memory."""
    async with product():
        root = await discussion(slack)
        await exchange(slack, "U1", "C1", "first", root)
        await exchange(slack, "U1", "C1", "second", root)

    assert [1, 1, 1] == [times(word, script.asked[-1]) for word in ("alpha", "beta", "gamma")]


async def test_what_was_said_since_is_context_too(slack, product, script):
    """Between two mentions others go on talking: the second mention brings what the bot has not seen."""
    async with product():
        root = await discussion(slack)
        await exchange(slack, "U1", "C1", "first", root)
        await slack.say("U2", "C1", "delta interrupted", root)
        await exchange(slack, "U1", "C1", "second", root)
        await exchange(slack, "U1", "C1", "third", root)

    assert [1, 1] == [times("delta", request) for request in script.asked[1:]]
    assert 1 == times("alpha", script.asked[-1])
    assert [1, 1] == [script.asked[-1].count(said) for said in ("first", "second")]


async def test_a_mention_that_starts_a_thread_has_no_context(slack, product, script):
    """Other messages of the channel are not the model's business."""
    async with product():
        await slack.say("U2", "C1", "alpha was here")
        await exchange(slack, "U1", "C1", "hello")

    assert [["hello"]] == script.asked


async def test_replies_under_an_own_answer_are_not_repeated(slack, product, script):
    """Root and answer are the bot's own memory already: going on in the thread adds only what is new."""
    async with product():
        root = await exchange(slack, "U1", "C1", "one")
        await exchange(slack, "U1", "C1", "two", root)

    assert ["one", "echo: one", "two"] == script.asked[-1]


async def test_a_direct_thread_is_not_repeated(slack, product, script):
    """The same in a direct conversation."""
    async with product():
        root = await exchange(slack, "U1", "D1", "one")
        await exchange(slack, "U1", "D1", "two", root)

    assert ["one", "echo: one", "two"] == script.asked[-1]


@pytest.mark.parametrize("scope", ["user", "topic"])
async def test_after_a_reset_the_old_ones_are_gone(slack, product, script, scope):
    """A reset in the thread also forgets the thread's earlier messages; later ones are read again."""
    async with product(thread_scope=scope):
        root = await discussion(slack)
        await exchange(slack, "U1", "C1", "first", root)
        await slack.mention("U1", "C1", "reset", root)
        await slack.until(lambda: len(slack.posts("C1", root)) == 2)
        await slack.say("U2", "C1", "delta came later", root)
        await exchange(slack, "U1", "C1", "second", root)

    words = ("alpha", "beta", "gamma", "first", "delta", "second")
    assert [0, 0, 0, 0, 1, 1] == [times(word, script.asked[-1]) for word in words]


async def test_of_a_long_thread_the_newest_is_kept(slack, product, script):
    """Slack gives a thread's oldest page first: the last messages must not be lost on the way."""
    room = slack.add_channel("C1", ["U1", "U2"], bot_in=False)
    root = await slack.say("U2", "C1", "alpha was here")
    for number in range(250):
        await slack.say("U2", "C1", f"line number {number}.", root)
    room.bot_in = True
    async with product():
        await exchange(slack, "U1", "C1", "summarise", root)

    assert [1, 1] == [times(f"line number {number}.", script.asked[0]) for number in (248, 249)]


@pytest.mark.parametrize(
    "error", ["missing_scope", "internal_error", "channel_not_found", "thread_not_found"]
)
async def test_a_thread_that_cannot_be_read_is_answered_all_the_same(slack, product, error):
    """Context is a help, not a condition."""
    async with product():
        root = await discussion(slack)
        slack.fail("conversations.replies", error=error, times=9)
        await slack.mention("U1", "C1", "summarise", root)

        await shows(slack, "C1", root, "echo: summarise")


async def test_context_of_others_answers_stays_public_only(slack, product, script):
    """User scope: another person's memory from elsewhere never shows up in a shared thread."""
    async with product():
        await exchange(slack, "U2", "C1", "secretplan")
        root = await discussion(slack)
        await exchange(slack, "U2", "C1", "mine", root)
        await exchange(slack, "U1", "C1", "summarise", root)
        await all_heard(slack)

    assert 0 == times("secretplan", script.asked[-1])
    assert [1, 1] == [times(word, script.asked[-1]) for word in ("alpha", "summarise")]


async def test_code_and_links_of_earlier_messages_are_plain_text(slack, product, script):
    """Context is plain text like the message itself: no entities."""
    async with product():
        root = await slack.say("U2", "C1", "is a < b && c?")
        await exchange(slack, "U1", "C1", "well", root)

    assert 1 == times("is a < b && c?", script.asked[0])


async def test_a_thread_is_not_read_again_without_need(slack, product, script):
    """Reading threads is limited to 50 a minute: while nobody else writes there, nothing needs to be read."""
    async with product():
        await exchange(slack, "U1", "C1", "zero")
        await slack.until(lambda: not slack.unacked())
        root = await exchange(slack, "U1", "C1", "one")
        before = len(calls(slack, "conversations.replies"))
        for text in ("two", "three", "four", "five"):
            await exchange(slack, "U1", "C1", text, root)

    assert len(calls(slack, "conversations.replies")) - before <= 1


@pytest.mark.parametrize("how", ["limited", "slow"])
async def test_reading_a_thread_does_not_hold_the_question_up(slack, product, script, how):
    """Rate-limited or slow: two seconds at most, then it is answered without what was said before."""
    async with product():
        root = await discussion(slack)
        if how == "slow":
            slack.delay("conversations.replies", 20)
        else:
            slack.fail("conversations.replies", error="ratelimited", retry_after=20, times=9)
        began = time.monotonic()
        await slack.mention("U1", "C1", "summarise", root)
        await slack.until(lambda: script.asked)
        took = time.monotonic() - began

    assert took < 3
    assert [["summarise"]] == script.asked


async def test_a_short_limit_is_waited_for(slack, product, script):
    """One second fits: nothing is left out."""
    async with product():
        root = await discussion(slack)
        slack.fail("conversations.replies", error="ratelimited", retry_after=1)
        await slack.mention("U1", "C1", "summarise", root)
        await slack.until(lambda: script.asked)

    assert 1 == times("alpha", script.asked[0])
