"""Models and tools that misbehave: people get an answer, and nothing secret or endless gets anywhere."""

from __future__ import annotations

import pytest

from standins.script.script import Call, Fault, Hosted, Reason, outputs
from tests.both.chats import answered, texts, words
from tests.both.office import Office

DICE = """
    @tool
    def dice(sides: int = 6) -> str:
        "Throw one."
        with NOTES.open("a") as notes:
            notes.write("thrown\\n")
        return "4"
"""


@pytest.fixture(autouse=True)
def _dice(office: Office) -> None:
    office.tool("dice", DICE)


@pytest.mark.parametrize(
    "arguments", ["{", "[]", "null", '{"sides": "six"}', '{"other": 1}', '{"sides": 6, "sides": 7}', ""]
)
async def test_broken_arguments(discord_chat, spool, script, office, arguments):
    """Become a result the model can read, or are understood; the next question works."""
    chat = discord_chat
    script.enqueue(Call("dice", arguments, id="a"))
    script.enqueue(lambda items: f"Result: {outputs(items)['a']}")
    async with spool():
        asked = await chat.ask("throw")
        await chat.until(lambda: "Result: " in "".join(texts(chat, asked)))
        await office.over()
        again = await chat.ask("thanks")
        await answered(chat, again, "echo: thanks")

    assert [("completed",)] * 2 == office.rows("SELECT status FROM runs")


@pytest.mark.parametrize("name", ["", "no such tool", "dice;drop", "x" * 200, "주사위"])
async def test_broken_names(discord_chat, spool, script, office, name):
    """Are no tool of ours; the thread can still be sent to the server."""
    chat = discord_chat
    script.enqueue(Call(name, {}, id="a"))
    script.enqueue(lambda items: f"Result: {outputs(items)['a']}")
    async with spool():
        asked = await chat.ask("throw")
        await chat.until(lambda: "Result: error" in "".join(texts(chat, asked)))
        await office.over()
        again = await chat.ask("thanks")
        await answered(chat, again, "echo: thanks")

    assert [] == office.noted()


async def test_thoughts_and_hosted_tools_between_calls(chat, spool, script, office, openai):
    """What is sent back is accepted, whatever stood between what it has to go with."""
    await office.hire({"type": "web_search"}, {"type": "function", "function": {"name": "dice"}})
    script.enqueue(
        *(Reason("I look."), Hosted("web_search_call"), Reason("I throw."), Call("dice", id="a")),
        *(Call("dice", id="b"), Reason("That is all.")),
    )
    script.enqueue(Reason("A four."), lambda items: f"{list(outputs(items))}")
    async with spool():
        asked = await chat.ask("throw")
        await answered(chat, asked, "['a', 'b']")
        again = await chat.ask("thanks")
        await answered(chat, again, "echo: thanks")

    assert {200} == {request.status for request in openai.requests}


async def test_a_fault_after_the_tools(chat, spool, script, office, openai):
    """The response to the results breaks off: it is asked for again, and no tool is called again."""
    script.enqueue(Call("dice", id="a"))
    script.enqueue("A ", Fault("cut"))
    script.enqueue("A four.")
    async with spool():
        asked = await chat.ask("throw")
        await answered(chat, asked, "A four.")
        await office.over()

    assert ["thrown"] == office.noted()
    assert ["A four."] == texts(chat, asked)


async def test_secrets_stay_here(chat, spool, script, office, openai):
    """A tool that gives away the bot's own token does not give it to the model."""
    office.tool("leak", f'@tool\ndef leak() -> str:\n    "Leak."\n    return {LEAKED!r}\n')
    script.enqueue(Call("leak", id="a"))
    script.enqueue(lambda items: outputs(items)["a"])
    async with spool(openai_api_key="sk-proj-abcdefgh12345678"):
        asked = await chat.ask("leak")
        await chat.until(lambda: "key" in "".join(texts(chat, asked)))
        await office.over()

    assert "abcdefgh12345678" not in texts(chat, asked)[0]
    assert "abcdefgh12345678" not in str([request.body for request in openai.requests])
    assert "abcdefgh12345678" not in office.everything()


LEAKED = "the key is sk-proj-abcdefgh12345678"


async def test_a_flood(chat, spool, script, office, openai):
    """A tool that returns megabytes: the model gets a part that says so, the thread keeps less."""
    office.tool("flood", '@tool\ndef flood() -> str:\n    "Flood."\n    return "wave " * 1_000_000\n')
    script.enqueue(Call("flood", id="a"))
    script.enqueue("Wet.")
    async with spool():
        asked = await chat.ask("flood")
        await answered(chat, asked, "Wet.")
        await office.over()
        again = await chat.ask("thanks")
        await answered(chat, again, "echo: thanks")

    sent, kept = (outputs(request.body["input"])["a"] for request in openai.requests[1:])
    assert 10_000 < len(sent) <= 20_000
    assert "[cut: this is the beginning of" in sent
    assert len(kept) <= 4_010


async def test_a_tool_cannot_ping(chat, spool, script, office):
    """What a tool returns and the model repeats notifies nobody; `unseemly` looks at every post."""
    office.tool("ping", '@tool\ndef ping() -> str:\n    "Ping."\n    return "<!channel> @everyone <@U1>"\n')
    script.enqueue(Call("ping", id="a"))
    script.enqueue(lambda items: f"It says {outputs(items)['a']}")
    async with spool():
        asked = await chat.ask("ping")
        await chat.until(lambda: "It says" in "".join(texts(chat, asked)))
        await office.over()


async def test_a_name_of_a_tool_cannot_ping(chat, spool, script, office):
    """A remote server chooses the names of its tools, and they stand in tasks and questions."""
    server = {"type": "mcp", "server_label": "crm", "server_url": "https://mcp.example.com/mcp"}
    await office.hire(server)
    request = {"server_label": "crm", "name": "<!channel> @everyone", "arguments": '{"a": "@here <!here>"}'}
    script.enqueue(Hosted("mcp_approval_request", request))
    script.enqueue("Done.")
    async with spool(mcp_hosts=("mcp.example.com",)):
        asked = await chat.ask("go")
        await chat.until(lambda: [post for post in chat.posts(asked) if post.buttons])
        (post,) = [post for post in chat.posts(asked) if post.buttons]
        await chat.press(post, "yes")
        await answered(chat, asked, "Done.")
        await office.over()

    assert words({"input": script.requests[0][1]}) == "go"
