"""What the model gets is the person's plain text."""

from __future__ import annotations

from standins.discord import DiscordStandin
from tests.discord.conversation import ANN, BOB, GUILD, dm, mention
from tests.slack.stage import Stage


async def given(discord: DiscordStandin, script: Stage, channel: str) -> str:
    """What the model was given, once the only message so far is answered there."""
    await discord.until(lambda: discord.posts(channel) and not discord.posts(channel)[0].components)
    ((said,),) = script.asked
    return said


async def test_long_text_arrives_whole(discord, product, script):
    """As long as Discord lets people write."""
    typed = " ".join(f"word{number:03d}" for number in range(490))
    async with product():
        await dm(discord, ANN, typed)

        assert typed == await given(discord, script, discord.dm(ANN))


async def test_the_instructions_are_those_of_the_assistant(discord, product, script):
    """ASSISTANT_INSTRUCTIONS reach the model with a Discord message."""
    async with product(assistant_instructions="Be a pirate."):
        await dm(discord, ANN, "hello")
        await given(discord, script, discord.dm(ANN))

    assert "Be a pirate." in script.requests[0][0]


async def test_a_person_with_a_name_like_an_order_is_only_a_person(discord, product, script):
    """Names decide nothing: two people of one name have two memories, one called reset resets nothing."""
    discord.add_user(ANN, "reset")
    discord.add_user(BOB, "reset")
    channel = discord.add_channel(GUILD)
    async with product():
        await mention(discord, ANN, "one", channel)
        await discord.until(lambda: len(discord.posts(channel)) == 1)
        await mention(discord, BOB, "two", channel)
        await discord.until(lambda: len(discord.posts(channel)) == 2)

    assert [["one"], ["two"]] == script.asked
