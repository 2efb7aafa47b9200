"""What the model gets is the person's plain text."""

from __future__ import annotations

import pytest

from standins.discord import DiscordStandin
from tests.discord.conversation import ANN, BOB, GUILD, ROOM, dm, mention
from tests.slack.stage import Stage

BOT = "<@1100000000000000002>"


async def given(discord: DiscordStandin, script: Stage, channel: str) -> str:
    """What the model was given, once the only message so far is answered there."""
    await discord.until(lambda: discord.posts(channel) and not discord.posts(channel)[0].components)
    ((said,),) = script.asked
    return said


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        (f"{BOT} hello", "hello"),
        ("<@!1100000000000000002> hello", "hello"),
        (f"hello {BOT}", "hello"),
        (f"{BOT}\nhello", "hello"),
        (f"{BOT} {BOT} hello", "hello"),
        (f"{BOT} a < b && c > d &amp; e", "a < b && c > d &amp; e"),
        (f"{BOT} first\nsecond\n\nfourth", "first\nsecond\n\nfourth"),
        (f"{BOT} **bold** `code` ||spoiler||", "**bold** `code` ||spoiler||"),
        (f"{BOT} ```py\n  if x:\n    pass\n```", "```py\n  if x:\n    pass\n```"),
        (f"{BOT} 안녕하세요 👋🏽", "안녕하세요 👋🏽"),
    ],
)
async def test_text_comes_as_it_was_typed(discord, product, script, typed, plain):
    """The bot's own mention goes, everything else stays."""
    async with product():
        await discord.say(ANN, ROOM, typed)

        assert plain == await given(discord, script, ROOM)


async def test_the_words_around_a_mention_stay(discord, product, script):
    """Also in the middle of a sentence."""
    async with product():
        await discord.say(ANN, ROOM, f"tell me {BOT} a joke")
        said = await given(discord, script, ROOM)

    assert ["tell", "me", "a", "joke"] == said.split()


async def test_a_mention_in_a_direct_message_is_not_part_of_the_text(discord, product, script):
    """The bot's own mention is removed there too."""
    async with product():
        await dm(discord, ANN, "hello", mention_bot=True)

        assert "hello" == await given(discord, script, discord.dm(ANN))


async def test_other_people_stay_in_the_text(discord, product, script):
    """Who and where is meant is part of what was said, by id or by name, whatever that name is."""
    discord.add_user(BOB, r"Bob \1 @everyone")
    async with product():
        await mention(discord, ANN, f"greet <@{BOB}> in <#{ROOM}>")
        said = await given(discord, script, ROOM)

    assert BOB in said or r"Bob \1" in said
    assert ROOM in said


async def test_long_text_arrives_whole(discord, product, script):
    """As long as Discord lets people write."""
    typed = " ".join(f"word{number:03d}" for number in range(490))
    async with product():
        await dm(discord, ANN, typed)

        assert typed == await given(discord, script, discord.dm(ANN))


async def test_text_beside_a_file_is_answered(discord, product, script):
    """The file cannot be read, the question can."""
    async with product():
        await dm(discord, ANN, "what is a cat?", attachments=["cat.png"])

        assert "what is a cat?" in await given(discord, script, discord.dm(ANN))


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
