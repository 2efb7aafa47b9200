"""What was said while the bot was away is answered at its return: once, and not if it is too old."""

from __future__ import annotations

import asyncio
import time

import pytest

from standins.slack import Timing
from tests.slack.conversation import all_heard, exchange, shows, texts, workspace
from tests.slack.stage import Pause

BOT = "<@U0BOT00001>"
lost = workspace(timing=Timing(keep_offline=False))
"""Slack forgets events that nobody was there to hear."""
kept = workspace(timing=Timing(keep_offline=True))
"""Slack delivers them again."""


@lost
@pytest.mark.parametrize("channel", ["C1", "D1", "G1"])
async def test_a_missed_question_is_answered(slack, product, channel):
    """Where it was active before: in its thread, with the memory."""
    async with product():
        await exchange(slack, "U1", channel, "one")
    ts = await slack.mention("U1", channel, "two")
    async with product():
        await shows(slack, channel, ts, "echo: two")
        await all_heard(slack)

    assert 2 == len(slack.posts(channel))


@lost
async def test_a_missed_question_inside_a_known_thread(slack, product):
    """Replies are not part of a channel's history: the thread is read."""
    async with product():
        root = await exchange(slack, "U1", "C1", "one")
        direct = await exchange(slack, "U1", "D1", "one")
    await slack.mention("U1", "C1", "two", root)
    await slack.say("U1", "D1", "two", direct)
    async with product():
        await shows(slack, "C1", root, "echo: one", "echo: two")
        await shows(slack, "D1", direct, "echo: one", "echo: two")


@lost
async def test_a_missed_question_of_somebody_new(slack, product):
    """The conversation counts, not the person."""
    async with product():
        await exchange(slack, "U1", "C1", "one")
    ts = await slack.mention("U2", "C1", "two")
    async with product():
        await shows(slack, "C1", ts, "echo: two")


@lost
async def test_a_missed_question_in_a_thread_that_began_meanwhile(slack, product):
    """Root and mention both came while it was away."""
    async with product():
        await exchange(slack, "U1", "C1", "one")
    root = await slack.say("U2", "C1", "lunch?")
    await slack.mention("U1", "C1", "where", root)
    async with product():
        await shows(slack, "C1", root, "echo: where")


@lost
async def test_missed_questions_are_answered_in_order(slack, product, script):
    """History comes newest first; people expect the oldest first."""
    async with product():
        await exchange(slack, "U1", "C1", "one")
    for text in ("two", "three", "four"):
        ts = await slack.mention("U1", "C1", text)
    async with product():
        await shows(slack, "C1", ts, "echo: four")

    assert ["one", "two", "three", "four"] == [request[-1] for request in script.asked]
    assert 7 == len(script.asked[-1])


@lost
async def test_a_missed_question_is_found_behind_a_lot_of_talk(slack, product):
    """History comes in pages."""
    async with product():
        await exchange(slack, "U1", "C1", "one")
    ts = await slack.mention("U1", "C1", "two")
    for number in range(250):
        await slack.say("U2", "C1", f"talk {number}")
    async with product():
        await shows(slack, "C1", ts, "echo: two")
        await all_heard(slack)

    assert 2 == len(slack.posts("C1"))


@lost
async def test_what_was_not_for_the_bot_is_left_alone(slack, product, script):
    """Talk, joins, other apps, own posts, edits and mentions in code are no more for it than before."""
    async with product():
        root = await exchange(slack, "U1", "C1", "one")
    await slack.say("U1", "C1", "thinking aloud")
    await slack.say("U1", "C1", "thanks", root)
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
async def test_missed_follow_ups_are_answered_where_they_would_have_been(slack, product):
    """FOLLOW_THREADS holds for the time away, too."""
    async with product(follow_threads=True):
        root = await exchange(slack, "U1", "C1", "one")
    await slack.say("U1", "C1", "two", root)
    async with product(follow_threads=True):
        await shows(slack, "C1", root, "echo: one", "echo: two")


@lost
async def test_a_missed_reset_takes_its_place(slack, product, script):
    """Between the questions before and after it."""
    async with product():
        await exchange(slack, "U1", "C1", "one")
    await slack.mention("U1", "C1", "two")
    await slack.mention("U1", "C1", "reset")
    last = await slack.mention("U1", "C1", "three")
    async with product():
        await shows(slack, "C1", last, "echo: three")
        await slack.until(lambda: len(script.asked) == 3)

    assert [["one"], ["one", "echo: one", "two"], ["three"]] == sorted(script.asked)


@lost
async def test_what_is_too_old_is_left_alone(slack, product, script):
    """Nobody wants an answer to yesterday's question; a fresh one is answered."""
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


@lost
async def test_what_was_accepted_is_answered_however_old_it_is(slack, product, script):
    """The window is for messages that were never heard."""
    script.perform("so ", Pause())
    script.perform("so far")
    async with product():
        first = await slack.mention("U1", "C1", "one")
        await slack.until(lambda: texts(slack, "C1") == ["so "])
        second = await slack.mention("U1", "C1", "two")
        await slack.until(lambda: not slack.unacked())
    await asyncio.sleep(float(second) + 1.05 - time.time())
    async with product(catch_up_seconds=1):
        await shows(slack, "C1", first, "so far")
        await shows(slack, "C1", second, "echo: two")


@kept
async def test_heard_twice_is_answered_once(slack, product, script):
    """From history at the start, and from Slack's own redelivery."""
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
async def test_restarting_again_and_again_answers_once(slack, product, script):
    """What was caught up with is seen."""
    async with product():
        await exchange(slack, "U1", "C1", "one")
    await slack.mention("U1", "C1", "two")
    for _ in range(3):
        async with product():
            await all_heard(slack)
            await slack.until(lambda: len(slack.posts("C1")) == 2)

    assert ["one", "two"] == [request[-1] for request in script.asked]


@lost
@pytest.mark.parametrize("error", ["ratelimited", "internal_error", "missing_scope", "channel_not_found"])
async def test_a_history_that_cannot_be_read_stops_nothing(slack, product, error):
    """The bot comes up and answers what it hears."""
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
