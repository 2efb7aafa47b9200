"""Our own texts: help, what cannot be read, and the language they come in."""

from __future__ import annotations

import pytest

from core.texts import TEXTS
from standins.script.script import Fault
from tests.slack.conversation import all_heard, shows, texts
from tests.slack.stage import Pause

BOT = "<@U0BOT00001>"


async def test_an_empty_mention_gets_two_lines_of_help(slack, product, script):
    """Under the mention, once; the model is not asked."""
    async with product():
        ts = await slack.say("U1", "C1", BOT)
        await slack.until(lambda: slack.posts("C1", ts))
        await all_heard(slack)

    assert [2] == [len(text.splitlines()) for text in texts(slack, "C1")]
    assert [] == script.asked


async def test_what_cannot_be_read_is_told(slack, product, script):
    """There is something that is neither text nor a file: once, in its thread; the model is not asked."""
    async with product():
        ts = await slack.say("U1", "C1", BOT, files=[{"kind": "unheard of"}])
        await slack.until(lambda: slack.posts("C1", ts))
        await all_heard(slack)

    assert ([], [TEXTS["en"]["unreadable"]]) == (script.asked, texts(slack, "C1"))


async def test_a_file_alone_is_answered(slack, product, script):
    """Once, in its thread: the file is the question."""
    script.perform("It says hello.")
    async with product():
        ts = await slack.say("U1", "D1", "", files=[("notes.txt", b"hello from a file")])
        await shows(slack, "D1", ts, "It says hello.")
        await all_heard(slack)

    assert 1 == len(script.asked)
    assert "hello from a file" in script.asked[0][-1]


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
