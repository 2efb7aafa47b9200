"""FOLLOW_THREADS=1: follow-ups in a thread without a mention, from people it talks with; ANSWER_IN."""

from __future__ import annotations

import logging

from standins.discord import Rules
from tests.discord.conversation import all_heard, discord_with, exchange, shows, texts
from tests.discord.people import ANN, BOB, GUILD, ROOM

CONTENT = 1 << 15
readable = discord_with(rules=Rules(message_content=True))


@readable
async def test_only_people_it_talks_with_there_are_followed(discord, product):
    thread, elsewhere = discord.add_thread(ROOM), discord.add_thread(ROOM)
    async with product(follow_threads=True):
        await exchange(discord, ANN, thread, "one")
        await exchange(discord, ANN, ROOM, "two")
        await exchange(discord, BOB, elsewhere, "three")
        await discord.say(BOB, thread, "nice weather")
        await discord.say(ANN, elsewhere, "nice weather")
        await discord.say(ANN, ROOM, "nice weather")
        await all_heard(discord)

    assert [1, 1, 1] == [len(texts(discord, place)) for place in (thread, elsewhere, ROOM)]


@readable
async def test_nobody_is_followed_unless_asked_for(discord, product):
    """Even where the bot may read everything, it neither asks for that nor answers."""
    thread = discord.add_thread(ROOM)
    async with product():
        await exchange(discord, ANN, thread, "one")
        await discord.say(ANN, thread, "two")
        await all_heard(discord)

    assert ["echo: one"] == texts(discord, thread)
    assert [1 << 0 | 1 << 9 | 1 << 12] == [data["intents"] for data in discord.identified]


async def test_a_refused_intent_is_done_without(discord, product, caplog):
    """Discord closes with 4014 where it is not switched on: a line in the log, and life without it."""
    thread = discord.add_thread(ROOM)
    with caplog.at_level(logging.WARNING):
        async with product(follow_threads=True):
            await exchange(discord, ANN, thread, "one")
            await exchange(discord, ANN, discord.dm(ANN), "two")
            await discord.say(ANN, thread, "three")
            await all_heard(discord)

    assert ["echo: one"] == texts(discord, thread)
    assert 1 << 0 | 1 << 9 | 1 << 12 | CONTENT == discord.identified[0]["intents"]
    assert 0 == discord.identified[-1]["intents"] & CONTENT
    assert 2 == len(discord.identified)
    assert "intent" in caplog.text.lower()


@readable
async def test_who_is_followed_survives_a_restart(discord, product, script):
    """A resumed session tells nothing about servers and threads; both are known all the same."""
    thread = discord.add_thread(ROOM)
    async with product(follow_threads=True):
        await exchange(discord, ANN, thread, "one")
    await discord.say(ANN, thread, "two")
    await discord.say(ANN, ROOM, "nice weather")
    await discord.say(BOB, thread, "nice weather")
    async with product(follow_threads=True):
        await shows(discord, thread, "echo: one", "echo: two")
        await discord.say(ANN, thread, "three")
        await shows(discord, thread, "echo: one", "echo: two", "echo: three")
        await all_heard(discord)

    assert [] == texts(discord, ROOM)
    assert 1 == discord.resumes


@readable
async def test_a_reply_without_a_ping_is_read(discord, product, script):
    """With the intent its text is there, so it needs no hint, in a thread and in a channel."""
    thread = discord.add_thread(ROOM)
    async with product(follow_threads=True):
        for place in (thread, ROOM):
            await exchange(discord, ANN, place, "one")
            await discord.say(ANN, place, "two", reply_to=discord.posts(place)[0].id, ping=False)
            await shows(discord, place, "echo: one", "echo: two")

    assert ["one", "echo: one", "two"] == script.asked[-1]


@readable
async def test_a_follow_up_keeps_its_place(discord, product, script):
    """What was said without a mention is answered before what was said after it with one."""
    thread = discord.add_thread(ROOM)
    async with product(follow_threads=True):
        await exchange(discord, ANN, thread, "one")
        for number in range(5):
            await discord.say(ANN, thread, f"{number} without")
            await discord.say(ANN, thread, f"{number} with", mention_bot=True)
        said = [f"echo: {number} {how}" for number in range(5) for how in ("without", "with")]
        await discord.until(lambda: len(texts(discord, thread)) == 11)
        await all_heard(discord)

    assert ["echo: one", *said] == texts(discord, thread)


@readable
async def test_in_some_channels_everything_is_a_question(discord, product, script):
    """ANSWER_IN: of anybody, in its threads too; orders are orders; elsewhere nothing changes."""
    thread, other = discord.add_thread(ROOM), discord.add_channel(GUILD)
    async with product(answer_in=(f"discord:{ROOM}", "slack:C1")):
        for place in (ROOM, thread):
            await discord.say(ANN, place, "one")
            await discord.say(BOB, place, f"<@{ANN}> two")
            await discord.until(lambda place=place: len(texts(discord, place)) == 2)
        await discord.say(ANN, ROOM, "기억")
        await discord.until(lambda: len(texts(discord, ROOM)) == 3)
        await discord.say(ANN, other, "three")
        await all_heard(discord)

    assert [] == texts(discord, other)
    assert 4 == len(script.asked)
    assert {1 << 0 | 1 << 9 | 1 << 12 | CONTENT} == {data["intents"] for data in discord.identified}
