"""Who is answered, and where: direct messages, mentions and replies; silence everywhere else."""

from __future__ import annotations

from core.texts import text
from standins.discord import Rules
from tests.discord.conversation import (
    ANN,
    BOB,
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
    """Without a mention; the answer stands in the same DM."""
    async with product():
        await dm(discord, ANN, "hello")

        await shows(discord, discord.dm(ANN), "echo: hello")

    assert [["hello"]] == script.asked


async def test_a_mention_is_answered_as_a_reply(discord, product):
    """In the channel, as a reply to the message that mentioned."""
    async with product():
        asked = await mention(discord, ANN, "hello")

        (post,) = await shows(discord, ROOM, "echo: hello")

    assert asked == post.reference


async def test_a_mention_in_a_thread_is_answered_there(discord, product):
    """A Discord thread is a channel of its own."""
    thread = discord.add_thread(ROOM)
    async with product():
        asked = await mention(discord, ANN, "hello", thread)

        (post,) = await shows(discord, thread, "echo: hello")

    assert (asked, []) == (post.reference, texts(discord, ROOM))


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


async def test_somebody_else_may_reply_to_an_answer(discord, product, script):
    """They are answered from their own memory, not from the asker's."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
        await discord.say(BOB, ROOM, "two", reply_to=discord.posts(ROOM)[0].id)
        await shows(discord, ROOM, "echo: one", "echo: two")

    assert ["two"] == script.asked[-1]


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


async def test_the_bot_stays_silent_in_threads_it_answered_in(discord, product):
    """FOLLOW_THREADS is off unless asked for."""
    thread = discord.add_thread(ROOM)
    async with product():
        await exchange(discord, ANN, thread, "hello")
        await discord.say(ANN, thread, "thanks")
        await all_heard(discord)

    assert ["echo: hello"] == texts(discord, thread)


async def test_edits_and_previews_are_not_messages(discord, product, script):
    """Neither a changed question nor a preview under it is answered again, nor a mention edited in."""
    async with product():
        asked = await exchange(discord, ANN, ROOM, "see https://example.com")
        await discord.unfurl(ROOM, asked)
        await discord.edit(ROOM, asked, f"{BOT} changed")
        plain = await discord.say(ANN, ROOM, "nothing")
        await discord.edit(ROOM, plain, f"{BOT} something")
        await all_heard(discord)

    assert [["see https://example.com"]] == script.asked
    assert 1 == len(texts(discord, ROOM))


async def test_only_unprivileged_intents_are_asked_for(discord, product):
    """Servers and messages (of servers and DMs), nothing else."""
    async with product():
        pass

    assert [1 << 0 | 1 << 9 | 1 << 12] == [data["intents"] for data in discord.identified]
