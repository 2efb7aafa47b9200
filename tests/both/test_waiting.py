"""While a question with buttons is open: stopping, deleting, deadlines, a killed process."""

from __future__ import annotations

import pytest

from standins.script.script import Call, Scenario, outputs
from tests.both.chats import NO, YES, answered, asks, texts
from tests.both.networks import DiscordChat
from tests.both.office import Office
from tests.discord.process import started

BOOK = """
    import time

    @tool(confirm=True)
    def book(room: str) -> str:
        "Book a room."
        with NOTES.open("a") as notes:
            notes.write(f"{room}\\n")
        return f"{room} is booked"

    @tool(confirm=True)
    def book_slowly(room: str) -> str:
        "Book a room."
        with NOTES.open("a") as notes:
            notes.write(f"{room}\\n")
        time.sleep(60)
        return "never"
"""


@pytest.fixture(autouse=True)
def _booking(script: Scenario, office: Office) -> None:
    """The model wants to book a room, and then says what came of it."""
    office.tool("booking", BOOK)
    script.enqueue("I can do that.", Call("book", {"room": "Blue"}, id="call_1"))
    script.enqueue(lambda items: outputs(items)["call_1"])


async def test_stop_ends_the_question(chat, spool, office):
    """What was said stays with our note; the question has no buttons, and nothing is done."""
    async with spool():
        asked = await chat.ask("book it")
        await asks(chat, asked)
        await chat.stop(asked)
        await answered(chat, asked, "I can do that.\n\n⏹ Stopped.")
        await office.over()
        await chat.until(lambda: [] == [post for post in chat.posts(asked) if post.buttons])

    assert [] == office.noted()
    assert [("cancelled",)] == office.rows("SELECT status FROM runs")


async def test_the_deadline_stands_still(chat, spool, office):
    """A person may take longer than a run may."""
    async with spool(run_seconds=1):
        asked = await chat.ask("book it")
        question = await asks(chat, asked)
        (begun,) = office.rows("SELECT created_at FROM approvals")
        await office.later(begun[0] + 1.2)
        await chat.press(question, YES)
        await answered(chat, asked, "✅ Allowed: book")
        await chat.until(lambda: "Blue is booked" in "".join(texts(chat, asked)))

    assert ["Blue"] == office.noted()


async def test_other_conversations_go_on(chat, spool, office, script):
    """A run that waits blocks its own thread only; and a question of before is closed by the order reset."""
    script.answers.insert(1, ("For Bob.",))
    async with spool():
        asked = await chat.ask("book it")
        await asks(chat, asked)
        other = await chat.ask("hello", person=chat.bob)
        await answered(chat, other, "For Bob.")
        await chat.ask("reset")
        await answered(chat, asked, "🚫 Not allowed: book")
        await office.over()

    assert [] == office.noted()


async def test_a_button_of_before_decides_nothing_later(chat, spool, office, script):
    """Somebody whose client still shows it presses it after it was decided."""
    async with spool():
        asked = await chat.ask("book it")
        question = await asks(chat, asked)
        await chat.press(question, NO)
        await answered(chat, asked, "🚫 Not allowed: book")
        await office.over()
        told = await chat.press_old(question, YES)

    assert "decided already" in told
    assert [] == office.noted()


@pytest.mark.slow
async def test_killed_between_effect_and_record(discord, openai, office, script):
    """SIGKILL while the tool works: the next process tells the person and does not repeat it."""
    chat = DiscordChat(discord)
    script.answers.clear()
    script.enqueue(Call("book_slowly", {"room": "Blue"}, id="call_1"))
    script.enqueue(lambda items: outputs(items)["call_1"])
    settings = {"DATA_DIR": str(office.data), "OPENAI_FEATURES": "full"}
    async with started(office.data.parent, discord, openai, **settings):
        await discord.until(lambda: discord.connected, 20)
        asked = await chat.ask("book it")
        await chat.press(await asks(chat, asked), YES)
        await chat.until(office.noted)
    async with started(office.data.parent, discord, openai, **settings):
        await chat.until(lambda: "I did not repeat it" in "".join(texts(chat, asked)), 20)
        await office.over()

    assert ["Blue"] == office.noted()
    for call in [call for call in discord.calls if call.path.endswith("/callback") and call.status == 400]:
        discord.calls.remove(call)  # the gateway tells of the press again, and it was answered already


async def test_stop_while_a_tool_works(chat, spool, office, script):
    """The tool is left, its task goes, and what was said stays; the next question is answered."""
    office.tool(
        "slow",
        "import asyncio\n\n\n@tool\nasync def slow() -> str:\n    'Wait.'\n    NOTES.touch()\n"
        "    await asyncio.sleep(60)\n    return ''\n",
    )
    script.answers.clear()
    script.enqueue("A moment.", Call("slow"))
    async with spool():
        asked = await chat.ask("wait")
        await chat.until(office.notes.exists)
        await chat.until(lambda: texts(chat, asked))
        await chat.stop(asked)
        await answered(chat, asked, "A moment.\n\n⏹ Stopped.")
        await office.over()
        again = await chat.ask("thanks")
        await answered(chat, again, "echo: thanks")

    assert "" == chat.doing(asked)


async def test_stop_while_an_effect_happens(chat, spool, office, script):
    """Nobody knows whether it took effect: that is said, and it is not done again."""
    office.tool(
        "slow",
        "import asyncio\n\n\n@tool(confirm=True)\nasync def slow() -> str:\n    'Wait.'\n"
        "    NOTES.touch()\n    await asyncio.sleep(60)\n    return ''\n",
    )
    script.answers.clear()
    script.enqueue("A moment.", Call("slow"))
    async with spool():
        asked = await chat.ask("wait")
        await chat.press(await asks(chat, asked), YES)
        await chat.until(office.notes.exists)
        await chat.stop(asked)
        await chat.until(lambda: "I do not know whether it took effect" in "".join(texts(chat, asked)))
        await office.over()

    assert "⏹ Stopped." in "".join(texts(chat, asked))
