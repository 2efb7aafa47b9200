"""Buttons under an answer: another one, or a shorter one, for whoever asked and under the newest only."""

from __future__ import annotations

import json

import pytest

from core.texts import TEXTS
from standins.script.script import Fault, text_of
from tests.both.chats import AGAIN, SHORTER, Chat, Shown

EN = TEXTS["en"]


async def last(chat: Chat, question: str) -> Shown:
    """The last post of the answer, once it has its buttons."""
    await chat.until(lambda: chat.posts(question) and chat.posts(question)[-1].buttons)
    return chat.posts(question)[-1]


async def says(chat: Chat, text: str) -> None:
    """Returns once the bot has said that anywhere in the place."""
    posts = chat.standin.posts
    await chat.until(
        lambda: any(text in (getattr(one, "text", "") or one.content) for one in posts(chat.place))
    )


@pytest.mark.parametrize("wish", [AGAIN, SHORTER])
async def test_a_press_is_a_message_of_who_asked(chat: Chat, spool, script, wish):
    """With the question again, or with a wish alone; then the older answer's buttons say that they are."""
    script.enqueue("First.")
    script.enqueue("Second.")
    async with spool(answer_buttons=True):
        answer = await chat.talk("why?")
        shown = await last(chat, answer.question)
        await chat.press(shown, wish)
        await says(chat, "Second.")
        await chat.office.over()
        await chat.press(shown, wish, told=EN["answer_over"])

    asked = [text_of(item) for item in script.requests[-1][1]]
    wanted = EN["wish_again"] + "\n\nwhy?" if wish == AGAIN else EN["wish_shorter"]
    assert (["why?", "First.", wanted], 2) == (asked, len(script.requests))


async def test_nobody_else_may_press_and_our_own_texts_have_none(chat: Chat, spool, script):
    async with spool(answer_buttons=True):
        answer = await chat.talk("why?")
        await chat.press(
            await last(chat, answer.question), AGAIN, person=chat.bob, told=EN["answer_not_yours"]
        )
        script.enqueue(Fault("refuse", "insufficient_quota", 429))
        failed, help_text = await chat.talk("and?"), await chat.talk("")
        assert [] == [
            post for one in (failed, help_text) for post in chat.posts(one.question) if post.buttons
        ]

    assert 2 == len(script.requests)


async def test_what_is_asked_again_goes_with_the_question(chat: Chat, spool, script):
    """It repeats the question's words, so both leave the disk together."""
    script.enqueue("First.")
    script.enqueue("Second.")
    async with spool(answer_buttons=True):
        answer = await chat.talk("my pin is 1234")
        await chat.press(await last(chat, answer.question), AGAIN)
        await says(chat, "Second.")
        await chat.office.over()
        await chat.delete(answer.question)
        await chat.talk("Hm")

    assert "my pin is 1234" not in json.dumps(script.requests[-1][1]) + chat.office.everything()
