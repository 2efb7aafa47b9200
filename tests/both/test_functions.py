"""Function tools of the operator's folder: seen while they work, read without a restart, bounded."""

from __future__ import annotations

import pytest

from standins.script.script import Call, outputs
from tests.both.office import DICE, WAIT

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
KEY = "sk-proj-abcdefgh12345678"
HOSTILE = """
    @tool
    def ping() -> str:
        "Ping."
        return "<!channel> @everyone <@U1>"

    @tool
    def leak() -> str:
        "Leak."
        return "the key is sk-proj-abcdefgh12345678"

    @tool
    def flood() -> str:
        "Flood."
        return "wave " * 1_000_000
"""


async def test_two_at_once_one_failing(chat, spool, script, office):
    """Each waits for the other one to be called; a broken file beside theirs hides neither."""
    office.tool("a_broken", "def (:\n")
    office.tool("city", TOGETHER)
    script.enqueue(Call("weather", {"city": "Seoul"}, id="a"), Call("traffic", {"city": "Seoul"}, id="b"))
    script.enqueue(lambda items: " / ".join(f"{key}: {value}" for key, value in outputs(items).items()))
    async with spool():
        answer = await chat.talk("how is Seoul?")
        await chat.talk("and now?")

    assert answer.text.startswith("a: rain in Seoul / b: error: ValueError: the sensor is broken")
    kinds = [item.get("type") or item["role"] for item in script.requests[-1][1]]
    calls = ["function_call"] * 2 + ["function_call_output"] * 2
    assert ["user", *calls, "assistant", "user"] == kinds


@pytest.mark.parametrize("before", ["Let me see.", ""], ids=["with words", "without a word"])
async def test_what_it_does_is_visible_until_it_is_done(chat, spool, script, office, before):
    office.tool("words", WAIT)
    script.enqueue(*filter(None, [before]), Call("wait", {"word": "안녕"}))
    script.enqueue("A greeting.")
    async with spool():
        asked = await chat.ask("what is 안녕?")
        await chat.until(lambda: "Using wait" in chat.doing(asked))
        office.notes.touch()
        answer = await chat.answer(asked)

    assert "\n\n".join(filter(None, [before, "A greeting."])) == answer.text
    assert "" == chat.doing(asked)


async def test_files_are_read_without_a_restart(chat, spool, script, office, caplog):
    """New ones and changed ones; one that is broken leaves the others alone."""
    await office.types("tools", "add", "calculator")
    script.enqueue(Call("calculate", {"expression": "6*7"}, id="a"))
    script.enqueue(lambda items: outputs(items)["a"])
    async with spool():
        assert "42" == (await chat.talk("6 times 7?")).text
        office.tool("broken", "1 / 0")
        office.tool("calculator", DICE)
        await chat.until(lambda: "ZeroDivisionError" in caplog.text)  # said when all of them were read
        script.enqueue(Call("dice", id="b"))
        script.enqueue(lambda items: f"A {outputs(items)['b']}.")
        assert "A 4." == (await chat.talk("throw")).text

    built_in = ["calculate", "current_time", "read_channel"]
    offered = [[tool["name"] for tool in script.tools[n]] for n in (0, -1)]
    assert [built_in, [*built_in[:2], "dice", built_in[2]]] == offered


async def test_odd_calls_and_hostile_results(chat, spool, script, office, openai):
    """Read by the model as errors, cut, or without our secrets; what it repeats pings nobody (`unseemly`)."""
    office.tool("hostile", HOSTILE)
    calls = [Call(name, id=name) for name in ("ping", "leak", "flood")]
    script.enqueue(
        *calls, Call("ping", "{", id="bad"), Call("dice;drop", {}, id="odd"), Call("x" * 200, id="x")
    )
    script.enqueue(lambda items: f"It says {outputs(items)['ping']} {outputs(items)['leak']}")
    async with spool(openai_api_key=KEY):
        answer = await chat.talk("go")
        assert "echo: thanks" == (await chat.talk("thanks")).text

    sent, kept = (outputs(request.body["input"]) for request in openai.requests[1:])
    assert {True} == {sent[id].startswith("error") for id in ("bad", "odd", "x")}
    assert 10_000 < len(sent["flood"]) <= 20_000
    assert len(kept["flood"]) <= 4_010
    assert "the key is" in answer.text
    assert KEY not in answer.text + str([request.body for request in openai.requests]) + office.everything()
