"""A model server that has no tools of its own: what an assistant lacks there is said, all else works."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from standins.openai import OpenAIStandin
from standins.script.script import Call, Scenario, outputs
from tests import samples
from tests.both.chats import Sent, answered, parts, texts, words
from tests.both.office import Office

TOOLS = ({"type": "code_interpreter"}, {"type": "function", "function": {"name": "dice"}})


@pytest.fixture
async def openai(script: Scenario) -> AsyncIterator[OpenAIStandin]:
    """A compatible server."""
    async with OpenAIStandin(script, portable=True) as standin:
        yield standin


@pytest.fixture(autouse=True)
async def _dice(office: Office, script: Scenario) -> None:
    """An assistant with a tool that works everywhere, and one that does not."""
    office.tool("dice", '@tool\ndef dice() -> int:\n    "Throw one."\n    return 4\n')
    await office.hire(*TOOLS)
    script.enqueue(Call("dice", id="call_1"))
    script.enqueue(lambda items: f"A {outputs(items)['call_1']}.")


@pytest.mark.parametrize("features", ["auto", "portable"])
async def test_the_missing_tool_is_named_once(chat, spool, openai, office, features):
    """The function works, and the server is never sent what it does not have."""
    async with spool(openai_features=features):
        asked = await chat.ask("throw")
        await chat.until(lambda: "A 4." in "".join(texts(chat, asked)))
        await answered(chat, asked)
        await office.over()
        again = await chat.ask("thanks")
        await chat.until(lambda: "echo: thanks" in "".join(texts(chat, again)))
        await office.over()

    (text,) = texts(chat, asked)
    assert text.startswith("A 4.\n\nℹ️ ")
    assert "`code_interpreter`" in text
    assert "dice" not in text
    assert ["echo: thanks"] == texts(chat, again)
    assert {200} == {request.status for request in openai.requests}


async def test_files_it_can_read(chat, spool, openai, script):
    """Pictures, small PDFs and texts go into the request; an office document is refused by name."""
    script.answers.clear()
    notes, word = Sent("notes.txt", b"on Friday"), Sent("contract.docx", samples.office("docx"))
    sent = (Sent("cat.png", samples.png()), Sent("plan.pdf", samples.PDF), notes, word)
    async with spool(openai_features="portable"):
        asked = await chat.ask("look", *sent)
        await chat.until(lambda: "⚠️" in "".join(texts(chat, asked)))

    body = openai.requests[0].body
    assert (1, 1) == (len(parts(body, "input_image")), len(parts(body, "input_file")))
    assert "on Friday" in words(body)
    assert "cannot read this kind of file" in texts(chat, asked)[0]
    assert 0 == openai.asked("POST /files")


async def test_pictures_are_words_later(chat, spool, openai, script, office):
    """The server keeps no files: the next question tells that there was a picture."""
    script.answers.clear()
    async with spool(openai_features="portable"):
        asked = await chat.ask("look", Sent("cat.png", samples.png()))
        await chat.until(lambda: "echo: look" in "".join(texts(chat, asked)))
        await office.over()
        again = await chat.ask("thanks")
        await answered(chat, again, "echo: thanks")

    assert [] == parts(openai.requests[1].body, "input_image")
    assert "cat.png" in words(openai.requests[1].body)


async def test_confirmation_works_here_as_well(chat, spool, script, office):
    """Buttons need nothing of the model server."""
    script.answers.clear()
    office.tool("book", '@tool(confirm=True)\ndef book() -> str:\n    "Book."\n    return "booked"\n')
    await office.hire({"type": "function", "function": {"name": "book"}}, name="Booker")
    script.enqueue(Call("book", id="call_1"))
    script.enqueue(lambda items: outputs(items)["call_1"])
    async with spool(openai_features="portable"):
        asked = await chat.ask("book")
        await chat.until(lambda: [post for post in chat.posts(asked) if post.buttons])
        (post,) = [post for post in chat.posts(asked) if post.buttons]
        await chat.press(post, "yes")
        await answered(chat, asked, "booked")
