"""Missed while away and no session to resume: places that were active are read from where we left off."""

from __future__ import annotations

import pytest

from core.texts import text
from standins.discord import DiscordStandin
from tests.discord.conversation import all_heard, creations, dm, exchange, mention, shows, texts
from tests.discord.people import ANN, BOB, ROOM


def pages(discord: DiscordStandin, channel: str) -> int:
    return sum(
        call.method == "GET" and call.path == f"/channels/{channel}/messages" for call in discord.calls
    )


async def test_direct_messages_and_mentions_are_found(discord, product, script):
    thread = discord.add_thread(ROOM)
    async with product():
        for place in (ROOM, thread, discord.dm(ANN)):
            await exchange(discord, ANN, place, "one")
    discord.expire_sessions()
    asked = await mention(discord, ANN, "two")
    await mention(discord, BOB, "two", thread)
    await dm(discord, ANN, "two")
    async with product():
        posts = await shows(discord, ROOM, "echo: one", "echo: two")
        await shows(discord, thread, "echo: one", "echo: two")
        await shows(discord, discord.dm(ANN), "echo: one", "echo: two")
    async with product():
        await all_heard(discord)

    assert asked == posts[-1].reference
    assert 2 == discord.identifies
    assert 6 == len(script.asked)


async def test_what_is_not_for_the_bot_is_left_alone(discord, product, script):
    """History is full of other people's words, bots, and the bot's own posts."""
    robot = discord.add_user("250000000000000001", "robot", bot=True)
    async with product():
        await exchange(discord, ANN, ROOM, "one")
    discord.expire_sessions()
    await discord.say(ANN, ROOM, "nice weather")
    await discord.say(BOB, ROOM, "indeed", reply_to=await discord.say(ANN, ROOM, "is it not"))
    await discord.say(robot, ROOM, "beep", mention_bot=True)
    async with product():
        await discord.until(lambda: pages(discord, ROOM))
        await exchange(discord, ANN, ROOM, "two")
        await all_heard(discord)

    assert [["one"], ["one", "echo: one", "two"]] == script.asked
    assert 2 == len(texts(discord, ROOM))


async def test_replies_empty_mentions_and_files_are_found_too(discord, product):
    """Everything that is answered live is answered late."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
    first = discord.posts(ROOM)[0].id
    discord.expire_sessions()
    await discord.say(ANN, ROOM, "two", reply_to=first)
    await discord.say(ANN, ROOM, "hidden", reply_to=first, ping=False)
    await mention(discord, ANN, "")
    await mention(discord, ANN, "", stickers=["wave"])
    await discord.say(BOB, ROOM, "role", mention_role=True)
    expected = ["echo: one", "echo: two", *(text(key, "en") for key in ("help", "unreadable"))]
    expected += [text("empty_reply", "en")] * 2
    async with product():
        await discord.until(lambda: len(texts(discord, ROOM)) >= len(expected))
        await all_heard(discord)

    assert sorted(expected) == sorted(texts(discord, ROOM))


async def test_more_than_a_page_is_read(discord, product, script):
    """Discord gives 100 at a time; the oldest of 250 is found as well as the newest, in order."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
    discord.expire_sessions()
    await mention(discord, ANN, "oldest")
    for number in range(250):
        await discord.say(BOB, ROOM, f"chatter {number}")
    await mention(discord, ANN, "newest")
    async with product():
        await shows(discord, ROOM, "echo: one", "echo: oldest", "echo: newest", timeout=8)


async def test_old_messages_that_are_read_are_left_alone(discord, product, script):
    async with product():
        await exchange(discord, ANN, ROOM, "one")
    discord.expire_sessions()
    await mention(discord, ANN, "old", age=7200)
    await dm(discord, BOB, "old", age=7200)
    async with product():
        await all_heard(discord)
        await exchange(discord, ANN, ROOM, "two")

    assert ["echo: one", "echo: two"] == texts(discord, ROOM)
    assert [] == texts(discord, discord.dm(BOB))


@pytest.mark.parametrize("hours", [-2, 24])
async def test_what_the_gateway_tells_is_answered_whatever_the_clocks_say(discord, product, script, hours):
    """Live, or behind a resume: Discord keeps a session for minutes, so a great age is a wrong clock."""
    async with product():
        await mention(discord, ANN, "one", age=hours * 3600)
        await shows(discord, ROOM, "echo: one")
    await mention(discord, ANN, "two", age=hours * 3600)
    async with product():
        await shows(discord, ROOM, "echo: one", "echo: two")


@pytest.mark.parametrize("how", [{"status": 503}, {"status": 403, "code": 50001}], ids=str)
async def test_a_place_that_cannot_be_read_holds_up_no_other(discord, product, how):
    """Where it can be read at the second attempt, no message is missed."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
        await exchange(discord, ANN, discord.dm(ANN), "one")
    discord.expire_sessions()
    await mention(discord, ANN, "two")
    discord.fail("GET", f"/channels/{discord.dm(ANN)}/messages", times=99, **how)
    discord.fail("GET", f"/channels/{ROOM}/messages", status=500)
    async with product():
        await shows(discord, ROOM, "echo: one", "echo: two")

    assert discord.invalid_requests <= 6


async def test_live_messages_do_not_wait_for_the_reading(discord, product, script):
    """History is slow; what is said now is answered now, and what was missed later, once."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
    discord.expire_sessions()
    await mention(discord, ANN, "two")
    discord.delay("GET", "/channels/{channel}/messages", 0.5)
    async with product():
        await dm(discord, BOB, "hello")
        await discord.until(lambda: texts(discord, discord.dm(BOB)), timeout=1.5)
        await shows(discord, ROOM, "echo: one", "echo: two")

    assert 3 == len(creations(discord, ROOM)) + len(creations(discord, discord.dm(BOB)))


async def test_many_quiet_places_are_read_without_a_429(discord, product):
    """Sixty conversations: Discord's 50 requests a second are kept; a message missed in one is found."""
    people = [f"2800000000000000{number:02d}" for number in range(60)]
    async with product():
        for person in people:
            await dm(discord, person, "one")
        for person in people:
            await shows(discord, discord.dm(person), "echo: one")
        await all_heard(discord)
    discord.limit(True)
    discord.expire_sessions()
    await dm(discord, people[0], "two")
    async with product():
        await shows(discord, discord.dm(people[0]), "echo: one", "echo: two", timeout=10)

    assert [] == [(call.method, call.path) for call in discord.rate_limited]


async def test_nothing_is_answered_twice_when_both_ways_lead_to_it(discord, product, script):
    async with product():
        await exchange(discord, ANN, ROOM, "one")
    discord.expire_sessions()
    await mention(discord, ANN, "missed")
    async with product():
        await mention(discord, ANN, "live")
        await discord.until(lambda: len(texts(discord, ROOM)) == 3)
        await all_heard(discord)

    assert sorted(f"echo: {said}" for said in ("one", "missed", "live")) == sorted(texts(discord, ROOM))
