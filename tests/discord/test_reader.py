"""Who is answered, where, and with which texts of ours."""

from __future__ import annotations

from core.texts import TEXTS, text
from standins.discord import Rules
from standins.script.script import Fault
from tests.discord.conversation import (
    ANN,
    GUILD,
    ROOM,
    all_heard,
    discord_with,
    dm,
    exchange,
    mention,
    shows,
    texts,
)

BOT = "<@1100000000000000002>"


async def test_a_direct_message_is_answered(discord, product, script):
    async with product():
        await dm(discord, ANN, "hello")

        await shows(discord, discord.dm(ANN), "echo: hello")

    assert [["hello"]] == script.asked


async def test_a_mention_is_answered_as_a_reply(discord, product):
    async with product():
        asked = await mention(discord, ANN, "hello")

        (post,) = await shows(discord, ROOM, "echo: hello")

    assert asked == post.reference


async def test_a_thread_made_while_running_is_a_place_too(discord, product):
    """Also a new channel, a new server, and a thread that carries its starter message's id."""
    async with product():
        starter = await discord.say(ANN, ROOM, "let us talk")
        places = [discord.add_thread(ROOM, starter), discord.add_channel(GUILD)]
        places.append(discord.add_channel(discord.add_guild()))
        for place in places:
            await exchange(discord, ANN, place, "hello")


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
    """Discord offers the role of the same name; its text is hidden from the bot, so a hint comes back."""
    async with product():
        asked = await discord.say(ANN, ROOM, "hello", mention_role=True)

        (post,) = await shows(discord, ROOM, text("empty_reply", "en"))

    assert asked == post.reference


@discord_with(rules=Rules(message_content=True))
async def test_a_readable_mention_of_the_role_is_a_question(discord, product, script):
    """Where the bot may read messages, the role's mention is as good as its own and no part of the text."""
    async with product(follow_threads=True):
        asked = await discord.say(ANN, ROOM, "hello", mention_role=True)

        (post,) = await shows(discord, ROOM, "echo: hello")

    assert (asked, [["hello"]]) == (post.reference, script.asked)


async def test_the_role_of_another_server_is_not_ours(discord, product):
    """Each server has its own managed role."""
    other = discord.add_guild()
    async with product():
        await discord.say(ANN, ROOM, f"<@&{discord.managed_role(other)}> hello")
        await all_heard(discord)

    assert [] == texts(discord, ROOM)


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


async def test_a_persons_places_do_not_see_each_other(discord, product, script):
    places = [ROOM, discord.add_thread(ROOM), discord.add_channel(GUILD), discord.dm(ANN)]
    async with product():
        for place in places:
            await exchange(discord, ANN, place, "hello")

    assert [["hello"]] * 4 == script.asked


async def test_an_empty_mention_gets_help(discord, product, script):
    async with product():
        asked = await mention(discord, ANN, "")
        (post,) = await shows(discord, ROOM, text("help", "en"))
        await exchange(discord, ANN, ROOM, "hello")

    assert (asked, 2) == (post.reference, len(post.content.splitlines()))
    assert [["hello"]] == script.asked


async def test_only_a_sticker_is_told_about(discord, product, script):
    async with product():
        await dm(discord, ANN, "", stickers=["wave"])
        await shows(discord, discord.dm(ANN), text("unreadable", "en"))
        await all_heard(discord)

    assert (1, []) == (len(texts(discord, discord.dm(ANN))), script.asked)


async def test_a_reply_without_its_text_gets_a_hint(discord, product, script):
    """With the ping switched off Discord hides the text of a reply to the bot."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
        again = await discord.say(ANN, ROOM, "two", reply_to=discord.posts(ROOM)[0].id, ping=False)

        *_, hint = await shows(discord, ROOM, "echo: one", text("empty_reply", "en"))
        await all_heard(discord)

    assert (again, [["one"]]) == (hint.reference, script.asked)


async def test_korean(discord, product, script):
    """LANGUAGE=ko: help, what cannot be read, the hint and a failure are all Korean."""
    script.perform(Fault("refuse", code="insufficient_quota", status=429))
    async with product(language="ko"):
        await mention(discord, ANN, "")
        await shows(discord, ROOM, text("help", "ko"))
        await dm(discord, ANN, "", stickers=["wave"])
        await shows(discord, discord.dm(ANN), text("unreadable", "ko"))
        await discord.say(ANN, ROOM, "x", reply_to=discord.posts(ROOM)[0].id, ping=False)
        await shows(discord, ROOM, text("help", "ko"), text("empty_reply", "ko"))
        await dm(discord, ANN, "hello")
        await shows(discord, discord.dm(ANN), text("unreadable", "ko"), text("billing", "ko"))


def test_every_text_fits_into_one_post():
    """Discord takes 2,000 characters, 80 on a button."""
    assert all(len(said) < 2000 for language in TEXTS.values() for said in language.values())
    assert all(0 < len(language["stop_button"]) <= 80 for language in TEXTS.values())
