"""Whatever the model says, nobody is notified and no link is previewed; `conversation.unseemly` looks."""

from __future__ import annotations

import pytest

from standins.discord import DiscordStandin
from standins.script.script import Fault, Say, Wait
from tests.discord.conversation import ANN, BOB, ROOM, all_heard, dm, exchange, mention, shows, texts, written
from tests.slack.stage import Pause

EVIL = (
    f"Hey @everyone and @here, <@{BOB}> <@!{BOB}> <@&330000000000000001> @everyone\u200b `@here` "
    f"\n```\n<@{BOB}>\n```\n**@everyone** see https://example.com/?s=1 and [x](https://example.com/2) end"
)


def harmless(discord: DiscordStandin, channel: str) -> bool:
    """No request could ping, and no link was ever open to be previewed."""
    bodies = [call.body for call in written(discord, channel)]
    posts = discord.posts(channel)
    assert bodies
    assert posts
    return all(body["allowed_mentions"]["parse"] == [] for body in bodies if "content" in body) and not any(
        post.pinged or post.previewed or not post.embeds_suppressed for post in posts
    )


@pytest.mark.parametrize("place", ["dm", "room"])
async def test_a_ping_in_an_answer_pings_nobody(discord, product, script, place):
    """On create and on edit; what it said can still be read."""
    channel = discord.dm(ANN) if place == "dm" else ROOM
    pause = Pause()
    script.perform(Say(EVIL[:60]), pause, Say(EVIL[60:]))
    async with product():
        await discord.say(ANN, channel, "hello", mention_bot=place == "room")
        await discord.until(lambda: texts(discord, channel))
        pause.end()
        await discord.until(lambda: texts(discord, channel)[0].endswith("end"))

    assert {"POST", "PATCH"} == {call.method for call in written(discord, channel)}
    assert harmless(discord, channel)
    assert all(word in texts(discord, channel)[0] for word in ("everyone", "here", BOB, "example.com"))


async def test_a_ping_letter_by_letter_pings_nobody(discord, product, script):
    """Edits fall between any two characters."""
    script.perform(*(beat for letter in EVIL for beat in (Say(letter), Wait(0.006))))
    async with product():
        await mention(discord, ANN, "hello")
        await discord.until(lambda: texts(discord, ROOM) and texts(discord, ROOM)[0].endswith("end"), 10)

    assert len(discord.posts(ROOM)[0].versions) >= 3
    assert harmless(discord, ROOM)


async def test_an_echo_of_what_a_person_wrote_pings_nobody(discord, product):
    """A person's own mention of others does not become the bot's."""
    async with product():
        await exchange(discord, ANN, ROOM, f"tell <@{BOB}> and @everyone the end")

    assert harmless(discord, ROOM)


async def test_a_ping_at_the_edge_of_two_posts(discord, product, script):
    """Wherever the cut falls."""
    script.perform(Say("x" * 1985 + " "), Say("@every"), Say("one " * 300 + "end"))
    async with product():
        await mention(discord, ANN, "hello")
        await discord.until(
            lambda: len(texts(discord, ROOM)) > 1 and texts(discord, ROOM)[-1].endswith("end")
        )

    assert harmless(discord, ROOM)


async def test_our_own_texts_ping_nobody(discord, product, script):
    """Help, hints and failures; and they do not preview links either."""
    script.perform(Fault("refuse", code="insufficient_quota", status=429))
    async with product():
        await mention(discord, ANN, "")
        await mention(discord, ANN, "hello")
        await discord.until(lambda: len(texts(discord, ROOM)) == 2)
        await dm(discord, ANN, "", stickers=["wave"])
        await discord.until(lambda: texts(discord, discord.dm(ANN)))

    assert harmless(discord, ROOM)
    assert harmless(discord, discord.dm(ANN))


async def test_an_answer_under_a_ping_does_not_ping_back(discord, product):
    """A question that notified everyone is answered without notifying anyone again."""
    async with product():
        await mention(discord, ANN, "@everyone lunch?")
        await shows(discord, ROOM, "echo: @everyone lunch?")
        await all_heard(discord)

    assert harmless(discord, ROOM)


async def test_a_restarted_answer_pings_nobody(discord, product, script):
    """Edits made by the process that goes on with it are as careful."""
    pause = Pause()
    script.perform(Say(EVIL[:30]), pause)
    script.perform(Say(EVIL))
    async with product():
        await mention(discord, ANN, "hello")
        await discord.until(lambda: texts(discord, ROOM))
    pause.end()
    async with product():
        await discord.until(lambda: texts(discord, ROOM)[0].endswith("end"))

    assert harmless(discord, ROOM)
