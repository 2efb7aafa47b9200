"""Function tools of the operator's folder, from the question to the answer."""

from __future__ import annotations

import asyncio
import logging

import pytest

from standins.script.script import Call, Say, outputs
from tests.both.chats import Chat, answered, files, texts, words
from tests.slack.stage import Pause

TOGETHER = """
    import threading
    both = threading.Barrier(2)

    @tool
    def weather(city: str) -> str:
        "The weather in a city."
        both.wait(5)
        return f"rain in {city}"

    @tool
    def traffic(city: str) -> str:
        "The traffic in a city."
        both.wait(5)
        raise ValueError("the sensor is broken")
"""
STOCK = """
    @tool
    def stock() -> str:
        "How many bolts there are."
        return "{count}"
"""
SLOW = """
    import asyncio

    @tool
    async def look_up(word: str) -> str:
        "Look a word up."
        while not NOTES.exists():
            await asyncio.sleep(0.01)
        return f"{word} means good day"
"""


async def test_two_at_once_one_failing(chat, spool, script, office):
    """Each waits for the other one to be called; the model reads a result and an error, and answers."""
    office.tool("city", TOGETHER)
    script.enqueue(Call("weather", {"city": "Seoul"}, id="a"), Call("traffic", {"city": "Seoul"}, id="b"))
    script.enqueue(lambda items: " / ".join(f"{key}: {value}" for key, value in outputs(items).items()))
    async with spool():
        asked = await chat.ask("how is Seoul?")
        await chat.until(lambda: "the sensor" in "".join(texts(chat, asked)))
        (post,) = await answered(chat, asked)

    assert post.text.startswith("a: rain in Seoul / b: error:")
    assert "ValueError: the sensor is broken" in post.text
    assert "Traceback" not in post.text


@pytest.mark.parametrize("before", [True, False], ids=["changed", "new"])
async def test_a_file_is_read_without_a_restart(chat, spool, script, office, caplog, before):
    """Whether it was there already or not; a file that is broken then leaves the others alone."""
    if before:
        office.tool("bolts", STOCK.format(count=1))
    for id in ("a", "b"):
        script.enqueue(Call("stock", {}, id=id))
        script.enqueue(lambda items: f"Counted: {list(outputs(items).values())[-1]}")
    async with spool():
        first = await _counted(chat, "how many?")
        office.tool("broken", "1 / 0")
        office.tool("bolts", STOCK.format(count=23))
        await chat.until(lambda: "ZeroDivisionError" in caplog.text)  # said when all of them were read
        second = await _counted(chat, "and now?")

    assert ("Counted: 1" == first) is before
    assert "Counted: 23" == second


@pytest.mark.slow
@pytest.mark.parametrize("chat", ["discord"], indirect=True)
async def test_a_file_that_is_being_written_is_waited_for(chat, spool, script, office, caplog):
    """Its tool of before works until it stands still: what is half there is not read."""
    office.tool("bolts", STOCK.format(count=1))
    for id in ("a", "b"):
        script.enqueue(Call("stock", {}, id=id))
        script.enqueue(lambda items: f"Counted: {list(outputs(items).values())[-1]}")
    caplog.set_level(logging.INFO)
    async with spool():
        for length in range(12):
            office.tool("bolts", "def half(" + " " * length)
            await asyncio.sleep(0.3)
        first = await _counted(chat, "how many?")
        office.tool("bolts", STOCK.format(count=23))
        await chat.until(lambda: "read anew" in caplog.text)
        second = await _counted(chat, "and now?")

    assert ("Counted: 1", "Counted: 23") == (first, second)
    assert "SyntaxError" not in caplog.text


async def _counted(chat: Chat, question: str) -> str:
    asked = await chat.ask(question)
    await chat.until(lambda: "Counted: " in "".join(texts(chat, asked)))
    (post,) = await answered(chat, asked)
    return post.text


async def test_what_it_does_is_visible_until_it_is_done(chat, spool, script, office):
    """While the tool works its name stands there; beside the answer nothing of it is left."""
    office.tool("words", SLOW)
    script.enqueue("Let me see.", Call("look_up", {"word": "안녕"}))
    script.enqueue("It is a greeting.")
    async with spool():
        asked = await chat.ask("what is 안녕?")
        await chat.until(lambda: "Using look_up" in chat.doing(asked))
        during = chat.posts(asked)
        office.notes.touch()
        (post,) = await answered(chat, asked, "Let me see.\n\nIt is a greeting.")
        await office.over()

    assert "Let me see." in during[0].text
    assert "" == chat.doing(asked)
    assert "look_up" not in post.text


async def test_without_a_word_before_it(chat, spool, script, office):
    """A tool that is called at once is shown as well, and leaves nothing behind."""
    office.tool("words", SLOW)
    script.enqueue(Call("look_up", {"word": "안녕"}))
    script.enqueue("A greeting.")
    async with spool():
        asked = await chat.ask("what is 안녕?")
        await chat.until(lambda: "Using look_up" in chat.doing(asked))
        office.notes.touch()
        await answered(chat, asked, "A greeting.")
        await office.over()

    assert ["A greeting."] == texts(chat, asked)
    assert "" == chat.doing(asked)


async def test_the_thread_remembers_calls(chat, spool, script, office):
    """The next question brings call and result along, in pairs."""
    office.tool("dice", '@tool\ndef dice() -> int:\n    "Throw one."\n    return 4\n')
    script.enqueue(Call("dice", id="call_1"))
    script.enqueue("A four.")
    async with spool():
        asked = await chat.ask("throw")
        await answered(chat, asked, "A four.")
        asked = await chat.ask("what was it?")
        await answered(chat, asked, "echo: what was it?")

    kinds = [item.get("type") or item["role"] for item in script.requests[-1][1]]
    assert ["user", "function_call", "function_call_output", "assistant", "user"] == kinds
    assert {"call_1": "4"} == outputs(script.requests[-1][1])


async def test_a_tool_may_give_a_file(chat, spool, script, office):
    """It is posted once; the model is told its name, and not its bytes."""
    office.tool(
        "report",
        '@tool\ndef report() -> tuple[str, FileResult]:\n    "Make it."\n'
        '    return "made", FileResult("report.csv", "day,rain\\nFriday,1\\n")\n',
    )
    script.enqueue(Call("report"))
    script.enqueue("Here it is.")
    async with spool():
        asked = await chat.ask("the report, please")
        await answered(chat, asked, "Here it is.", files=1)
        await office.over()

    assert [("report.csv", b"day,rain\nFriday,1\n")] == files(chat, asked)
    (output,) = outputs(script.requests[-1][1]).values()
    assert "report.csv" in output
    assert "Friday" not in output


async def test_a_tool_nobody_has(chat, spool, script, office):
    """The model is told, and goes on with what there is."""
    office.tool("dice", '@tool\ndef dice() -> int:\n    "Throw one."\n    return 4\n')
    script.enqueue(Call("coin"))
    script.enqueue("I have no coin.")
    async with spool():
        asked = await chat.ask("throw")
        await answered(chat, asked, "I have no coin.")

    (output,) = outputs(script.requests[-1][1]).values()
    assert output.startswith("error:")
    assert "coin" in output


async def test_a_broken_file_hides_no_other(chat, spool, script, office):
    """The tools that can be loaded are offered."""
    office.tool("a_broken", "def (:\n")
    office.tool("dice", '@tool\ndef dice() -> int:\n    "Throw one."\n    return 4\n')
    async with spool():
        asked = await chat.ask("hello")
        await answered(chat, asked, "echo: hello")

    assert ["dice"] == [tool["name"] for tool in script.tools[0]]


async def test_sixteen_steps_and_no_more(chat, spool, script, office):
    """A model that never comes to an end is ended, honestly, with what it said so far."""
    office.tool("dice", '@tool\ndef dice() -> int:\n    "Throw one."\n    return 4\n')
    script.otherwise = lambda items: [Say("Again. "), Call("dice", id=f"call_{len(items)}")]
    async with spool():
        asked = await chat.ask("throw until it is a seven")
        await chat.until(lambda: "more steps than I am allowed" in "".join(texts(chat, asked)))
        await office.over()

    assert 16 == len(script.requests)
    assert [("incomplete", "step_limit")] == office.rows("SELECT status, error FROM runs")


async def test_a_restart_does_not_repeat_finished_calls(chat, spool, script, office):
    """The process stops while the model reads the results: the next one sends them again, without a call."""
    office.tool(
        "dice",
        '@tool\ndef dice() -> int:\n    "Throw one."\n    with NOTES.open("a") as notes:\n'
        '        notes.write("thrown\\n")\n    return 4\n',
    )
    waiting = Pause()
    script.enqueue(Call("dice", id="call_1"))
    script.enqueue(lambda _: waiting, "A four.")
    async with spool():
        asked = await chat.ask("throw")
        await chat.until(lambda: len(script.requests) == 2)
    waiting.end()
    script.enqueue("A four.")
    async with spool():
        await answered(chat, asked, "A four.")
        await office.over()

    assert ["thrown"] == office.noted()
    assert [{"call_1": "4"}] * 2 == [outputs(items) for _, items in script.requests[1:]]


async def test_only_what_an_assistant_names(chat, spool, script, office):
    """Of the functions in the folder it is offered its own, and others are no tools for it."""
    office.tool(
        "two",
        '@tool\ndef dice() -> int:\n    "Throw."\n    return 4\n\n\n@tool\ndef coin() -> str:\n'
        '    "Toss."\n    return "heads"\n',
    )
    await office.hire({"type": "function", "function": {"name": "coin"}}, name="Tosser")
    script.enqueue(Call("dice"))
    script.enqueue("No dice.")
    async with spool():
        asked = await chat.ask("throw")
        await answered(chat, asked, "No dice.")

    assert ["coin"] == [tool["name"] for tool in script.tools[0]]
    (output,) = outputs(script.requests[-1][1]).values()
    assert output.startswith("error:")
    assert words({"input": script.requests[0][1]}) == "throw"
