"""Who is answered, and where: mentions in channels and threads, and direct messages."""

from __future__ import annotations

import pytest

from tests.slack.conversation import all_heard, exchange, shows

BOT = "<@U0BOT00001>"


async def test_a_mention_is_answered_in_its_thread(slack, product):
    """The one post of the channel stands under the mention."""
    async with product():
        ts = await slack.mention("U1", "C1", "hello")

        (post,) = await shows(slack, "C1", None, "echo: hello")

    assert ts == post.thread_ts


async def test_a_mention_inside_a_thread_is_answered_there(slack, product):
    """The answer goes under the thread's root, not under the reply that mentioned."""
    async with product():
        root = await slack.say("U2", "C1", "lunch?")
        await slack.mention("U1", "C1", "where", root)

        (post,) = await shows(slack, "C1", None, "echo: where")

    assert root == post.thread_ts


async def test_a_direct_message_is_answered_in_its_thread(slack, product):
    """Without a mention; a reply in that thread is answered in the same one."""
    async with product():
        root = await slack.say("U1", "D1", "hello")
        await shows(slack, "D1", root, "echo: hello")
        await slack.say("U1", "D1", "more", root)

        await shows(slack, "D1", root, "echo: hello", "echo: more")


@pytest.mark.parametrize("order", ["message", "mention"])
async def test_two_events_of_one_message_are_one_message(slack, product, script, order):
    """`message` and `app_mention` with one ts give one answer, whichever comes first."""
    async with product():
        ts = await slack.say("U1", "C1", f"{BOT} hello", order=order)
        await all_heard(slack)

        await shows(slack, "C1", ts, "echo: hello")

    assert [["hello"]] == script.asked


async def test_where_the_bot_is_not_a_member_nothing_breaks(slack, product):
    """app_mention comes also from channels where the bot cannot post; elsewhere life goes on."""
    slack.add_channel("C7", ["U1"], bot_in=False)
    async with product():
        await slack.mention("U1", "C7", "hello")
        await exchange(slack, "U1", "C1", "hello")
        await all_heard(slack)

    assert [] == slack.posts("C7")
