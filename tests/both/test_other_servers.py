"""Model servers without tools of their own, and models that end or are missing: said, and all else works."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from standins.openai import OpenAIStandin
from standins.script.script import Call, outputs
from tests import samples
from tests.both.chats import YES, Sent
from tests.both.office import BOOK, DICE
from tests.both.requests import parts, words
from tests.logged import lines, logged


@pytest.fixture
async def openai(script, request):
    """The server of the test, with what it is like."""
    async with OpenAIStandin(script, **getattr(request, "param", {})) as standin:
        yield standin


@pytest.mark.parametrize(
    ("openai", "features", "statuses"),
    [
        ({"portable": True}, "auto", [200, 200, 200]),
        ({"portable": True}, "portable", [200, 200, 200]),
        ({"hosted": False}, "full", [400, 200, 200, 400, 200]),
    ],
    indirect=["openai"],
    ids=["auto", "portable", "refusing"],
)
async def test_the_missing_tool_is_named_once(chat, spool, openai, office, script, features, statuses):
    """Functions with and without a button work; a server said to have all is asked each time."""
    office.tool("all", DICE + BOOK)
    await office.hire({"type": "code_interpreter"}, "dice", "book")
    script.enqueue(Call("dice", id="a"), Call("book", {"room": "Blue"}, id="b"))
    script.enqueue(lambda items: " ".join(outputs(items).values()))
    async with spool(openai_features=features):
        asked = await chat.ask("throw, and book it")
        (question,) = await chat.asked(asked)
        await chat.press(question, YES)
        answer = await chat.answer(asked)
        again = await chat.talk("thanks")

    assert "4 Blue is booked\n\nℹ️ " in answer.text
    assert "`code_interpreter`" in answer.text
    assert "dice" not in answer.text
    assert again.text.startswith("echo: thanks")
    assert "full" == features or "ℹ️" not in again.text
    assert statuses == [request.status for request in openai.requests]


@pytest.mark.parametrize("openai", [{"portable": True}], indirect=True, ids=[""])
async def test_files_it_can_read(chat, spool, openai):
    """Pictures, small PDFs and texts go into the request, words later; documents are refused by name."""
    sent = (Sent("cat.png", samples.png()), Sent("plan.pdf", samples.PDF), Sent("notes.txt", b"on Friday"))
    async with spool(openai_features="portable"):
        answer = await chat.talk("look", *sent, Sent("contract.docx", samples.office("docx")))
        await chat.talk("thanks")

    first, second = (request.body for request in openai.requests)
    assert (1, 1) == (len(parts(first, "input_image")), len(parts(first, "input_file")))
    assert "on Friday" in words(first)
    assert "cannot read this kind of file" in answer.text
    assert [] == parts(second, "input_image")
    assert "cat.png" in words(second)
    assert 0 == openai.asked("POST /files")


@pytest.mark.parametrize("chat", ["discord"], indirect=True)
async def test_a_model_that_ends_soon(chat, spool, openai):
    """The operator reads it in the log of the start; people notice nothing."""
    last_day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    openai.models = {"gpt-6-luna": last_day, "gpt-transcribe": None}
    with logged("WARNING") as stream:
        async with spool():
            assert "echo: hello" == (await chat.talk("hello")).text
            await chat.until(lambda: lines(stream))

    (line,) = lines(stream)
    assert "WARNING" == line["level"]
    assert "gpt-6-luna" in line["message"]
    assert last_day in line["message"]


async def test_a_model_that_is_gone(chat, spool, openai, office):
    """Who is asked with it says so; with another one it goes on answering."""
    await office.hire(model="gpt-4-turbo", where=(chat.name, chat.place))
    async with spool():
        assert "my AI model is not available" in (await chat.talk("hello")).text
        await office.types("assistants", "update", "HelpBot", "--model", "gpt-6.1-terra")
        assert "echo: and now?" == (await chat.talk("and now?")).text

    assert [404, 200] == [request.status for request in openai.requests]
