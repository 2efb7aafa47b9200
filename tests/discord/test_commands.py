"""The command tree: registered once, offered in servers and in DMs, never in the way of a start."""

from __future__ import annotations

import pytest

from standins.discord import DiscordStandin
from tests.discord.conversation import ANN, ROOM, exchange

PUT = ("PUT", "/applications/{application}/commands")


def asked_to_sync(discord: DiscordStandin) -> int:
    """How often the tree was sent."""
    return sum(call.method == "PUT" and call.path.endswith("/commands") for call in discord.calls)


async def test_reset_is_a_global_command_for_servers_and_direct_messages(discord, product):
    """Offered at once; where no context is named, Discord offers it in both."""
    async with product():
        await discord.until(lambda: discord.commands)

    (command,) = [command for command in discord.commands if command["name"] == "reset"]
    contexts = command["contexts"]
    assert contexts is None or {0, 1} <= set(contexts)
    assert 0 in command["integration_types"]
    assert command["description"]


async def test_the_tree_is_sent_once_in_its_life(discord, product):
    """Restarts, reconnects and new sessions send nothing: 200 creations a day are all there are."""
    for _ in range(3):
        async with product():
            await discord.until(lambda: discord.commands)
            await exchange(discord, ANN, ROOM, "hello")
            await discord.cut()
            await exchange(discord, ANN, ROOM, "hello again")
        discord.expire_sessions()

    assert (1, 1) == (discord.command_syncs, asked_to_sync(discord))


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 400, "code": 30034}, {"status": 403}], ids=str)
async def test_a_failed_sync_stops_nothing_and_is_made_up_for(discord, product, fault):
    """Messages are answered meanwhile; the next start sends the tree again, with success once."""
    discord.fail(*PUT, times=1 if fault["status"] == 500 else 99, **fault)
    async with product():
        await exchange(discord, ANN, ROOM, "hello")
        await discord.until(lambda: asked_to_sync(discord) >= 1)
    discord.heal()
    for _ in range(2):
        async with product():
            await exchange(discord, ANN, ROOM, "hello")
            await discord.until(lambda: discord.commands)

    assert 1 == discord.command_syncs


async def test_a_slow_sync_delays_no_answer(discord, product):
    """Registering commands is nothing anybody should wait for."""
    discord.delay(*PUT, 4.0)
    async with product():
        await exchange(discord, ANN, ROOM, "hello", timeout=2)
