"""Assistants: an operator's commands and admins' orders count from the next answer on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigError
from standins.openai.service import DEFAULT_MODELS
from tests.both.chats import Chat

PRINTED = sorted((Path(__file__).parents[1] / "events" / "assistants").glob("*.json"))
PROGRAM = ("--instructions", "You help.")


@pytest.fixture(autouse=True)
def _says_who(script) -> None:
    """Every answer tells which instructions it was given, without what it is told of itself."""
    script.otherwise = lambda _: script.requests[-1][0].partition("\n\nAbout you")[0]


async def who(chat: Chat, person: str = "") -> str:
    return (await chat.talk("who are you?", person=person)).text


async def test_commands_beside_the_running_bot(chat, spool, office):
    """Created, used, changed and taken away again: each is heard in the next answer, and runs tell of it."""
    async with spool(assistant_instructions="The settings."):
        created = await office.types("assistants", "create", "--name", "HelpBot", *PROGRAM, "--json")
        assert "The settings." == await who(chat)
        await office.types("assistants", "use", "HelpBot", f"--{chat.name}", chat.place)
        assert "You help." == await who(chat)
        await office.types("assistants", "update", "HelpBot", "--instructions", "You rhyme.")
        assert "You rhyme." == await who(chat)
        with pytest.raises(ConfigError):
            await office.types("assistants", "delete", "HelpBot")
        assert "You rhyme." == await who(chat)
        await office.types("assistants", "delete", "HelpBot", "--force")
        assert "The settings." == await who(chat)

    id = json.loads(created)["id"]
    runs = office.rows("SELECT assistant_id, assistant_version FROM runs ORDER BY seq")
    assert [(id, 1), (id, 2), (id, 2)] == runs[1:-1]


async def test_the_nearest_assignment_wins(chat, spool, office):
    """Channel, then workspace or server, then everywhere, then the settings."""
    places = {"Of the channel.": chat.place, "Of the workspace.": chat.wider}
    for text, place in places.items():
        await office.hire(where=(chat.name, place), name=text[:-1], instructions=text)
    await office.hire(name="Everywhere", instructions="Of everywhere.")
    heard = []
    async with spool(assistant_instructions="Of the settings."):
        for place in (f"--{chat.name}", chat.place), (f"--{chat.name}", chat.wider), ("--default",), ():
            heard.append(await who(chat))
            if place:
                await office.types("assistants", "use", "none", *place)

    assert [*places, "Of everywhere.", "Of the settings."] == heard


async def test_five_of_the_old_api(chat, spool, office, openai, tmp_path):
    """Imported while the bot runs; what they had there and nobody has here does not get in their way."""
    old: list[dict[str, Any]] = []
    for path in PRINTED:
        printed = json.loads(path.read_text("utf-8"))
        old += printed if isinstance(printed, list) else printed.get("data", [printed])
    listed = tmp_path / "old.json"
    listed.write_text(json.dumps(old), "utf-8")
    async with spool():
        brought = json.loads(await office.types("assistants", "import", str(listed), "--json"))["data"]
        openai.models = dict.fromkeys([*DEFAULT_MODELS, *(one["model"] for one in brought)])
        for one, was in zip(brought, old, strict=True):
            await office.types("assistants", "use", one["id"], f"--{chat.name}", chat.place)
            assert (await who(chat)).startswith(was["instructions"])

    assert 5 == len({one["id"] for one in brought})
    assert {200} == {request.status for request in openai.requests}


async def test_orders_show_and_switch(chat, spool, office):
    """Anybody may ask who answers and what is remembered; only they see it. Admins switch their channel."""
    one = await office.hire(instructions="You help.")
    other = await office.hire(name="Poet", instructions="You rhyme.", where=("slack", "C0ELSEWHERE"))
    async with spool(admins=(chat.ann,)):
        assert "I remember nothing here yet" in await chat.command("memory")
        told = await chat.command("assistant", person=chat.bob)
        assert {True} == {text in told for text in ("HelpBot", one.id, "Poet")}
        assert "You help." not in told
        assert "Poet" in await chat.command("assistant", "poet")
        assert "You rhyme." == await who(chat, chat.bob)
        assert "HelpBot" in await chat.command("assistant", one.id)
        assert "You help." == await who(chat)
        told = await chat.command("memory")
        assert "This conversation has 2 messages" in told
        assert told == (await chat.talk("memory")).text

    assert other.id in office.everything("runs")


async def test_an_audience_and_who_is_not_in_it(chat, spool, office):
    """Ann is answered; Bob is told who does not answer him, and an admin what is in force for him."""
    await office.types("assistants", "create", "--name", "Poet", "--audience", f"{chat.name}:{chat.ann}")
    await office.types("assistants", "use", "Poet", "--default")
    whom = {"text": f"<@{chat.bob}>"} if chat.name == "slack" else {"options": {"person": chat.bob}}
    command = ("/" * (chat.name == "slack")) + "access"
    async with spool(admins=(chat.ann,)):
        await who(chat)
        question = await chat.ask("who are you?", person=chat.bob)
        notices: Any = chat.standin.workspace.ephemerals if chat.name == "slack" else None
        await chat.until(lambda: notices or (notices is None and chat.posts(question)))
        (notice,) = notices or chat.posts(question)
        assert "“Poet”" in await chat.command("assistant", person=chat.bob)
        assert "Only admins" in await chat.command("access", person=chat.bob)
        explained = await chat.standin.slash(chat.ann, chat.place, command, **whom)

    assert "“Poet”" in notice.text
    assert f"{chat.bob} is not answered" in str(explained)
    assert 1 == len(office.rows("SELECT 1 FROM usage"))


async def test_orders_that_nobody_follows(chat, spool, office):
    """Others are told whom to ask; a name nobody has pings nobody; what Bob said is not in Ann's memory."""
    await office.hire(instructions="You help.")
    async with spool(admins=(chat.ann,)):
        assert "Only admins" in await chat.command("assistant", "Poet", person=chat.bob)
        told = await chat.command("assistant", "<!channel> @everyone")
        assert "You help." == await who(chat, chat.bob)
        assert "I remember nothing here yet" in await chat.command("memory")

    assert "There is no assistant" in told
    assert "<!channel>" not in told or chat.name == "discord"
