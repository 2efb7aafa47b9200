"""Which channel a thread belongs to is known, however the bot came to hear of the thread."""

from __future__ import annotations

import pytest

from standins.discord import DiscordStandin
from tests.discord.conversation import exchange, mention, shows, texts
from tests.discord.people import ANN, BOB, ROOM
from tests.registered import register
from tests.slack.stage import Stage

ASKED = "/channels/{channel}"


def lookups(discord: DiscordStandin, channel: str) -> int:
    return sum((call.method, call.path) == ("GET", f"/channels/{channel}") for call in discord.calls)


def answered_by(script: Stage) -> list[bool]:
    """For each request, whether the channel's own assistant was to answer."""
    return [instructions.startswith("Room") for instructions, _ in script.requests]


@pytest.mark.parametrize("known", ["before", "after"])
async def test_a_thread_the_gateway_told_of(discord, product, script, tmp_path, known):
    """With its server, or when it is made: nothing is asked."""
    thread = discord.add_thread(ROOM) if known == "before" else ""
    async with product():
        await register(tmp_path / "data", "Room", platform="discord", place=ROOM)
        await exchange(discord, ANN, ROOM, "hello")
        thread = thread or discord.add_thread(ROOM)
        await exchange(discord, ANN, thread, "hello there")

    assert ([True, True], 0, 0) == (answered_by(script), lookups(discord, thread), lookups(discord, ROOM))


async def test_after_a_cold_resume_each_channel_is_asked_about_once(discord, product, script, tmp_path):
    """The session tells nothing about its servers; what was said there keeps its order."""
    thread = discord.add_thread(ROOM)
    async with product():
        await register(tmp_path / "data", "Room", platform="discord", place=ROOM)
        await exchange(discord, ANN, ROOM, "hello")
    for said in ("one", "two", "three"):
        await mention(discord, ANN, said, thread)
    async with product():
        await shows(discord, thread, "echo: one", "echo: two", "echo: three")
        await exchange(discord, BOB, thread, "four")

    assert (1, [True] * 5) == (lookups(discord, thread), answered_by(script))


@pytest.mark.parametrize("fault", [{"status": 403, "code": 50001}, {"drop": True, "times": 9}], ids=str)
async def test_a_channel_that_cannot_be_looked_up(discord, product, fault):
    """The question is answered all the same, by whoever answers in the server."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
    discord.fail("GET", ASKED, **fault)
    async with product():
        await mention(discord, ANN, "two")
        await discord.until(lambda: "echo: two" in texts(discord, ROOM), 30)
