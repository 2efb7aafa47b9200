"""Our own texts: help, what cannot be read, and why an answer could not be given. Each exactly once."""

from __future__ import annotations

import pytest

from core.texts import TEXTS, text
from standins.script.script import Fault, Say
from tests.discord.conversation import (
    ANN,
    ROOM,
    all_heard,
    dm,
    exchange,
    mention,
    shows,
    texts,
)


async def test_an_empty_mention_gets_help(discord, product, script):
    """Two lines, as a reply, without asking the model; the next message is answered."""
    async with product():
        asked = await mention(discord, ANN, "")
        (post,) = await shows(discord, ROOM, text("help", "en"))
        await exchange(discord, ANN, ROOM, "hello")

    assert (asked, 2) == (post.reference, len(post.content.splitlines()))
    assert [["hello"]] == script.asked


async def test_only_a_sticker_is_told_about(discord, product, script):
    """It cannot be read: that is said, once, and the model is not bothered."""
    async with product():
        await dm(discord, ANN, "", stickers=["wave"])
        await shows(discord, discord.dm(ANN), text("unreadable", "en"))
        await all_heard(discord)

    assert (1, []) == (len(texts(discord, discord.dm(ANN))), script.asked)


async def test_a_file_alone_is_answered(discord, product, script):
    """The file is the question."""
    script.perform("I see.")
    async with product():
        await mention(discord, ANN, "", attachments=[("notes.txt", b"hello from a file")])
        await shows(discord, ROOM, "I see.")

    assert "hello from a file" in script.asked[0][-1]


async def test_a_reply_without_its_text_gets_a_hint(discord, product, script):
    """With the ping switched off Discord hides the text of a reply to the bot."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
        again = await discord.say(ANN, ROOM, "two", reply_to=discord.posts(ROOM)[0].id, ping=False)

        *_, hint = await shows(discord, ROOM, "echo: one", text("empty_reply", "en"))
        await all_heard(discord)

    assert (again, [["one"]]) == (hint.reference, script.asked)


async def test_a_file_may_be_a_reply(discord, product, script):
    """With the ping on, the bot is given the file."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
        script.perform("I see.")
        first = discord.posts(ROOM)[0].id
        await discord.say(ANN, ROOM, "", reply_to=first, attachments=[("a.txt", b"hello from a file")])

        await shows(discord, ROOM, "echo: one", "I see.")

    assert "hello from a file" in script.asked[-1][-1]


async def test_notices_are_not_memory(discord, product, script):
    """Help and hints are no part of the conversation with the model."""
    async with product():
        await mention(discord, ANN, "")
        await mention(discord, ANN, "", stickers=["wave"])
        await discord.until(lambda: len(discord.posts(ROOM)) == 2)
        await exchange(discord, ANN, ROOM, "hello")

    assert [["hello"]] == script.asked


async def test_korean(discord, product, script):
    """LANGUAGE=ko: help, what cannot be read, the hint and a failure are all Korean."""
    script.perform(Fault("refuse", code="insufficient_quota", status=429))
    async with product(language="ko"):
        await mention(discord, ANN, "")
        await shows(discord, ROOM, text("help", "ko"))
        await dm(discord, ANN, "", stickers=["wave"])
        await shows(discord, discord.dm(ANN), text("unreadable", "ko"))
        await discord.say(ANN, ROOM, "x", reply_to=discord.posts(ROOM)[0].id, ping=False)
        await shows(discord, ROOM, text("help", "ko"), text("empty_reply", "ko"))
        await dm(discord, ANN, "hello")
        await shows(discord, discord.dm(ANN), text("unreadable", "ko"), text("billing", "ko"))


@pytest.mark.parametrize(
    ("fault", "notice"),
    [
        (Fault("refuse", code="insufficient_quota", status=429), "billing"),
        (Fault("refuse", code="invalid_api_key", status=401), "model_auth"),
        (Fault("refuse", code="model_not_found", status=404), "model_missing"),
        (Fault("refuse", code="context_length_exceeded", status=400), "too_long"),
        (Fault("failed", code="invalid_prompt"), "model_refused"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_refusal_for_good_becomes_one_notice(discord, product, script, fault, notice):
    """Said as a reply, once, without trying again; the next message is answered."""
    script.perform(fault)
    async with product():
        asked = await mention(discord, ANN, "hello")
        (post,) = await shows(discord, ROOM, text(notice, "en"))
        await exchange(discord, ANN, ROOM, "again")

    assert (asked, 2) == (post.reference, len(script.asked))
    assert 2 == len(texts(discord, ROOM))


@pytest.mark.slow
async def test_a_model_that_keeps_failing_becomes_one_notice(discord, product, script):
    """Three attempts, one post: the notice, not a stub of the answer beside it."""
    for _ in range(3):
        script.perform(Say("Well,"), Fault("cut"))
    async with product():
        await dm(discord, ANN, "hello")
        await discord.until(
            lambda: text("model_unavailable", "en") in "".join(texts(discord, discord.dm(ANN))), 15
        )
        await exchange(discord, ANN, discord.dm(ANN), "again")
        first, second = texts(discord, discord.dm(ANN))

    assert 4 == len(script.asked)
    assert 1 == first.count(text("model_unavailable", "en"))
    assert "echo: again" == second


@pytest.mark.parametrize("kind", ["cut", "silent"])
async def test_a_model_that_fails_once_is_asked_again(discord, product, script, kind):
    """Nobody notices: one post, and the words of the broken attempt are not repeated in it."""
    script.perform(Say("Well,"), Fault(kind))
    script.perform("Well, the answer is 42.")
    async with product():
        await dm(discord, ANN, "hello")

        await shows(discord, discord.dm(ANN), "Well, the answer is 42.", timeout=10)


async def test_a_model_that_hangs_is_given_up(discord, product, script):
    """No byte for MODEL_IDLE_SECONDS: what it said stays, with one notice, and it is not paid for again."""
    script.perform(Say("Well,"), Fault("hang"))
    async with product(model_idle_seconds=1):
        await dm(discord, ANN, "hello")

        notice = text("model_unavailable", "en")
        await shows(discord, discord.dm(ANN), f"Well,\n\n{notice}", timeout=10)
    assert 1 == len(script.asked)


async def test_an_incomplete_answer_says_so(discord, product, script):
    """What came is shown, with a line under it that tells how to go on; memory keeps what was said."""
    script.perform(Say("It all began"), Fault("incomplete", code="max_output_tokens"))
    async with product():
        await dm(discord, ANN, "tell me")
        await discord.until(
            lambda: text("max_output_tokens", "en") in "".join(texts(discord, discord.dm(ANN)))
        )
        (post,) = discord.posts(discord.dm(ANN))
        await exchange(discord, ANN, discord.dm(ANN), "continue")

    assert post.content.startswith("It all began")
    assert ["tell me", "It all began", "continue"] == script.asked[-1]


async def test_an_answer_without_a_word_says_so(discord, product, script):
    """A model that completes without text leaves nobody waiting."""
    script.perform()
    async with product():
        await dm(discord, ANN, "hello")

        await shows(discord, discord.dm(ANN), text("empty_answer", "en"))


def test_every_text_fits_into_one_post():
    """Discord takes 2,000 characters, 80 on a button."""
    assert all(len(said) < 2000 for language in TEXTS.values() for said in language.values())
    assert all(0 < len(language["stop_button"]) <= 80 for language in TEXTS.values())
