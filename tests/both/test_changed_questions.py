"""Questions that are edited or deleted: before, while and after they are answered."""

from __future__ import annotations

import json

import pytest

from core.texts import TEXTS
from standins.script.script import Call, text_of
from tests.both.chats import Chat
from tests.both.office import BOOK, Office
from tests.slack.stage import Pause

PIN = "my pin is 1234"


async def test_a_question_is_answered_as_it_stands_when_its_turn_comes(chat: Chat, spool, script):
    """Edited while it waits, it is one question with the new words; edited later it is answered no more."""
    pause = Pause()
    script.enqueue("One", lambda _: pause, ".")
    async with spool():
        first = await chat.ask("one")
        await chat.says(first, "One")
        second = await chat.ask("secnod tpyo")
        await chat.edit(second, "second corrected")
        pause.end()
        assert "echo: second corrected" == (await chat.answer(second)).text
        await chat.edit(first, "too late")
        assert "echo: three" == (await chat.talk("three")).text

    assert ["one", "second corrected", "three"] == [text_of(items[-1]) for _, items in script.requests]


async def test_a_question_deleted_under_its_answer_takes_that_with_it(chat: Chat, spool, script):
    pause = Pause()
    script.enqueue("Your pin", lambda _: pause, "is safe.")
    async with spool():
        asked = await chat.ask(PIN)
        await chat.says(asked, "Your pin")
        await chat.delete(asked)
        await chat.until(lambda: not chat.posts(asked))
        pause.end()
        await chat.talk("Hm")

    assert PIN not in json.dumps(script.requests[-1][1])
    assert [] == chat.posts(asked)


@pytest.mark.parametrize("away", [False, True])
async def test_a_deleted_question_takes_its_open_question_with_it(chat: Chat, spool, script, office, away):
    """With the file beside it, also where it is deleted while Spool restarts: the next process is told."""
    office.tool("book", BOOK)
    script.enqueue("I book.", Call("book", {"room": "x" * 3000, "hours": 1, "seconds": 0}))
    async with spool():
        asked = await chat.ask(PIN)
        await chat.asked(asked)
        await chat.until(lambda: any(post.files for post in chat.posts(asked)))
        if not away:
            await chat.delete(asked)
            await chat.until(lambda: not chat.posts(asked))
    if away:
        await chat.delete(asked)
    async with spool():
        await chat.until(lambda: not chat.posts(asked))
        await chat.talk("Hm")

    assert [] == chat.posts(asked)


async def test_after_the_answer_the_words_go_and_the_answer_stays(chat: Chat, spool, script, office: Office):
    """From requests and from the disk; a question of somebody else is left alone."""
    script.enqueue("Noted.")
    async with spool():
        asked = (await chat.talk(PIN)).question
        await chat.delete(asked)
        assert "echo: Hm" == (await chat.talk("Hm")).text

        def clean() -> bool:
            return not any(PIN.encode() in file.read_bytes() for file in office.data.glob("spool.sqlite3*"))

        await chat.until(clean)

    assert "Noted." == chat.said(asked)
    assert PIN not in json.dumps(script.requests[-1][1])
    assert TEXTS["en"]["stopped"] not in chat.said(asked)
