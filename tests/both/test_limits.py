"""What an assistant sets for its runs: which tools must be used, how many at once, how long, in what form."""

from __future__ import annotations

from standins.script.script import Call, outputs
from tests.both.chats import answered, texts

DICE = '@tool\ndef dice() -> int:\n    "Throw one."\n    return 4\n'
FUNCTION = {"type": "function", "function": {"name": "dice"}}


async def test_a_tool_that_must_be_used(chat, spool, office, script, openai):
    """It is demanded of the first response only, else no run would ever end."""
    office.tool("dice", DICE)
    await office.hire(FUNCTION, tool_choice=FUNCTION, parallel_tool_calls=False)
    script.enqueue(Call("dice", id="a"), Call("dice", id="b"))
    script.enqueue(lambda items: f"{outputs(items)}")
    async with spool():
        asked = await chat.ask("throw")
        await answered(chat, asked, "{'a': '4'}")
        await office.over()

    first, second = (request.body for request in openai.requests)
    assert {"type": "function", "name": "dice"} == first["tool_choice"]
    assert "tool_choice" not in second
    assert (False, False) == (first["parallel_tool_calls"], second["parallel_tool_calls"])


async def test_no_tool_at_all(chat, spool, office, openai):
    """Every response of the run is told so."""
    office.tool("dice", DICE)
    await office.hire(FUNCTION, tool_choice="none")
    async with spool():
        asked = await chat.ask("throw")
        await answered(chat, asked, "echo: throw")

    assert "none" == openai.requests[0].body["tool_choice"]


async def test_few_steps(chat, spool, office, script):
    """After the last one the run ends honestly, and the next question works."""
    office.tool("dice", DICE)
    await office.hire(FUNCTION, max_model_calls=2)
    for number in range(2):
        script.enqueue(f"Throw {number}.", Call("dice", id=f"call_{number}"))
    async with spool():
        asked = await chat.ask("throw")
        await chat.until(lambda: "more steps than I am allowed" in "".join(texts(chat, asked)))
        await office.over()
        again = await chat.ask("thanks")
        await answered(chat, again, "echo: thanks")

    assert texts(chat, asked)[0].startswith("Throw 0.\n\nThrow 1.\n\n✂️")
    assert 3 == len(script.requests)


async def test_little_time(chat, spool, office, script):
    """A tool that takes longer than the run may is left alone, and the person is told."""
    office.tool(
        "slow",
        "import asyncio\n\n\n@tool\nasync def slow() -> str:\n    'Wait.'\n    await asyncio.sleep(60)\n"
        "    return ''\n",
    )
    await office.hire({"type": "function", "function": {"name": "slow"}}, run_seconds=1)
    script.enqueue("A moment.", Call("slow"))
    async with spool():
        asked = await chat.ask("wait")
        await chat.until(lambda: "This took too long" in "".join(texts(chat, asked)))
        await office.over()

    assert "" == chat.doing(asked)
    assert texts(chat, asked)[0].startswith("A moment.")


async def test_a_slow_tool_is_a_result(chat, spool, office, script):
    """The tool's own limit is shorter than the run's: the model reads it and goes on."""
    office.tool(
        "slow",
        "import asyncio\n\n\n@tool(seconds=0.1)\nasync def slow() -> str:\n    'Wait.'\n"
        "    await asyncio.sleep(60)\n    return ''\n",
    )
    script.enqueue(Call("slow", id="a"))
    script.enqueue(lambda items: outputs(items)["a"])
    async with spool():
        asked = await chat.ask("wait")
        await chat.until(lambda: "no result within 0.1 seconds" in "".join(texts(chat, asked)))
        await office.over()

    assert [("completed",)] == office.rows("SELECT status FROM runs")


async def test_form_and_temperature(chat, spool, office, openai):
    """A schema, as the old API had it, in the new API's place."""
    schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    wanted = {"type": "json_schema", "json_schema": {"name": "invoice", "schema": schema, "strict": True}}
    await office.hire(response_format=wanted, temperature=0.2, top_p=0.5, reasoning_effort="high")
    async with spool():
        asked = await chat.ask("hello")
        await answered(chat, asked, "echo: hello")

    body = openai.requests[0].body
    assert {"type": "json_schema", "name": "invoice", "schema": schema, "strict": True} == body["text"][
        "format"
    ]
    assert (0.2, 0.5, "high") == (body["temperature"], body["top_p"], body["reasoning"]["effort"])
