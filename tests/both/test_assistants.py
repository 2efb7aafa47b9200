"""Assistants: created, changed and assigned from a shell while the bot runs; the next answer is theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from standins.openai.service import DEFAULT_MODELS
from standins.script.script import Call, Scenario
from tests.both.chats import Chat, answered, texts
from tests.both.networks import DiscordChat
from tests.discord.conversation import GUILD, ROOM

PRINTED = sorted((Path(__file__).parents[1] / "events" / "assistants").glob("*.json"))


@pytest.fixture(autouse=True)
def _says_who(script: Scenario) -> None:
    """Every answer tells which instructions it was given."""
    script.otherwise = lambda _: f"I was told: {script.requests[-1][0]}"


async def who(chat: Chat, person: str = "") -> str:
    """Who answers there now."""
    asked = await chat.ask("who are you?", person=person)
    await chat.until(lambda: "".join(texts(chat, asked)).startswith("I was told:"))
    (post,) = await answered(chat, asked)
    return post.text.removeprefix("I was told: ")


async def test_a_shell_beside_the_running_bot(chat, spool, office):
    """Created, used, changed and taken away again: each is heard in the next answer."""
    async with spool(assistant_instructions="The settings."):
        assert "The settings." == await who(chat)
        command = ["assistants", "create", "--name", "HelpBot", "--instructions", "You help."]
        made = await office.gets(*command)
        assert "The settings." == await who(chat)
        await office.types("assistants", "use", "HelpBot", f"--{chat.name}", chat.place)
        assert "You help." == await who(chat)
        await office.over()

    assert (made["id"], 1) in office.rows("SELECT assistant_id, assistant_version FROM runs")


async def test_an_update_counts_from_the_next_run_on(chat, spool, office):
    """The runs tell which version answered."""
    made = await office.hire(instructions="First.")
    async with spool():
        assert "First." == await who(chat)
        await office.types("assistants", "update", "HelpBot", "--instructions", "Second.")
        assert "Second." == await who(chat)
        await office.over()

    assert [(made.id, 1), (made.id, 2)] == office.rows(
        "SELECT assistant_id, assistant_version FROM runs ORDER BY seq"
    )


async def test_a_run_keeps_who_it_began_with(chat, spool, office, script):
    """Changed between two responses of one run: both are of the same version, after a restart too."""
    office.tool(
        "wait",
        "import asyncio\n\n\n@tool\nasync def wait() -> str:\n    'Wait.'\n"
        "    while not NOTES.exists():\n        await asyncio.sleep(0.01)\n    return 'done'\n",
    )
    await office.hire({"type": "function", "function": {"name": "wait"}}, instructions="First.")
    script.enqueue(Call("wait"))
    async with spool():
        asked = await chat.ask("who are you?")
        await chat.until(lambda: "wait" in chat.doing(asked))
        await office.types("assistants", "update", "HelpBot", "--instructions", "Second.")
    office.notes.touch()
    async with spool():
        await answered(chat, asked, "I was told: First.")
        assert "Second." == await who(chat)


async def test_the_nearest_assignment_wins(chat, spool, office):
    """Channel, then workspace or server, then everywhere, then the settings."""
    for place, text in (
        ((chat.name, chat.place), "Of the channel."),
        ((chat.name, chat.wider), "Of the workspace."),
        (("", "default"), "Of everywhere."),
    ):
        await office.hire(where=place, name=text[:-1], instructions=text)
    use = ("assistants", "use", "none", f"--{chat.name}")
    async with spool(assistant_instructions="Of the settings."):
        assert "Of the channel." == await who(chat)
        await office.types(*use, chat.place, "--json")
        assert "Of the workspace." == await who(chat)
        await office.types(*use, chat.wider)
        assert "Of everywhere." == await who(chat)
        await office.types("assistants", "use", "none", "--default")
        assert "Of the settings." == await who(chat)


async def test_a_thread_and_the_channel_it_is_in(discord, spool, office):
    """On Discord a thread may have one of its own, else that of its channel."""
    own, other = discord.add_thread(ROOM), discord.add_thread(ROOM)
    await office.hire(where=("discord", GUILD), instructions="Of the server.", name="A")
    await office.hire(where=("discord", ROOM), instructions="Of the channel.", name="B")
    await office.hire(where=("discord", own), instructions="Of the thread.", name="C")
    heard = []
    async with spool():
        for place in (own, other, ROOM, discord.add_channel(GUILD)):
            chat = DiscordChat(discord)
            chat.place = place
            heard.append(await who(chat))

    assert ["Of the thread.", "Of the channel.", "Of the channel.", "Of the server."] == heard


async def test_a_deleted_one_answers_nowhere(chat, spool, office):
    """Only with --force, because it is assigned; the next answer is somebody else's."""
    await office.hire(instructions="I go.", where=(chat.name, chat.place))
    async with spool(assistant_instructions="The settings."):
        assert "I go." == await who(chat)
        await office.types("assistants", "delete", "HelpBot", status=2)
        assert "I go." == await who(chat)
        await office.types("assistants", "delete", "HelpBot", "--force")
        assert "The settings." == await who(chat)


async def test_two_side_by_side(chat, spool, office):
    """In two channels, asked at the same time by two people: each answers as itself."""
    other = type(chat)(chat.standin)
    other.place = "C0999XYZ" if chat.name == "slack" else chat.standin.add_channel(GUILD)
    await office.hire(where=(chat.name, chat.place), instructions="One.", name="A")
    await office.hire(where=(chat.name, other.place), instructions="Two.", name="B")
    async with spool():
        asked = [
            await chat.ask("x"),
            await other.ask("x", person=chat.bob),
            await chat.ask("x", person=chat.bob),
        ]
        await answered(chat, asked[0], "I was told: One.")
        await answered(other, asked[1], "I was told: Two.")
        await answered(chat, asked[2], "I was told: One.")


def old() -> list[dict[str, Any]]:
    """Five assistants as the old API printed them: alone, in a list, in its list object."""
    found: list[dict[str, Any]] = []
    for path in PRINTED:
        printed = json.loads(path.read_text("utf-8"))
        found += printed if isinstance(printed, list) else printed.get("data", [printed])
    return found


async def test_five_of_the_old_api(chat, spool, office, openai, tmp_path):
    """Imported while the bot runs; one of them is used, and answers with a model that exists."""
    listed = tmp_path / "old.json"
    listed.write_text(json.dumps(old()), "utf-8")
    async with spool():
        brought = await office.gets("assistants", "import", str(listed))
        await office.types("assistants", "use", "Math Tutor", f"--{chat.name}", chat.place)
        assert (await who(chat)).startswith("You are a personal math tutor.")

    assert 5 == len({one["id"] for one in brought["data"]})
    assert openai.requests[-1].body["model"] in DEFAULT_MODELS


@pytest.mark.parametrize("number", range(5))
async def test_each_of_them_answers(discord, spool, office, openai, number):
    """What it had at the old API and nobody has here (files, stores, functions) does not get in its way."""
    one = old()[number]
    path = office.data.parent / "old.json"
    path.write_text(json.dumps(one), "utf-8")
    (brought,) = (await office.gets("assistants", "import", str(path)))["data"]
    await office.assigns(brought["id"])
    openai.models = {brought["model"]: None}
    async with spool():
        assert (await who(DiscordChat(discord))).startswith(one["instructions"])

    assert [200] == [request.status for request in openai.requests]
