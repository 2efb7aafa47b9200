"""Tools with effects: only after the person who asked pressed the button, never twice; stopping them."""

from __future__ import annotations

import asyncio

import pytest

from standins.script.script import Call, Hosted, approvals, outputs
from tests.both.chats import NO, YES
from tests.both.office import BOOK, WAIT
from tests.both.requests import of_request

PINGS = "<!channel> @everyone"
SERVER = {"type": "mcp", "server_label": "crm", "server_url": "https://mcp.example.com/mcp"}
REMOTE = Hosted(
    "mcp_approval_request",
    {"server_label": "crm", "name": f"delete {PINGS}", "arguments": '{"id":7}', "id": "mcpr_1"},
)


def booking(script, **arguments) -> None:
    """The model wants to book a room, and then says what came of it."""
    script.enqueue("I can do that.", Call("book", {"room": "Blue", **arguments}, id="call_1"))
    script.enqueue(lambda items: outputs(items)["call_1"])


@pytest.mark.parametrize(
    ("button", "decided", "said", "noted"),
    [
        (YES, "✅ Allowed: book", "is booked", [f"Blue {PINGS} for 2"]),
        (NO, "🚫 Not allowed: book", "the person did not allow this", []),
    ],
    ids=[YES, NO],
)
async def test_a_press_decides(chat, spool, office, script, button, decided, said, noted):
    """The question shows exactly what is asked for, and nothing happens before; then it has no buttons."""
    office.tool("book", BOOK)
    booking(script, room=f"Blue {PINGS}", hours=2)
    async with spool():
        asked = await chat.ask("book the blue room")
        (question,) = await chat.asked(asked)
        await chat.until(lambda: office.rows("SELECT 1 FROM runs WHERE status = 'requires_action'"))
        before = office.noted()
        await chat.press(question, button)
        answer = await chat.answer(asked)

    assert "book" in question.text
    assert '"hours": 2' in question.text
    assert ([], {YES, NO}) == (before, set(question.buttons))
    assert noted == office.noted()
    assert decided in answer.text
    assert said in answer.text
    assert [] == [post for post in chat.posts(asked) if post.buttons]


@pytest.mark.promise("A4", "T3")
async def test_others_and_later_presses_decide_nothing(chat, spool, office, script):
    """Bob neither presses nor writes for Ann; of her three presses at once the first counts, none later."""
    office.tool("book", BOOK)
    booking(script)
    script.answers.insert(1, ("For Bob.",))
    async with spool():
        asked = await chat.ask("book it")
        (question,) = await chat.asked(asked)
        await chat.says(await chat.ask("hello", person=chat.bob), "For Bob.")
        await chat.press(question, YES, chat.bob, told="Only the person who asked can decide this.")
        assert [question] == await chat.asked(asked)
        await asyncio.gather(*(chat.press(question, button) for button in (NO, YES, YES)))
        answer = await chat.answer(asked)
        await chat.press(question, YES, told="decided already")

    assert "🚫 Not allowed: book" in answer.text
    assert [] == office.noted()


async def test_restarts_around_the_effect(chat, spool, office, script):
    """The question stands there once and its buttons go on working; what was interrupted is not repeated."""
    office.tool("book", BOOK)
    booking(script, seconds=60)
    async with spool():
        asked = await chat.ask("book it")
        (question,) = await chat.asked(asked)
    async with spool():
        await chat.press(question, YES)
        await chat.until(office.noted)
    async with spool():
        answer = await chat.answer(asked)

    assert 1 == len(office.noted())
    assert 1 == [post.id for post in chat.posts(asked)].count(question.id)
    assert 1 == answer.text.count("✅ Allowed: book")
    assert "Whether it took effect is not known" in answer.text
    assert "I did not repeat it" in answer.text


async def test_reset_is_a_no(chat, spool, office, script):
    office.tool("book", BOOK)
    booking(script)
    async with spool():
        asked = await chat.ask("book it")
        await chat.asked(asked)
        await chat.talk("reset")
        await chat.says(asked, "🚫 Not allowed: book")

    assert [] == office.noted()


@pytest.mark.parametrize("what", ["function", "code", "question", "effect"])
async def test_stop(chat, spool, office, script, what):
    """What was said stays, with our note; of an effect nobody knows, which is said. Then all goes on."""
    calls = {
        "function": Call("wait"),
        "code": Hosted("code_interpreter_call", seconds=60),
        "question": Call("book", id="a"),
        "effect": Call("book", {"seconds": 60}, id="a"),
    }
    office.tool("all", BOOK + WAIT)
    await office.hire("book", "wait", {"type": "code_interpreter"})
    script.enqueue("A moment.", calls[what])
    async with spool():
        asked = await chat.ask("go")
        await chat.says(asked, "A moment.")
        if what in ("question", "effect"):
            (question,) = await chat.asked(asked)
        if what == "effect":
            await chat.press(question, YES)
            await chat.until(office.noted)
        await chat.stop(asked)
        answer = await chat.answer(asked)
        assert "echo: thanks" == (await chat.talk("thanks")).text
        await chat.until(lambda: "" == chat.doing(asked))

    assert answer.text.startswith("A moment.\n\n")
    assert "⏹ Stopped." in answer.text
    assert (what == "effect") is ("I do not know whether it took effect" in answer.text)
    assert (what == "effect") is bool(office.noted())
    assert [] == [post for post in chat.posts(asked) if post.buttons]
    assert ("cancelled",) == office.rows("SELECT status FROM runs ORDER BY seq")[0]


@pytest.mark.parametrize("button", [YES, NO])
async def test_a_remote_tool(chat, spool, office, openai, script, button):
    """The question names server, tool and arguments; the decision goes to the server, once."""
    await office.hire(SERVER)
    script.enqueue(Hosted("mcp_list_tools", {"server_label": "crm", "tools": []}), REMOTE)
    script.enqueue(lambda items: f"approved: {approvals(items)}")
    async with spool(mcp_hosts=("mcp.example.com",)):
        asked = await chat.ask("delete customer 7")
        (question,) = await chat.asked(asked)
        await chat.press(question, YES, chat.bob, told="Only the person who asked can decide this.")
        await chat.press(question, button)
        answer = await chat.answer(asked)
        assert "echo: thanks" == (await chat.talk("thanks")).text

    assert "crm: delete" in question.text
    assert '"id": 7' in question.text
    assert f"approved: {{'mcpr_1': {button == YES}}}" in answer.text
    for request in openai.requests:
        assert [{**SERVER, "require_approval": "always"}] == of_request(request.body, "mcp")
    assert ["user", "assistant", "user"] == [item.get("role") for item in script.requests[-1][1]]


async def test_a_remote_server_that_is_not_allowed(chat, spool, office, openai):
    """It is not offered, and the person learns which tool is missing."""
    await office.hire(SERVER)
    async with spool(mcp_hosts=("other.example.com",)):
        answer = await chat.talk("hello")

    assert answer.text.startswith("echo: hello")
    assert "mcp:crm" in answer.text
    assert [] == of_request(openai.requests[0].body, "mcp")
