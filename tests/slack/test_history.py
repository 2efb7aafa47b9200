"""What was said before: what a thread tells as context, and what was missed while nobody listened."""

from __future__ import annotations

import asyncio
import time

import pytest

from standins.slack import SlackStandin, Timing
from tests.slack.conversation import all_heard, calls, exchange, shows, workspace


def times(word: str, request: list[str]) -> int:
    return "\n".join(request).count(word)


async def discussion(slack: SlackStandin) -> str:
    root = await slack.say("U2", "C1", "alpha was here")
    await slack.say("U3", "C1", "beta answered", root)
    await slack.say("U1", "C1", "gamma agreed", root)
    return root


async def test_what_was_said_is_context(slack, product, script):
    """All of it once, in order, before the question; the next mention brings what was said meanwhile."""
    async with product():
        root = await discussion(slack)
        await exchange(slack, "U1", "C1", "first", root)
        await slack.say("U2", "C1", "delta interrupted", root)
        await exchange(slack, "U1", "C1", "second", root)
        await exchange(slack, "U1", "C1", "third", root)

    whole = "\n".join(script.asked[0])
    assert [1, 1, 1] == [whole.count(word) for word in ("alpha", "beta", "gamma")]
    assert whole.index("alpha") < whole.index("beta") < whole.index("gamma") < whole.index("first")
    assert script.asked[0][-1].endswith("first")
    assert [1, 1] == [times("delta", request) for request in script.asked[1:]]
    assert 1 == times("alpha", script.asked[-1])
    assert [1, 1] == [script.asked[-1].count(said) for said in ("first", "second")]


async def test_after_a_reset_the_old_ones_are_gone(slack, product, script):
    """A reset in the thread also forgets the thread's earlier messages; later ones are read again."""
    async with product():
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


LIMITED = {"error": "ratelimited", "retry_after": 20, "times": 9}


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        *(({"error": error, "times": 9}, 0) for error in ("missing_scope", "internal_error")),
        *(({}, 0), (LIMITED, 0), ({**LIMITED, "retry_after": 1, "times": 1}, 1)),
    ],
    ids=str,
)
async def test_reading_a_thread_does_not_hold_the_question_up(slack, product, script, fault, told):
    """Refused, limited or slow: two seconds at most, then it is answered without what was said before."""
    async with product():
        root = await discussion(slack)
        if fault:
            slack.fail("conversations.replies", **fault)
        else:
            slack.delay("conversations.replies", 20)
        began = time.monotonic()
        await slack.mention("U1", "C1", "summarise", root)
        await slack.until(lambda: script.asked)
        took = time.monotonic() - began
        if not told:
            await shows(slack, "C1", root, "echo: summarise")

    assert took < 3
    assert (told, "summarise") == (times("alpha", script.asked[0]), script.asked[0][-1].split()[-1])


BOT = "<@U0BOT00001>"
lost = workspace(timing=Timing(keep_offline=False))
"""Slack forgets events that nobody was there to hear."""
kept = workspace(timing=Timing(keep_offline=True))
"""Slack delivers them again."""


@lost
async def test_missed_questions_are_answered(slack, product, script):
    """In order, behind pages of talk, in a DM, in threads known and new, though history has no replies."""
    async with product():
        root = await exchange(slack, "U1", "C1", "one")
        direct = await exchange(slack, "U1", "D1", "one")
    asked = [await slack.mention("U1", "C1", text) for text in ("two", "three")]
    for number in range(250):
        await slack.say("U2", "C1", f"talk {number}")
    await slack.mention("U1", "C1", "four", root)
    await slack.say("U1", "D1", "two", direct)
    lunch = await slack.say("U2", "C1", "lunch?")
    await slack.mention("U3", "C1", "where", lunch)
    async with product():
        for ts, text in zip(asked, ("two", "three"), strict=True):
            await shows(slack, "C1", ts, f"echo: {text}")
        await shows(slack, "C1", root, "echo: one", "echo: four")
        await shows(slack, "D1", direct, "echo: one", "echo: two")
        await shows(slack, "C1", lunch, "echo: where")
        await all_heard(slack)

    mine = [request[-1] for request in script.asked if request[-1] in ("two", "three")]
    assert ["two", "three"] == list(dict.fromkeys(mine))
    assert (5, 2) == (len(slack.posts("C1")), len(slack.posts("D1")))


@lost
async def test_what_was_not_for_the_bot_is_left_alone(slack, product, script):
    """Talk, joins, other apps, own posts, edits and mentions in code are no more for it than before."""
    async with product():
        root = await exchange(slack, "U1", "C1", "one")
    await slack.say("U1", "C1", "thinking aloud")
    await slack.say("U2", "C1", "thanks", root)
    await slack.say("U1", "C1", f"`{BOT}` is its id")
    taken_back = await slack.mention("U1", "C1", "never mind")
    await slack.say("U2", "C1", "why?", taken_back)
    await slack.delete("U1", "C1", taken_back)
    room = slack.workspace.channels["C1"]
    for extra in (
        {"subtype": "channel_join"},
        {"bot_id": "B0OTHER", "subtype": "bot_message"},
        {"bot_id": "B0X"},
    ):
        room.by_ts[await slack.say("U3", "C1", f"{BOT} hello")].extra.update(extra)
    async with product():
        await exchange(slack, "U1", "C1", "two")
        await all_heard(slack)

    assert ["one", "two"] == [request[-1] for request in script.asked]


@lost
async def test_what_is_too_old_is_left_alone(slack, product, script):
    async with product():
        await exchange(slack, "U1", "C1", "one")
    old = await slack.mention("U1", "C1", "old")
    await asyncio.sleep(float(old) + 1.05 - time.time())
    fresh = await slack.mention("U1", "C1", "fresh")
    async with product(catch_up_seconds=1):
        await shows(slack, "C1", fresh, "echo: fresh")
        await all_heard(slack)

    assert [] == slack.posts("C1", old)
    assert ["one", "fresh"] == [request[-1] for request in script.asked]


@kept
async def test_heard_twice_is_answered_once(slack, product, script):
    async with product():
        root = await exchange(slack, "U1", "C1", "one")
    asked = [await slack.mention("U1", "C1", "two"), await slack.mention("U1", "C1", "three", root)]
    async with product():
        await slack.until(lambda: len(script.asked) == 3)
        await slack.until(lambda: not slack.unacked())
        await shows(slack, "C1", asked[0], "echo: two")
        await all_heard(slack)

    assert 3 == len(script.asked)
    assert 3 == len(slack.posts("C1"))


@lost
@pytest.mark.parametrize("error", ["ratelimited", "missing_scope"])
async def test_a_history_that_cannot_be_read_stops_nothing(slack, product, error):
    async with product():
        await exchange(slack, "U1", "C1", "one")
        await exchange(slack, "U1", "D1", "one")
    for method in ("conversations.history", "conversations.replies"):
        slack.fail(method, error=error, times=4, retry_after=1)
    async with product():
        await exchange(slack, "U1", "C1", "three")
        await exchange(slack, "U2", "D2", "four")


@lost
async def test_events_lost_in_a_gap_are_caught_up_with(slack, product):
    """Not a restart: the connection was away for a moment, and Slack kept nothing."""
    async with product():
        await exchange(slack, "U1", "C1", "one")
        await slack.go_offline()
        ts = await slack.mention("U1", "C1", "two")
        await slack.go_online()

        await shows(slack, "C1", ts, "echo: two", timeout=10)


@lost
async def test_an_old_message_edited_meanwhile_is_no_new_one(slack, product, script):
    """It was heard, and not for the bot; that a mention was put into it while the bot was away is an edit."""
    async with product():
        await exchange(slack, "U1", "C1", "one")
        ts = await slack.say("U1", "C1", "hello")
        await all_heard(slack)
    await slack.edit("U1", "C1", ts, f"{BOT} hello")
    async with product():
        await exchange(slack, "U1", "C1", "two")
        await all_heard(slack)

    assert ["one", "two"] == [request[-1] for request in script.asked]
