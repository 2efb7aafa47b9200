"""Who is answered, where, with which memory, and with which texts of ours."""

from __future__ import annotations

import pytest

from core.texts import TEXTS
from standins.script.script import Fault
from standins.slack.message import Message
from tests.slack.conversation import all_heard, exchange, shows, texts
from tests.slack.stage import Pause

BOT = "<@U0BOT00001>"


async def test_a_mention_is_answered_in_its_thread(slack, product):
    async with product():
        ts = await slack.mention("U1", "C1", "hello")

        (post,) = await shows(slack, "C1", None, "echo: hello")

    assert ts == post.thread_ts


async def test_a_mention_inside_a_thread_is_answered_there(slack, product):
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


async def test_without_a_mention_a_channel_is_left_alone(slack, product, script):
    async with product():
        own = await exchange(slack, "U1", "C1", "hello")
        await slack.say("U1", "C1", "thinking aloud")
        root = await slack.say("U2", "C1", "lunch?")
        await slack.say("U1", "C1", "yes", root)
        await slack.say("U1", "C1", "thanks", own)
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


async def test_follow_ups_of_people_it_talks_with_are_answered(slack, product, script):
    async with product(follow_threads=True):
        root = await exchange(slack, "U1", "C1", "one")
        await slack.say("U1", "C1", "two", root)
        await slack.until(lambda: len(slack.posts("C1", root)) == 2 and len(script.asked) == 2)
        await slack.until(lambda: not slack.posts("C1", root)[1].streaming)
        await all_heard(slack)

    assert 3 == len(script.asked[-1])
    assert 2 == len(slack.posts("C1"))


async def test_joining_a_thread_makes_somebody_known_there(slack, product, script):
    async with product(follow_threads=True):
        root = await slack.say("U2", "C1", "lunch?")
        await exchange(slack, "U1", "C1", "where", root)
        await slack.say("U1", "C1", "when", root)
        await shows(slack, "C1", root, "echo: where", "echo: when")
        await slack.say("U2", "C1", "soon", root)
        await all_heard(slack)

    assert 2 == len(script.asked)


async def test_a_topic_is_shared_by_everybody_in_it(slack, product, script):
    async with product(thread_scope="topic"):
        root = await exchange(slack, "U1", "C1", "one")
        await exchange(slack, "U2", "C1", "two", root)
        await exchange(slack, "U1", "C1", "three")

    assert [1, 3, 1] == [len(request) for request in script.asked]
    assert ["one", "two"] == [text.split()[-1] for text in script.asked[1] if "echo" not in text]


async def test_the_same_ts_in_two_channels_is_two_messages(slack, product, script):
    """A ts is unique in its channel only."""
    async with product():
        ts = await exchange(slack, "U1", "C1", "one")
        room = slack.add_channel("C2", ["U1"])
        room.add(Message("C2", ts, "U1", "<@U0BOT00001> two"), own=False)
        await slack.deliver({**room.by_ts[ts].raw(), "type": "app_mention", "channel": "C2", "event_ts": ts})

        await shows(slack, "C2", ts, "echo: two")


async def test_an_empty_mention_gets_two_lines_of_help(slack, product, script):
    async with product():
        ts = await slack.say("U1", "C1", BOT)
        await slack.until(lambda: slack.posts("C1", ts))
        await all_heard(slack)

    assert [2] == [len(text.splitlines()) for text in texts(slack, "C1")]
    assert [] == script.asked


async def test_what_cannot_be_read_is_told(slack, product, script):
    async with product():
        ts = await slack.say("U1", "C1", BOT, files=[{"kind": "unheard of"}])
        await slack.until(lambda: slack.posts("C1", ts))
        await all_heard(slack)

    assert ([], [TEXTS["en"]["unreadable"]]) == (script.asked, texts(slack, "C1"))


async def test_help_speaks_the_persons_language(slack, product):
    """Each by the locale Slack tells, whatever LANGUAGE says."""
    slack.set_locale("U1", "ko-KR")
    slack.set_locale("U2", "en-GB")
    async with product(language="ko"):
        korean = await slack.mention("U1", "C1", "")
        english = await slack.mention("U2", "C1", "")

        await shows(slack, "C1", korean, TEXTS["ko"]["help"])
        await shows(slack, "C1", english, TEXTS["en"]["help"])


@pytest.mark.parametrize("locale", ["fr-FR", ""])
async def test_help_speaks_the_set_language_where_slack_tells_none_of_ours(slack, product, locale):
    if locale:
        slack.set_locale("U1", locale)
    else:
        slack.fail("users.info", error="missing_scope", times=9)
    async with product(language="ko"):
        ts = await slack.mention("U1", "C1", "")

        await shows(slack, "C1", ts, TEXTS["ko"]["help"])


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
    assert [TEXTS["ko"]["reset"]] == [seen.text for seen in slack.ephemerals]


async def test_a_slow_directory_does_not_hold_up_the_command(slack, product):
    """The locale is nice to have; three seconds are all there is for the acknowledgement."""
    slack.delay("users.info", 3.5)
    async with product():
        reply = await slack.slash("U1", "C1", "/reset")

    assert "" == reply.error
    assert reply.acked_after is not None
    assert reply.acked_after < 2.5


async def test_errors_are_in_korean(slack, product, script):
    slack.set_locale("U1", "ko-KR")
    script.perform(Fault("refuse", "insufficient_quota", 429))
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await shows(slack, "C1", ts, TEXTS["ko"]["billing"])
        script.perform("옛날", Pause())
        story = await slack.mention("U1", "C1", "tell me a story")
        await slack.until(lambda: texts(slack, "C1", story) == ["옛날"])
        await slack.mention("U1", "C1", "stop", story)

        await slack.until(lambda: TEXTS["ko"]["stopped"] in slack.posts("C1", story)[0].text)
