"""Who is answered on Discord: DISCORD_GUILDS and direct messages of their members, other servers, bots."""

from __future__ import annotations

import pytest

from standins.discord import DiscordStandin
from tests.discord.conversation import all_heard, dm, mention, shows, texts
from tests.discord.people import ANN, BOB, CAT, GUILD, ROOM

LISTENER = "290000000000000001"
CANARY = "canary-3316"


def asked(discord: DiscordStandin, person: str) -> int:
    """How often Discord was asked whether that person is a member."""
    return sum(call.path.endswith(f"/members/{person}") for call in discord.calls)


@pytest.mark.promise("A2")
async def test_direct_messages_are_for_members(discord, product, script, tmp_path):
    """Discord is asked once; a stranger is told why, once, and nothing they said is kept."""
    for member in (ANN, LISTENER):
        discord.join(GUILD, member)
    async with product(discord_guilds=(GUILD,)):
        await dm(discord, ANN, "one")
        await dm(discord, BOB, CANARY)
        await shows(discord, discord.dm(ANN), "echo: one")
        await dm(discord, ANN, "two")
        await shows(discord, discord.dm(ANN), "echo: one", "echo: two")
        await discord.until(lambda: texts(discord, discord.dm(BOB)))
        await dm(discord, BOB, CANARY)
        refused = await discord.slash(BOB, discord.dm(BOB), "memory")
        await all_heard(discord)

    assert (1, 1) == (asked(discord, ANN), asked(discord, BOB))
    assert ["may not answer you here" in one for one in texts(discord, discord.dm(BOB))] == [True]
    assert "may not answer you here" in refused.text
    assert refused.ephemeral
    kept = b"".join(file.read_bytes() for file in (tmp_path / "data").glob("spool.sqlite3*"))
    assert CANARY.encode() not in kept


async def test_what_is_not_told_in_time_is_refused_and_asked_again(discord, product):
    """A server that cannot tell: nobody is let in, and the next question may be."""
    for member in (ANN, LISTENER):
        discord.join(GUILD, member)
    async with product(discord_guilds=(GUILD,)):
        discord.fail("GET", f"/guilds/{GUILD}/members/{ANN}", 503, times=10)
        await dm(discord, ANN, "one")
        await discord.until(lambda: texts(discord, discord.dm(ANN)))
        discord.heal()
        await dm(discord, ANN, "two")
        await discord.until(lambda: "echo: two" in texts(discord, discord.dm(ANN)))

    assert "echo: one" not in texts(discord, discord.dm(ANN))


@pytest.mark.promise("A2")
async def test_other_servers_and_bots_get_silence(discord, product):
    """Not a word, not a request, whatever is used there; an allowed bot is answered as a person is."""
    strange, bot, friend = discord.add_channel(discord.add_guild()), "7" * 18, "6" * 18
    for one in (bot, friend):
        discord.add_user(one, bot=True)
    discord.join(GUILD, LISTENER)
    async with product(discord_guilds=(GUILD,), access_bots=(f"discord:{friend}",)):
        await discord.until(lambda: discord.commands)
        await mention(discord, ANN, "hello", strange)
        await mention(discord, bot, "hello")
        await discord.say(CAT, strange, "hello", mention_role=True)
        used = await discord.slash(ANN, strange, "memory")
        await mention(discord, friend, "hi")
        await shows(discord, ROOM, "echo: hi")
        await all_heard(discord)

    assert (True, []) == (used.failed, texts(discord, strange))
    assert not [call for call in discord.calls if strange in call.path]
