"""What an operator reads in the log of a day with tools, files and faults: facts, no words of people."""

from __future__ import annotations

from typing import Any

from standins.openai import OpenAIStandin
from standins.script.script import Call, Cite, Hosted, Say, Scenario
from tests import samples
from tests.both.chats import NO, Chat, Sent, answered, asks, files, texts
from tests.both.networks import DiscordChat, SlackChat
from tests.logged import lines, logged

KEY = "sk-proj-0123456789abcdef"
SECRET = "the launch is on Friday"
TOOLS = """
    @tool
    def look(word: str) -> str:
        "Look it up."
        raise ValueError("nothing about " + word)

    @tool(confirm=True)
    def book(room: str) -> str:
        "Book it."
        return room
"""
MADE = (
    Hosted("code_interpreter_call", {"code": SECRET}, produces=[("friday.csv", SECRET.encode())]),
    Say("Here."),
    Cite({"type": "container_file_citation", "filename": "friday.csv"}),
)
EXPECTED = {
    ("INFO", "run completed"),
    ("INFO", "tool called"),
    ("INFO", "file refused"),
    ("WARNING", "a tool failed"),
    ("WARNING", "file of the code interpreter is lost"),
    ("WARNING", "run met an error"),
}
"""Level and message of the lines that such a day must have."""


async def a_day(chat: Chat, script: Scenario) -> None:
    """A failing tool, a refused question, a refused file, a file that was made."""
    script.enqueue(Call("look", {"word": SECRET}), Call("book", {"room": SECRET}))
    script.enqueue(f"I said: {SECRET}")
    asked = await chat.ask(f"{SECRET}, is it?")
    await chat.press(await asks(chat, asked), NO)
    await answered(chat, asked, f"I said: {SECRET}")
    asked = await chat.ask(
        SECRET, Sent("friday.zip", samples.zipped("x")), Sent("friday.txt", SECRET.encode())
    )
    await chat.until(lambda: "📎" in "".join(texts(chat, asked)))
    script.enqueue(*MADE)
    asked = await chat.ask("make it")
    await answered(chat, asked, "Here.", files=1)


async def a_bad_hour(chat: Chat, openai: OpenAIStandin) -> None:
    """A fault of the model server, and a file that cannot be fetched any more."""
    openai.fail("POST /responses", status=500)
    openai.fail("GET /containers/*/content", status=403, times=99)
    asked = await chat.ask("make it again")
    await chat.until(lambda: "could not fetch" in "".join(texts(chat, asked)))
    assert [] == files(chat, asked)


def told(stream: Any) -> set[tuple[str, str]]:
    """Level and message of every line."""
    return {(line["level"], line["message"]) for line in lines(stream)}


async def test_a_day(slack, discord, spool, script, office, openai):
    """Every line says what happened and to which run; none has what anybody wrote, sent or keeps secret."""
    office.tool("all", TOOLS)
    names = [{"type": "function", "function": {"name": name}} for name in ("look", "book")]
    await office.hire(*names, {"type": "code_interpreter"}, instructions=SECRET)
    secrets = (KEY, slack.bot_token, slack.app_token, discord.token)
    with logged("INFO", secrets) as stream:
        async with spool(openai_api_key=KEY, mcp_hosts=("mcp.example.com",)):
            for chat in (SlackChat(slack), DiscordChat(discord)):
                await a_day(chat, script)
            script.enqueue(*MADE)
            await a_bad_hour(chat, openai)
            await office.over()

    written = stream.getvalue()
    assert told(stream) >= EXPECTED
    assert [] == [line for line in lines(stream) if line["level"] == "ERROR"]
    for hidden in (*secrets, SECRET, "Friday"):
        assert hidden not in written
    for line in lines(stream):
        if line["message"] == "run completed":
            assert {"run_id", "thread_id", "platform", "attempts"} <= line.keys()
