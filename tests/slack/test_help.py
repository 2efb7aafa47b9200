"""Our own texts: help, what cannot be read, and the language they come in."""

from __future__ import annotations

import pytest

from core.texts import TEXTS
from standins.script.script import Fault
from tests.slack.conversation import all_heard, shows, texts
from tests.slack.stage import Pause

BOT = "<@U0BOT00001>"
FILE = {
    "id": "F1",
    "name": "cat.png",
    "mimetype": "image/png",
    "filetype": "png",
    "size": 4,
    "mode": "hosted",
}


@pytest.mark.parametrize("composed", [True, False], ids=["blocks", "text"])
async def test_an_empty_mention_gets_two_lines_of_help(slack, product, script, composed):
    """Under the mention, once; the model is not asked."""
    blank = (BOT, f"{BOT} ", f" {BOT}\n", f"{BOT} {BOT}")
    async with product():
        for text in blank:
            ts = await slack.say("U1", "C1", text, blocks=None if composed else [])
            await slack.until(lambda at=ts: slack.posts("C1", at))
        await all_heard(slack)

    assert [2] * len(blank) == [len(text.splitlines()) for text in texts(slack, "C1")]
    assert [] == script.asked


@pytest.mark.parametrize(("channel", "text"), [("C1", BOT), ("D1", "")])
async def test_what_cannot_be_read_is_told(slack, product, script, channel, text):
    """There is something that is neither text nor a file: once, in its thread; the model is not asked."""
    async with product():
        ts = await slack.say("U1", channel, text, files=[{"kind": "unheard of"}])
        await slack.until(lambda: slack.posts(channel, ts))
        await all_heard(slack)

    assert ([], [TEXTS["en"]["unreadable"]]) == (script.asked, texts(slack, channel))


@pytest.mark.parametrize(("channel", "text"), [("C1", BOT), ("D1", "")])
async def test_a_file_alone_is_answered(slack, product, script, channel, text):
    """Once, in its thread: the file is the question."""
    script.perform("It says hello.")
    async with product():
        ts = await slack.say("U1", channel, text, files=[("notes.txt", b"hello from a file")])
        await shows(slack, channel, ts, "It says hello.")
        await all_heard(slack)

    assert 1 == len(script.asked)
    assert "hello from a file" in script.asked[0][-1]


@pytest.mark.parametrize(("channel", "text"), [("C1", f"{BOT} what is this?"), ("D1", "what is this?")])
async def test_text_beside_a_file_is_answered(slack, product, script, channel, text):
    """A message with words is answered by its words."""
    async with product():
        await slack.say("U1", channel, text, files=[FILE])
        await slack.until(lambda: script.asked)
        await slack.until(lambda: slack.posts(channel) and not slack.posts(channel)[0].streaming)

    assert "what is this?" in script.asked[0][-1]


async def test_a_file_without_a_mention_is_left_alone(slack, product):
    """In a channel people share files with each other."""
    async with product():
        await slack.say("U1", "C1", "", files=[FILE])
        await all_heard(slack)

    assert [] == slack.posts("C1")


async def test_an_emoji_is_a_message(slack, product, script):
    """Not empty: the model may make something of it."""
    async with product():
        await slack.mention("U1", "C1", ":wave:")
        await slack.until(lambda: slack.posts("C1") and not slack.posts("C1")[0].streaming)

    assert 1 == len(script.asked)


# ── language ──


async def test_help_speaks_the_persons_language(slack, product):
    """Each by the locale Slack tells, whatever LANGUAGE says."""
    slack.set_locale("U1", "ko-KR")
    slack.set_locale("U2", "en-GB")
    async with product(language="ko"):
        korean = await slack.mention("U1", "C1", "")
        english = await slack.mention("U2", "C1", "")

        await shows(slack, "C1", korean, TEXTS["ko"]["help"])
        await shows(slack, "C1", english, TEXTS["en"]["help"])


@pytest.mark.parametrize("error", ["missing_scope", "user_not_found", "internal_error"])
async def test_help_speaks_the_set_language_where_slack_tells_none(slack, product, error):
    """LANGUAGE counts then, and nobody waits."""
    slack.fail("users.info", error=error, times=9)
    async with product(language="ko"):
        ts = await slack.mention("U1", "C1", "")

        await shows(slack, "C1", ts, TEXTS["ko"]["help"])


async def test_help_speaks_the_set_language_to_speakers_of_others(slack, product):
    """We have English and Korean."""
    slack.set_locale("U1", "fr-FR")
    async with product(language="ko"):
        ts = await slack.mention("U1", "C1", "")

        await shows(slack, "C1", ts, TEXTS["ko"]["help"])


@pytest.mark.parametrize("way", ["mention", "command", "shortcut"])
async def test_confirmations_are_in_korean(slack, product, way):
    """All three ways to reset."""
    slack.set_locale("U1", "ko-KR")
    async with product():
        ts = await slack.say("U1", "C1", "hm")
        if way == "mention":
            await slack.mention("U1", "C1", "reset")
            await shows(slack, "C1", None, TEXTS["ko"]["reset"])
            return
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
    """And so is the mark of a stopped answer."""
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
