"""Who is answered, where, and with which texts of ours."""

from __future__ import annotations

from core.texts import TEXTS, text
from standins.discord import Rules
from standins.script.script import Fault
from tests.discord.conversation import all_heard, discord_with, dm, exchange, mention, shows, texts
from tests.discord.people import ANN, GUILD, ROOM

BOT = "<@1100000000000000002>"


async def test_a_thread_made_while_running_is_a_place_too(discord, product, script):
    """Also a channel, a server, and a thread that carries its starter message's id; each by itself."""
    async with product():
        starter = await discord.say(ANN, ROOM, "let us talk")
        places = [discord.add_thread(ROOM, starter), discord.add_channel(GUILD)]
        places.append(discord.add_channel(discord.add_guild()))
        for place in (*places, ROOM, discord.dm(ANN)):
            await exchange(discord, ANN, place, "hello")

    assert [["hello"]] * 5 == script.asked


async def test_a_reply_to_an_answer_is_answered_as_a_reply(discord, product, script):
    """Without a mention in its text: the reply itself notifies the bot."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
        (first,) = discord.posts(ROOM)
        again = await discord.say(ANN, ROOM, "two", reply_to=first.id)

        _, second = await shows(discord, ROOM, "echo: one", "echo: two")

    assert again == second.reference
    assert ["one", "echo: one", "two"] == script.asked[-1]


async def test_a_mention_of_the_managed_role_is_answered(discord, product):
    """Discord offers the role of the same name, another one in each server; its text is hidden: a hint."""
    async with product():
        asked = await discord.say(ANN, ROOM, "hello", mention_role=True)

        (post,) = await shows(discord, ROOM, text("empty_reply", "en"))
        await discord.say(ANN, ROOM, f"<@&{discord.managed_role(discord.add_guild())}> hello")
        await all_heard(discord)

    assert (asked, 1) == (post.reference, len(texts(discord, ROOM)))


@discord_with(rules=Rules(message_content=True))
async def test_a_readable_mention_of_the_role_is_a_question(discord, product, script):
    """Where the bot may read messages, the role's mention is as good as its own and no part of the text."""
    async with product(follow_threads=True):
        asked = await discord.say(ANN, ROOM, "hello", mention_role=True)

        (post,) = await shows(discord, ROOM, "echo: hello")

    assert (asked, [["hello"]]) == (post.reference, script.asked)


async def test_an_edit_is_a_message_only_where_it_adds_the_mention(discord, product, script):
    """Neither a changed question nor a preview under it is answered again."""
    async with product():
        asked = await exchange(discord, ANN, ROOM, "see https://example.com")
        await discord.unfurl(ROOM, asked)
        await discord.edit(ROOM, asked, f"{BOT} changed")
        plain = await discord.say(ANN, ROOM, "nothing")
        await discord.edit(ROOM, plain, f"{BOT} something")
        await all_heard(discord)

    assert ["see https://example.com", "something"] == [asked[-1] for asked in script.asked]
    assert 2 == len(texts(discord, ROOM))


async def test_an_empty_mention_gets_help(discord, product, script):
    async with product():
        asked = await mention(discord, ANN, "")
        (post,) = await shows(discord, ROOM, text("help", "en"))
        await exchange(discord, ANN, ROOM, "hello")

    assert (asked, 2) == (post.reference, len(post.content.splitlines()))
    assert [["hello"]] == script.asked


async def test_korean(discord, product, script):
    """LANGUAGE=ko: help, what cannot be read, the hint and a failure are all Korean."""
    script.perform(Fault("refuse", code="insufficient_quota", status=429))
    async with product(language="ko"):
        await mention(discord, ANN, "")
        await shows(discord, ROOM, text("help", "ko"))
        await dm(discord, ANN, "", stickers=["wave"])
        await shows(discord, discord.dm(ANN), text("unreadable", "ko"))
        asked = await discord.say(ANN, ROOM, "x", reply_to=discord.posts(ROOM)[0].id, ping=False)
        *_, hint = await shows(discord, ROOM, text("help", "ko"), text("empty_reply", "ko"))
        await dm(discord, ANN, "hello")
        await shows(discord, discord.dm(ANN), text("unreadable", "ko"), text("billing", "ko"))

    assert (asked, [["hello"]]) == (hint.reference, script.asked)


def test_every_text_fits_into_one_post():
    """Discord takes 2,000 characters, 80 on a button."""
    assert all(len(said) < 2000 for language in TEXTS.values() for said in language.values())
    assert all(0 < len(language["stop_button"]) <= 80 for language in TEXTS.values())
