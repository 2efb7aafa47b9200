"""What an operator gives and reads: documents for an assistant, and a log without words of people."""

from __future__ import annotations

import asyncio

import pytest

from standins.script.script import Call, Cite, Hosted, Say
from tests import samples
from tests.both.chats import NO, Sent
from tests.both.networks import DiscordChat, SlackChat
from tests.both.requests import making, of_request
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
EXPECTED = {
    ("INFO", "run completed"),
    ("INFO", "tool called"),
    ("INFO", "file refused"),
    ("WARNING", "a tool failed"),
    ("WARNING", "file of the code interpreter is lost"),
    ("WARNING", "run met an error"),
}
"""Level and message of the lines that such a day must have."""


async def test_documents(chat, spool, office, script, openai, tmp_path):
    """Added while the bot runs, searched by the next answer, named under it, removed again."""
    await office.hire()
    document = tmp_path / "handbook.md"
    document.write_text("Dogs are allowed on Fridays.", "utf-8")
    server = {"openai_base_url": openai.base_url, "openai_api_key": "sk-test"}
    async with spool():
        await office.types("files", "add", "HelpBot", str(document), **server)
        (kept,) = openai.files.kept
        cite = Cite({"type": "file_citation", "file_id": kept, "filename": "handbook.md"})
        script.enqueue(Hosted("file_search_call", {"queries": ["dogs"]}), Say("On Fridays."), cite)
        answer = await chat.talk("may I bring my dog?")
        await office.types("files", "remove", "HelpBot", "handbook.md", **server)
        assert "echo: and now?" == (await chat.talk("and now?")).text

    assert "On Fridays.\n\n📄 handbook.md" == answer.text
    (tool,) = of_request(openai.requests[0].body, "file_search")
    assert list(openai.stores.all) == tool["vector_store_ids"]
    assert {} == openai.files.kept


@pytest.mark.promise("P4")
async def test_the_log_of_a_day(slack, discord, spool, script, office, openai):
    """Every line says what happened and to which run; none has what anybody wrote, sent or keeps secret."""
    office.tool("all", TOOLS)
    await office.hire("look", "book", {"type": "code_interpreter"}, instructions=SECRET)
    secrets = (KEY, slack.bot_token, slack.app_token, discord.token)
    with logged("INFO", secrets) as stream:
        async with spool(openai_api_key=KEY, mcp_hosts=("mcp.example.com",)):
            for chat in (SlackChat(slack, office), DiscordChat(discord, office)):
                script.enqueue(Call("look", {"word": SECRET}), Call("book", {"room": SECRET}))
                script.enqueue(f"I said: {SECRET}")
                asked = await chat.ask(f"{SECRET}, is it?")
                (question,) = await chat.asked(asked)
                await chat.press(question, NO)
                assert f"I said: {SECRET}" in (await chat.answer(asked)).text
                refused = Sent("friday.zip", samples.zipped("x"))
                answer = await chat.talk(SECRET, refused, Sent("friday.txt", SECRET.encode()))
                assert "📎" in answer.text
            script.enqueue(*making(friday=SECRET.encode()))
            assert 1 == len((await chat.talk("make it")).files)
            openai.fail("POST /responses", status=500)
            openai.fail("GET /containers/*/content", status=403, times=99)
            script.enqueue(*making(friday=SECRET.encode()))
            assert "could not fetch" in (await chat.talk("make it again")).text

    written = stream.getvalue()
    assert {(line["level"], line["message"]) for line in lines(stream)} >= EXPECTED
    assert [] == [line for line in lines(stream) if line["level"] == "ERROR"]
    assert [] == [hidden for hidden in (*secrets, SECRET, "Friday") if hidden in written]
    for line in lines(stream):
        if line["message"] == "run completed":
            assert {"run_id", "thread_id", "platform", "attempts"} <= line.keys()


FULL = 'CREATE TRIGGER full BEFORE INSERT ON {} BEGIN SELECT "database or disk is full"(); END'
"""SQLite then says it as it does where it is so."""


@pytest.mark.parametrize("table", ["messages", "steps"])
async def test_a_full_disk(chat, spool, office, caplog, table):
    """Whether it meets the question or the answer: who asks is told once, the operator how to end it."""
    async with spool():
        await chat.talk("hello")
        office.change(FULL.format(table))
        question = await chat.ask("are you there?")
        await chat.says(question, "My storage is full or broken")
        await asyncio.sleep(1.5)
        assert 1 == chat.said(question).count("My storage is full")
        assert await chat.ask("and now?")
        office.change("DROP TRIGGER full")
        await chat.says(question, "echo: are you there?")

    errors = [record for record in caplog.records if "Make room on the disk of DATA_DIR" in str(vars(record))]
    assert 1 <= len([one for one in errors if one.levelname == "ERROR"]) <= 2
