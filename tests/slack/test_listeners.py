"""Who is answered, where, with which memory, and with which texts of ours."""

from __future__ import annotations

import pytest

from core.texts import TEXTS, ended
from standins.slack.message import Message
from tests.slack.conversation import all_heard, exchange, shows, texts

BOT = "<@U0BOT00001>"


async def test_where_the_bot_is_not_a_member_nothing_breaks(slack, product):
    """app_mention comes also from channels where the bot cannot post; elsewhere life goes on."""
    slack.add_channel("C7", ["U1"], bot_in=False)
    async with product():
        await slack.mention("U1", "C7", "hello")
        await exchange(slack, "U1", "C1", "hello")
        await all_heard(slack)

    assert [] == slack.posts("C7")


async def test_without_a_mention_a_channel_is_left_alone(slack, product, script):
    async with product():
        own = await exchange(slack, "U1", "C1", "hello")
        await slack.say("U1", "C1", "thinking aloud")
        root = await slack.say("U2", "C1", "lunch?")
        await slack.say("U1", "C1", "yes", root)
        await slack.say("U2", "C1", "<@U1> what was that?", own)
        await all_heard(slack)

    assert (["echo: hello"], [["hello"]]) == (texts(slack, "C1"), script.asked)
    assert {own} == {entry[2] for entry in slack.statuses if entry[1] == "C1"}


async def test_an_edit_is_a_message_only_where_it_adds_the_mention(slack, product, script):
    """Nor is a preview that appears, though the event says that the message was changed."""
    async with product():
        ts = await slack.say("U1", "C1", "hello")
        await slack.edit("U1", "C1", ts, f"{BOT} hello")
        await shows(slack, "C1", ts, "echo: hello")
        asked = await exchange(slack, "U1", "C1", "one")
        await slack.edit("U1", "C1", asked, f"{BOT} two")
        direct = await exchange(slack, "U1", "D1", "three")
        await slack.edit("U1", "D1", direct, "four")
        await slack.unfurl("D1", direct)
        await all_heard(slack)

    assert [["hello"], ["hello", "echo: hello", "one"], ["three"]] == script.asked


async def test_joining_a_thread_makes_somebody_known_there(slack, product, script):
    async with product(follow_threads=True):
        root = await slack.say("U2", "C1", "lunch?")
        await exchange(slack, "U1", "C1", "where", root)
        await slack.say("U1", "C1", "when", root)
        await shows(slack, "C1", root, "echo: where", "echo: when")
        await slack.say("U2", "C1", "soon", root)
        await all_heard(slack)

    assert 2 == len(script.asked)


async def test_each_chat_of_a_direct_message_may_be_its_own(slack, product, script):
    """DM_SCOPE=person-topic: what is said in another chat of Slack's agent pane is not sent along."""
    async with product(dm_scope="person-topic"):
        one = await exchange(slack, "U1", "D1", "one")
        await exchange(slack, "U1", "D1", "two")
        await exchange(slack, "U1", "D1", "three", one)
        await exchange(slack, "U1", "C1", "four")
        await exchange(slack, "U1", "C1", "five")

    assert [1, 1, 3, 1, 3] == [len(request) for request in script.asked]


async def test_a_thread_of_ones_own_is_read_like_any(slack, product, script):
    """THREAD_SCOPE=person-topic: what others said there is context, what was said elsewhere is nothing."""
    async with product(thread_scope="person-topic"):
        root = await slack.say("U2", "C1", "lunch at noon?")
        await exchange(slack, "U1", "C1", "one", root)
        await exchange(slack, "U2", "C1", "two", root)
        await exchange(slack, "U1", "C1", "three")

    assert "lunch at noon?" in script.asked[0][0]
    assert [2, 2, 1] == [len(request) for request in script.asked]


async def test_the_same_ts_in_two_channels_is_two_messages(slack, product, script):
    async with product():
        ts = await exchange(slack, "U1", "C1", "one")
        room = slack.add_channel("C2", ["U1"])
        room.add(Message("C2", ts, "U1", "<@U0BOT00001> two"), own=False)
        await slack.deliver({**room.by_ts[ts].raw(), "type": "app_mention", "channel": "C2", "event_ts": ts})

        await shows(slack, "C2", ts, "echo: two")


async def test_what_cannot_be_read_is_told(slack, product, script):
    async with product():
        ts = await slack.say("U1", "C1", BOT, files=[{"kind": "unheard of"}])
        await slack.until(lambda: slack.posts("C1", ts))
        await all_heard(slack)

    assert ([], [TEXTS["en"]["unreadable"]]) == (script.asked, texts(slack, "C1"))


@pytest.mark.parametrize(
    ("locale", "language"), [("ko-KR", "ko"), ("en-GB", "en"), ("fr-FR", "ko"), ("", "ko")]
)
async def test_help_speaks_the_persons_language(slack, product, locale, language):
    """By the locale Slack tells, whatever LANGUAGE says; by that where it tells none of ours. No status."""
    if locale:
        slack.set_locale("U1", locale)
    else:
        slack.fail("users.info", error="missing_scope", times=9)
    async with product(language="ko", access_allow=(f"slack:{slack.team}",)):
        ts = await slack.mention("U1", "C1", "")
        await shows(slack, "C1", ts, TEXTS[language]["help"])
        await all_heard(slack)

    assert "" == slack.status("C1", ts)


@pytest.mark.parametrize("way", ["command", "shortcut"])
async def test_confirmations_are_in_korean(slack, product, way):
    slack.set_locale("U1", "ko-KR")
    async with product():
        ts = await slack.say("U1", "C1", "hm")
        reply = await (
            slack.slash("U1", "C1", "/reset")
            if way == "command"
            else slack.shortcut("U1", "C1", ts, "reset_thread")
        )
        await slack.until(lambda: slack.ephemerals)

    assert "" == reply.error
    assert [ended("channel", "ko")] == [seen.text for seen in slack.ephemerals]


async def test_a_slow_directory_does_not_hold_up_the_command(slack, product):
    """The locale is nice to have; three seconds are all there is for the acknowledgement."""
    slack.delay("users.info", 3.5)
    async with product():
        reply = await slack.slash("U1", "C1", "/reset")

    assert "" == reply.error
    assert reply.acked_after is not None
    assert reply.acked_after < 2.5
