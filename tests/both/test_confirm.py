"""Tools with effects: carried out only after the person who asked pressed the button, and never twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from standins.script.script import Call, Scenario, outputs
from tests.both.chats import NO, YES, Chat, Shown, answered, asks, texts
from tests.both.office import Office
from tests.conftest import Product

BOOK = """
    import asyncio

    @tool(confirm=True)
    async def book(room: str, hours: int) -> str:
        "Book a room."
        with NOTES.open("a") as notes:
            notes.write(f"{room} for {hours}\\n")
        return f"{room} is booked"
"""
HALF = """
    import asyncio

    @tool(confirm=True)
    async def book(room: str, hours: int) -> str:
        "Book a room."
        with NOTES.open("a") as notes:
            notes.write(f"{room} for {hours}\\n")
        await asyncio.sleep(60)
        return "never"
"""
CALL = Call("book", {"room": "Blue <!channel> @everyone", "hours": 2}, id="call_1")


@pytest.fixture(autouse=True)
def _booking(script: Scenario, office: Office) -> None:
    """The model wants to book a room, and then says what came of it."""
    office.tool("booking", BOOK)
    script.enqueue("I can do that.", CALL)
    script.enqueue(lambda items: outputs(items)["call_1"])


@asynccontextmanager
async def asking(chat: Chat, spool: Product) -> AsyncIterator[tuple[str, Shown]]:
    """Ann has asked, and the question with the buttons is there."""
    async with spool():
        asked = await chat.ask("book the blue room")
        yield asked, await asks(chat, asked)


def status(office: Office) -> list[str]:
    """Of every run."""
    return [one for (one,) in office.rows("SELECT status FROM runs ORDER BY seq")]


async def test_the_question_shows_exactly_what_is_asked_for(chat, spool, office):
    """Name and arguments; nothing has happened, and the run says that it waits."""
    async with asking(chat, spool) as (_, question):
        await chat.until(lambda: status(office) == ["requires_action"])

    assert "book" in question.text
    assert '"hours": 2' in question.text
    assert {YES, NO} == set(question.buttons)
    assert [] == office.noted()


async def test_yes(chat, spool, office):
    """It is done once; the question says so and has no buttons any more; the answer goes on."""
    async with asking(chat, spool) as (asked, question):
        assert "" == await chat.press(question, YES)
        await chat.until(lambda: "is booked" in "".join(texts(chat, asked)))
        await answered(chat, asked, "✅ Allowed: book")
        await office.over()

    assert ["Blue <!channel> @everyone for 2"] == office.noted()
    assert [] == [post for post in chat.posts(asked) if post.buttons]
    assert ["completed"] == status(office)


async def test_no(chat, spool, office):
    """Nothing is done, and the model knows that the person did not want it."""
    async with asking(chat, spool) as (asked, question):
        await chat.press(question, NO)
        await chat.until(lambda: "the person did not allow this" in "".join(texts(chat, asked)))
        await answered(chat, asked, "🚫 Not allowed: book")
        await office.over()

    assert [] == office.noted()


async def test_another_person(chat, spool, office):
    """Is told that it is not theirs to decide; the question stays open for whom it was put to."""
    async with asking(chat, spool) as (asked, question):
        told = await chat.press(question, YES, chat.bob)
        assert "Only the person who asked can decide this." == told
        assert [] == office.noted()
        await chat.press(question, NO)
        await answered(chat, asked, "🚫 Not allowed: book")

    assert [] == office.noted()


async def test_a_second_press(chat, spool, office):
    """Two presses at the same moment, of both buttons: the first one counts."""
    async with asking(chat, spool) as (asked, question):
        await asyncio.gather(chat.press(question, YES), chat.press(question, NO), chat.press(question, YES))
        await answered(chat, asked, "✅ Allowed: book")
        await office.over()

    assert 1 == len(office.noted())


async def test_a_new_message_is_a_no(chat, spool, office):
    """The person went on: what waits is not done, and the new message is answered after it."""
    async with asking(chat, spool) as (asked, question):
        other = await chat.ask("never mind, what time is it?")
        await answered(chat, asked, "🚫 Not allowed: book")
        await answered(chat, other, "echo: never mind, what time is it?")
        assert [] == [post for post in chat.posts(asked) if post.buttons]

    assert [] == office.noted()
    assert question.buttons


async def test_the_message_of_another_person_decides_nothing(chat, spool, office, script):
    """Bob's conversation in the same channel is his own."""
    script.answers.insert(1, ("For Bob.",))
    async with asking(chat, spool) as (asked, question):
        bobs = await chat.ask("hello", person=chat.bob)
        await answered(chat, bobs, "For Bob.")
        assert [question.id] == [post.id for post in chat.posts(asked) if post.buttons]
        await chat.press(question, YES)
        await answered(chat, asked, "✅ Allowed: book")
        await office.over()

    assert 1 == len(office.noted())


async def test_too_late(chat, spool, office):
    """The bot was away for longer than the ten minutes: the question is over, and nothing is done."""
    async with asking(chat, spool) as (asked, question):
        pass
    await office.changes("UPDATE approvals SET expires_at = expires_at - 601")
    async with spool():
        await answered(
            chat, asked, "⌛ Nobody answered in time, so book was not used. Ask me again if you want it."
        )
        await chat.until(lambda: "nobody answered in time" in "".join(texts(chat, asked)))
        assert [] == [post for post in chat.posts(asked) if post.buttons]

    assert [] == office.noted()
    assert question.buttons


async def test_a_restart_while_it_waits(chat, spool, office):
    """The question stands there once, its buttons go on working, and it is done once."""
    async with asking(chat, spool) as (asked, question):
        pass
    async with spool():
        assert "" == await chat.press(question, YES)
        await answered(chat, asked, "✅ Allowed: book")
        await office.over()

    assert 1 == len(office.noted())
    assert 1 == [post.id for post in chat.posts(asked)].count(question.id)
    assert 1 == sum("book" in post.text and "✅" in post.text for post in chat.posts(asked))


async def test_an_interrupted_effect_is_not_repeated(chat, spool, office):
    """The process ended after the effect and before its record: the person is told, and nobody repeats it."""
    office.tool("booking", HALF)
    async with asking(chat, spool) as (asked, question):
        await chat.press(question, YES)
        await chat.until(office.noted)
    async with spool():
        await chat.until(lambda: "I did not repeat it" in "".join(texts(chat, asked)))
        await office.over()

    assert 1 == len(office.noted())
    assert "Whether it took effect is not known" in "".join(texts(chat, asked))


async def test_arguments_that_do_not_fit_are_not_asked_about(chat, spool, office, script):
    """The model is told what is wrong; no person is bothered with it."""
    script.answers.clear()
    script.enqueue(Call("book", {"room": "Blue", "hours": "many"}, id="call_1"))
    script.enqueue(lambda items: outputs(items)["call_1"])
    async with spool():
        asked = await chat.ask("book it")
        await chat.until(lambda: "error:" in "".join(texts(chat, asked)))
        await office.over()

    assert [] == office.rows("SELECT id FROM approvals")


async def test_two_questions_of_one_response(chat, spool, office, script):
    """Each has its own buttons and its own answer."""
    script.answers.clear()
    script.enqueue(
        Call("book", {"room": "Blue", "hours": 1}, id="blue"),
        Call("book", {"room": "Red", "hours": 1}, id="red"),
    )
    script.enqueue(lambda items: " ".join(f"{key}={value[:6]}" for key, value in outputs(items).items()))
    async with spool():
        asked = await chat.ask("book both")
        await chat.until(lambda: len([post for post in chat.posts(asked) if post.buttons]) == 2)
        for post in chat.posts(asked):
            if post.buttons:
                await chat.press(post, YES if "Red" in post.text else NO)
        await answered(chat, asked, "blue=error: red=Red is")
        await office.over()

    assert ["Red for 1"] == office.noted()
