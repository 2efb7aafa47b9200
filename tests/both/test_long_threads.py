"""Long conversations: what no longer fits is summarised after an answer, and still known."""

from __future__ import annotations

import pytest

from core.runs.summaries import INSTRUCTIONS
from standins.script.script import text_of
from tests.both.office import UNFINISHED

FACT = "my cat is called Schrödinger"
BUDGET = 400
DUE = "SELECT 1 FROM summaries WHERE due = 1"
SUMMARISES = INSTRUCTIONS.split(".")[0]


@pytest.fixture(autouse=True)
def _knows_what_it_reads(script) -> None:
    """The model writes summaries that keep the fact, and knows the cat's name while it is in the request."""

    def answer(items):
        said = " ".join(text_of(item) for item in items)
        if script.requests[-1][0].startswith(SUMMARISES):
            return f"- {FACT}" if FACT in said else "- nothing"
        return "Schrödinger." if FACT in said else "I do not know."

    script.otherwise = answer


async def test_a_fact_of_long_ago(chat, spool, script, office):
    """Under a small budget the first fact is still known, over restarts; the requests stay short."""
    async with spool(history_tokens=BUDGET):
        await chat.talk(f"{FACT}, remember that")
    for _ in range(2):
        async with spool(history_tokens=BUDGET):
            for turn in range(7):
                answer = await chat.talk(f"turn {turn}: what is the cat called? " + "x" * 160)
                assert "Schrödinger." == answer.text
                await office.over(UNFINISHED, DUE)
            told = await chat.command("memory")

    made = [instructions.startswith(SUMMARISES) for instructions, _ in script.requests]
    sizes = [sum(len(text_of(item)) for item in items) for _, items in script.requests]
    assert sum(made) >= 2
    assert max(size for size, summary in zip(sizes, made, strict=True) if not summary) < BUDGET * 8
    assert "30 messages" in told
    assert "as a summary" in told
    assert FACT in office.everything("items")


async def test_too_long_for_the_model(chat, spool, openai):
    """A request that is refused for its length is shortened and repeated once."""
    async with spool():
        for text in ("x" * 1500, "y" * 1500):
            await chat.talk(text)
        openai.context_window = 800
        assert "I do not know." == (await chat.talk("what is the cat called?")).text

    refused, again = (request.body["input"] for request in openai.requests[2:])
    assert len(again) < len(refused)
