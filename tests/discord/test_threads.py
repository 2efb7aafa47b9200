"""Whose memory it is: a person's in a channel, or everybody's in a topic; and one answer at a time."""

from __future__ import annotations

import pytest

from tests.discord.conversation import (
    ANN,
    BOB,
    GUILD,
    ROOM,
    all_heard,
    dm,
    exchange,
    mention,
    shows,
    texts,
)
from tests.slack.stage import Pause


async def test_people_in_a_channel_do_not_see_each_other(discord, product, script):
    """User scope is the default: two people take turns, each with a memory of their own."""
    async with product():
        for text in ("1", "2"):
            await exchange(discord, ANN, ROOM, f"ann {text}")
            await exchange(discord, BOB, ROOM, f"bob {text}")

    assert ["ann 1", "echo: ann 1", "ann 2"] == script.asked[-2]
    assert ["bob 1", "echo: bob 1", "bob 2"] == script.asked[-1]


async def test_a_persons_places_do_not_see_each_other(discord, product, script):
    """A channel, a thread in it, another channel and the DM are four conversations."""
    places = [ROOM, discord.add_thread(ROOM), discord.add_channel(GUILD), discord.dm(ANN)]
    async with product():
        for place in places:
            await exchange(discord, ANN, place, "hello")

    assert [["hello"]] * 4 == script.asked


@pytest.mark.parametrize("inside", [False, True], ids=["channel", "thread"])
async def test_a_topic_is_everybodys(discord, product, script, inside):
    """Topic scope: what one person said is known when another asks, and who said it can be told apart."""
    place = discord.add_thread(ROOM) if inside else ROOM
    discord.add_user(ANN, "ann")
    discord.add_user(BOB, "bob")
    async with product(thread_scope="topic"):
        await exchange(discord, ANN, place, "I like tea")
        await exchange(discord, BOB, place, "I like milk")
        await exchange(discord, ANN, place, "what do I like")

    first, _, second, _, third = script.asked[-1]
    assert ("tea" in first, "milk" in second, "what" in third) == (True, True, True)
    assert ("ann" in first, "bob" in second, "ann" in third) == (True, True, True)


async def test_topics_do_not_see_each_other(discord, product, script):
    """Topic scope: a thread is a topic of its own, the channel outside of threads another."""
    places = [ROOM, discord.add_thread(ROOM), discord.add_thread(ROOM)]
    async with product(thread_scope="topic"):
        for place in places:
            await exchange(discord, ANN, place, "hello")

    assert [1, 1, 1] == [len(request) for request in script.asked]


async def test_direct_messages_are_private_under_topic_scope_too(discord, product, script):
    """A DM is the topic of the one person in it."""
    async with product(thread_scope="topic"):
        await exchange(discord, ANN, discord.dm(ANN), "ann's secret")
        await exchange(discord, BOB, discord.dm(BOB), "hello")

    assert "secret" not in str(script.asked[-1])


async def test_messages_are_answered_one_after_the_other(discord, product, script):
    """Those that come meanwhile wait, keep their order, and each gets an answer of its own."""
    pause = Pause()
    script.perform("Well,", pause, " 42.")
    async with product():
        asked = [await mention(discord, ANN, text) for text in ("one", "two", "three")]
        await discord.until(lambda: texts(discord, ROOM) == ["Well,"])
        await all_heard(discord)
        assert 1 == len(script.asked)
        pause.end()
        posts = await shows(discord, ROOM, "Well, 42.", "echo: two", "echo: three", timeout=8)

    assert asked == [post.reference for post in posts]
    assert ["one", "Well, 42.", "two", "echo: two", "three"] == script.asked[-1]


async def test_messages_that_wait_can_be_answered_together(discord, product, script):
    """WHILE_BUSY=collect: one answer for all that came meanwhile, with all of them before the model."""
    pause = Pause()
    script.perform("Well,", pause, " 42.")
    script.perform("both")
    async with product(while_busy="collect"):
        await dm(discord, ANN, "one")
        await discord.until(lambda: texts(discord, discord.dm(ANN)) == ["Well,"])
        await dm(discord, ANN, "two")
        await dm(discord, ANN, "three")
        await all_heard(discord)
        pause.end()
        await shows(discord, discord.dm(ANN), "Well, 42.", "both")
        await exchange(discord, ANN, discord.dm(ANN), "four")

    assert 3 == len(script.asked)
    whole = "\n".join(script.asked[1])
    assert whole.index("one") < whole.index("42") < whole.index("two") < whole.index("three")


async def test_people_do_not_wait_for_each_other(discord, product, script):
    """One growing answer holds up nobody else, in the same channel or elsewhere."""
    pause = Pause()
    script.perform("Well,", pause, " 42.")
    async with product():
        await mention(discord, ANN, "hello")
        await discord.until(lambda: texts(discord, ROOM) == ["Well,"])
        await exchange(discord, BOB, ROOM, "me too")
        await exchange(discord, ANN, discord.dm(ANN), "and here")
        pause.end()
        await shows(discord, ROOM, "Well, 42.", "echo: me too")


async def test_many_direct_messages_at_once(discord, product, script):
    """A hundred people: everyone gets their own answer, once, and the answers grew side by side."""
    pause = Pause()
    people = [f"27000000000000{number:04d}" for number in range(100)]
    for _ in people:
        script.perform("so ", pause, "far")
    async with product():
        for number, person in enumerate(people):
            await dm(discord, person, f"hello {number}")
        await discord.until(lambda: len(script.asked) == 100, timeout=10)
        pause.end()
        for person in people:
            await shows(discord, discord.dm(person), "so far", timeout=10)

    assert {f"hello {number}" for number in range(100)} == {request[0] for request in script.asked}


async def test_one_event_twice_is_one_message(discord, product, script):
    """Creating a thread can tell of one message twice, with one id."""
    async with product():
        asked = await exchange(discord, ANN, ROOM, "hello")
        again = {
            "id": asked,
            "channel_id": ROOM,
            "guild_id": GUILD,
            "type": 0,
            "content": f"<@{discord.bot_user}> hello",
            "author": {"id": ANN, "username": "ann", "discriminator": "0", "avatar": None},
            "mentions": [{"id": discord.bot_user, "username": "spool", "discriminator": "0", "avatar": None}],
            "timestamp": "2026-11-22T12:00:00.000000+00:00",
            "edited_timestamp": None,
            **{"tts": False, "mention_everyone": False, "pinned": False, "flags": 0},
            **{"mention_roles": [], "attachments": [], "embeds": [], "components": []},
        }
        await discord.replay("MESSAGE_CREATE", again)
        await all_heard(discord)

    assert [["hello"]] == script.asked
    assert 1 == len(texts(discord, ROOM))
