"""Tools, files and questions where things differ: direct messages, threads, a Slack that shows no tasks."""

from __future__ import annotations

import pytest

from standins.script.script import Call, Cite, Hosted, Say, Scenario, outputs
from tests.both.chats import YES, Chat, answered, asks, files, texts
from tests.both.networks import DiscordChat, SlackChat
from tests.both.office import Office
from tests.discord.conversation import ANN, ROOM

SLOW = """
    import asyncio

    @tool
    async def look_up() -> str:
        "Look it up."
        while not NOTES.exists():
            await asyncio.sleep(0.01)
        return "found"

    @tool(confirm=True)
    def book() -> str:
        "Book it."
        return "booked"
"""
PYTHON = {"type": "code_interpreter"}


@pytest.fixture(autouse=True)
def _tools(office: Office) -> None:
    office.tool("all", SLOW)


class DirectSlack(SlackChat):
    """A direct conversation on Slack."""

    place = "D0ANN"

    async def ask(self, text: str, *files: object, person: str = "") -> str:
        """See `Chat.ask`."""
        return await self.standin.say(self.ann, self.place, text)


@pytest.fixture(params=["slack", "discord"])
def private(request: pytest.FixtureRequest) -> Chat:
    """Ann and the bot alone."""
    standin = request.getfixturevalue(request.param)
    if request.param == "slack":
        return DirectSlack(standin)
    chat = DiscordChat(standin)
    chat.place = standin.dm(ANN)
    return chat


async def everything(chat: Chat, script: Scenario, office: Office) -> str:
    """A task that is seen, a question that is allowed, a file that is posted; the question's id."""
    script.enqueue(Call("look_up"))
    script.enqueue(Call("book", id="a"))
    script.enqueue(
        Hosted("code_interpreter_call", produces=[("a.csv", b"1")]),
        lambda items: Say(outputs(items)["a"]),
        Cite({"type": "container_file_citation", "filename": "a.csv"}),
    )
    asked = await chat.ask("do it all")
    await chat.until(lambda: "look_up" in chat.doing(asked))
    office.notes.touch()
    await chat.press(await asks(chat, asked), YES)
    await answered(chat, asked, "booked", files=1)
    await office.over()
    return asked


async def test_in_private(private, spool, script, office):
    """All of it works in a direct message."""
    await office.hire(PYTHON, {"type": "function", "function": {"name": "*"}})
    async with spool():
        asked = await everything(private, script, office)

    assert [("a.csv", b"1")] == files(private, asked)
    assert "" == private.doing(asked)


async def test_in_a_thread_on_discord(discord, spool, script, office):
    """Everything stays in the thread."""
    await office.hire(PYTHON, {"type": "function", "function": {"name": "*"}})
    chat = DiscordChat(discord)
    chat.place = discord.add_thread(ROOM)
    async with spool():
        asked = await everything(chat, script, office)

    assert [("a.csv", b"1")] == files(chat, asked)
    assert [] == discord.posts(ROOM)


@pytest.mark.parametrize("refused", ["chunks", "streams"])
async def test_a_slack_that_shows_no_tasks(slack, spool, script, office, refused):
    """Where streams take no cards, or there are no streams, the status line tells; the answer is the same."""
    await office.hire(PYTHON, {"type": "function", "function": {"name": "*"}})
    if refused == "chunks":
        slack.refuse_chunks()
    else:
        slack.fail("chat.startStream", error="method_not_supported_for_channel_type", times=99)
    chat = SlackChat(slack)
    async with spool():
        asked = await everything(chat, script, office)
        await chat.until(lambda: chat.doing(asked) == "")

    assert ["booked"] == [text for text in texts(chat, asked) if "✅" not in text]
    assert [("a.csv", b"1")] == files(chat, asked)


async def test_in_a_slack_thread(slack, spool, script, office):
    """Asked inside a thread of others: everything stays there."""
    await office.hire(PYTHON, {"type": "function", "function": {"name": "*"}})
    root = await slack.say("U0BOB", "C0123ABC", "hello everybody")

    class Inside(SlackChat):
        async def ask(self, text: str, *files: object, person: str = "") -> str:
            await self.standin.mention(self.ann, self.place, text, root)
            return str(root)

    chat = Inside(slack)
    async with spool():
        asked = await everything(chat, script, office)

    assert [("a.csv", b"1")] == files(chat, asked)
    assert len(chat.posts(root)) == len(slack.posts("C0123ABC"))
