"""Long conversations: what no longer fits is summarised after an answer, and still known."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from core.runs.summaries import INSTRUCTIONS
from standins.script.script import Item, Scenario, text_of
from tests.both.chats import answered, texts
from tests.both.office import UNFINISHED
from tests.slack.stage import Pause

FACT = "my cat is called Schrödinger"
BUDGET = 400
DUE = "SELECT 1 FROM summaries WHERE due = 1"
SUMMARISES = INSTRUCTIONS.split(".")[0]


@pytest.fixture(autouse=True)
def _knows_what_it_reads(script: Scenario) -> None:
    """The model writes summaries that keep the fact, and knows the cat's name while it is in the request."""

    def answer(items: Sequence[Item]) -> str:
        said = " ".join(text_of(item) for item in items)
        if script.requests[-1][0].startswith(SUMMARISES):
            return f"- {FACT}" if FACT in said else "- nothing"
        return "Schrödinger." if FACT in said else "I do not know."

    script.otherwise = answer


def asked_with(script: Scenario) -> list[int]:
    """Characters of every request that was no summary."""
    return [
        sum(len(text_of(item)) for item in items)
        for instructions, items in script.requests
        if not instructions.startswith(SUMMARISES)
    ]


def summaries(script: Scenario) -> int:
    """How many were made."""
    return sum(instructions.startswith(SUMMARISES) for instructions, _ in script.requests)


async def test_forty_turns(chat, spool, script, office):
    """Under a small budget, and the first fact is still known; the requests stay short."""
    async with spool(history_tokens=BUDGET):
        asked = await chat.ask(f"{FACT}, remember that")
        for turn in range(40):
            asked = await chat.ask(f"turn {turn}: what is the cat called? " + "x" * 60)
            await answered(chat, asked, "Schrödinger.")
            await office.over(UNFINISHED, DUE)
        told = await chat.command("memory")

    assert summaries(script) >= 2
    assert max(asked_with(script)) < BUDGET * 8
    assert "82 messages" in told
    assert "as a summary" in told
    assert FACT in office.everything_of("items")


async def test_a_restart_while_a_summary_is_made(chat, spool, script, office, openai):
    """It is due until it is there: the next process makes it, without being asked anything."""
    waiting = Pause()
    script.enqueue("Noted.")
    script.enqueue(lambda _: waiting, "Schrödinger.")
    async with spool(history_tokens=BUDGET):
        asked = await chat.ask(f"{FACT} " + "x" * 600)
        await answered(chat, asked, "Noted.")
        await office.over()
        asked = await chat.ask("what is the cat called? " + "x" * 700)
        await chat.until(lambda: len(script.requests) == 2)
        hold = openai.hold("POST /responses")
        waiting.end()
        await answered(chat, asked, "Schrödinger.")
        await openai.until(lambda: hold.waiting == 1)
    assert [(1, "")] == office.rows("SELECT due, text FROM summaries")
    hold.release()
    async with spool(history_tokens=BUDGET):
        await chat.until(lambda: office.rows("SELECT 1 FROM summaries WHERE due = 0 AND text <> ''"))
        asked = await chat.ask("and now?")
        await answered(chat, asked, "Schrödinger.")

    assert 1 == summaries(script)


async def test_the_last_messages_only(chat, spool, script, office):
    """Another strategy of the assistant: what is older is left out, and nobody summarises."""
    await office.hire(truncation_strategy={"type": "last_messages", "last_messages": 3})
    async with spool(history_tokens=BUDGET):
        for text in (FACT, "one", "two"):
            asked = await chat.ask(text)
            await chat.until(lambda asked=asked: texts(chat, asked))
            await office.over()

    first, *rest = [text_of(item) for item in script.requests[-1][1]]
    assert ("one", "two", 3) == (first, rest[-1], 1 + len(rest))
    assert 0 == summaries(script)


async def test_too_long_for_the_model(chat, spool, script, office, openai):
    """A request that is refused for its length is shortened and repeated once."""
    async with spool():
        for text in ("x" * 1500, "y" * 1500):
            asked = await chat.ask(text)
            await chat.until(lambda asked=asked: texts(chat, asked))
            await office.over()
        openai.context_window = 500
        asked = await chat.ask("what is the cat called?")
        await answered(chat, asked, "I do not know.")
