"""Responses that go on at the server while nobody listens: a restart in the middle of a run with tools."""

from __future__ import annotations

from functools import partial

import pytest

from standins.script.script import Call, Hosted, outputs
from tests.both.chats import answered, files, texts
from tests.conftest import Product
from tests.slack.stage import Pause

DICE = """
    @tool
    def dice() -> int:
        "Throw one."
        with NOTES.open("a") as notes:
            notes.write("thrown\\n")
        return 4
"""


@pytest.fixture
def background(spool: Product) -> Product:
    """The product with OPENAI_BACKGROUND."""
    return partial(spool, openai_background=True)


async def test_a_restart_in_the_second_response(chat, background, office, script, openai):
    """It is listened to again from its beginning; nothing is asked or called twice."""
    office.tool("dice", DICE)
    waiting = Pause()
    script.enqueue("I throw.", Call("dice", id="a"))
    script.enqueue("A ", lambda _: waiting, lambda items: f"{outputs(items)['a']}.")
    async with background():
        asked = await chat.ask("throw")
        await chat.until(lambda: "I throw.\n\nA" in "".join(texts(chat, asked)))
    waiting.end()
    async with background():
        await answered(chat, asked, "I throw.\n\nA 4.")
        await office.over()

    assert (["thrown"], 2) == (office.noted(), len(openai.requests))
    assert ["I throw.\n\nA 4."] == texts(chat, asked)


async def test_a_picture_that_was_finished_meanwhile(chat, background, office, script, openai):
    """Drawn while nobody listened; posted once."""
    await office.hire({"type": "image_generation"})
    waiting = Pause()
    script.enqueue("Look: ", lambda _: waiting, Hosted("image_generation_call"), "a square.")
    async with background():
        asked = await chat.ask("draw")
        await chat.until(lambda: "Look:" in "".join(texts(chat, asked)))
    waiting.end()
    async with background():
        await answered(chat, asked, files=1)
        await office.over()

    assert (1, 1) == (len(files(chat, asked)), len(openai.requests))
    assert "" == chat.doing(asked)


async def test_nothing_is_left_at_the_server(chat, background, office, script, openai):
    """Each response of the run is deleted there once the answer stands."""
    office.tool("dice", DICE)
    script.enqueue(Call("dice", id="a"))
    script.enqueue("A four.")
    async with background():
        asked = await chat.ask("throw")
        await answered(chat, asked, "A four.")
        await office.over()

    assert [True, True] == [stored.deleted for stored in openai.responses.values()]
