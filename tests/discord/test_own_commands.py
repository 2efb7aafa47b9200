"""`/assistant` and `/memory`: answered at once, for the person alone, in their language."""

from __future__ import annotations

import pytest

from core.texts import text
from tests.discord.conversation import ANN, BOB, ROOM, dm, exchange, shows
from tests.registered import register


async def test_the_commands_are_offered_with_their_option(discord, product):
    """In servers and in direct messages; the name may be left out."""
    async with product():
        await discord.until(lambda: len(discord.commands) == 3)

    options = {command["name"]: command.get("options") or [] for command in discord.commands}
    assert ([], []) == (options["reset"], options["memory"])
    assert [("name", 3, False)] == [
        (option["name"], option["type"], option.get("required", False)) for option in options["assistant"]
    ]


async def test_assistant_shows_the_current_one_and_the_others(discord, product, tmp_path):
    """Nobody else sees it, and nobody is pinged by a name."""
    async with product(assistant_name="Rob"):
        other = await register(tmp_path / "data", "Moritz")
        await discord.until(lambda: discord.commands)
        reply = await discord.slash(ANN, ROOM, "assistant")

    assert (True, False) == (reply.ephemeral, reply.failed)
    assert ("Rob" in reply.text, "Moritz" in reply.text, other in reply.text) == (True, True, True)
    assert [] == discord.posts(ROOM)


@pytest.mark.parametrize("inside", [False, True], ids=["channel", "thread"])
async def test_admins_switch_the_assistant(discord, product, script, tmp_path, inside):
    """Of a channel and its threads, or of one thread; from the next message on."""
    thread = discord.add_thread(ROOM)
    async with product(admins=(ANN,)):
        await register(tmp_path / "data", "Moritz")
        await discord.until(lambda: discord.commands)
        await discord.slash(ANN, thread if inside else ROOM, "assistant", options={"name": "moritz"})
        for place in (ROOM, thread):
            await exchange(discord, BOB, place, f"hello {place}")

    assert [not inside, True] == [instructions == "Moritz" for instructions, _ in script.requests]


async def test_the_current_one_of_a_thread_is_its_channels(discord, product, tmp_path):
    """The command knows the thread's channel."""
    thread = discord.add_thread(ROOM)
    async with product():
        await register(tmp_path / "data", "Moritz", platform="discord", place=ROOM)
        await discord.until(lambda: discord.commands)
        reply = await discord.slash(ANN, thread, "assistant")

    assert "Moritz" in reply.text.split("\n")[0]


async def test_others_cannot_switch(discord, product, script, tmp_path):
    """They are told whom to ask."""
    async with product(admins=(ANN,)):
        await register(tmp_path / "data", "Moritz")
        await discord.until(lambda: discord.commands)
        reply = await discord.slash(BOB, ROOM, "assistant", "ko", {"name": "Moritz"})
        await exchange(discord, BOB, ROOM, "hello")

    assert text("assistant_admins", "ko") == reply.text
    assert "Moritz" != script.requests[-1][0]


async def test_memory_tells_what_is_held(discord, product):
    """Of the person's conversation there."""
    async with product():
        await discord.until(lambda: discord.commands)
        before = await discord.slash(ANN, ROOM, "memory")
        for said in ("hello", "and again"):  # the second begins when all of the first is recorded
            await exchange(discord, ANN, ROOM, said)
        after = await discord.slash(ANN, ROOM, "memory")

    assert (text("memory_empty", "en"), True) == (before.text, before.ephemeral)
    assert after.text not in ("", before.text)


async def test_memory_can_be_asked_for_as_text(discord, product, script):
    """Answered without the model."""
    async with product():
        await dm(discord, ANN, "memory")
        await shows(discord, discord.dm(ANN), text("memory_empty", "en"))

    assert [] == script.asked


COMMAND, BUTTON, AUTOCOMPLETE, FORM = 2, 3, 4, 5
LEFT_BEHIND = [
    (COMMAND, {"name": "imagine", "type": 1}),
    (COMMAND, {"name": "reset", "type": 3, "target_id": "1"}),
    (COMMAND, {}),
    (BUTTON, {"custom_id": "retry:7", "component_type": 2}),
    (BUTTON, {"component_type": 3}),
    (FORM, {"custom_id": "feedback", "components": []}),
]


@pytest.mark.parametrize(("kind", "data"), LEFT_BEHIND)
async def test_what_an_older_bot_left_behind_is_answered(discord, product, script, kind, data):
    """For the person alone: without an answer Discord says that the application does not respond."""
    async with product():
        replies = [await discord.stale(ANN, place, kind, data) for place in (ROOM, discord.dm(ANN))]

    assert [(text("stale", "en"), True)] * 2 == [(reply.text, reply.ephemeral) for reply in replies]
    assert [] == script.asked


async def test_an_older_bots_option_has_no_suggestions(discord, product):
    """An autocomplete takes nothing but a list."""
    async with product():
        reply = await discord.stale(ANN, ROOM, AUTOCOMPLETE, {"name": "imagine", "type": 1, "options": []})

    assert (8, False) == (reply.kind, reply.failed)
