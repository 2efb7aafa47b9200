"""A server with OpenAI's own fields and without its tools: found out by being refused."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from standins.openai import OpenAIStandin
from standins.script.script import Call, Scenario, outputs
from tests.both.chats import answered, texts


@pytest.fixture
async def openai(script: Scenario) -> AsyncIterator[OpenAIStandin]:
    """It refuses every tool that is no function."""
    async with OpenAIStandin(script, hosted=False) as standin:
        yield standin


async def test_the_rest_goes_on_working(chat, spool, openai, office, script):
    """The refused request is repeated without them; the person learns which one is missing."""
    office.tool("dice", '@tool\ndef dice() -> int:\n    "Throw one."\n    return 4\n')
    await office.hire(
        {"type": "web_search"},
        {"type": "code_interpreter"},
        {"type": "function", "function": {"name": "dice"}},
    )
    script.enqueue(Call("dice", id="call_1"))
    script.enqueue(lambda items: f"A {outputs(items)['call_1']}.")
    async with spool():
        asked = await chat.ask("throw")
        await chat.until(lambda: "A 4." in "".join(texts(chat, asked)))
        await answered(chat, asked)
        await office.over()

    (text,) = texts(chat, asked)
    assert text.startswith("A 4.\n\nℹ️ ")
    assert "`web_search`" in text
    assert "`code_interpreter`" in text
    assert [400, 200, 200] == [request.status for request in openai.requests]
