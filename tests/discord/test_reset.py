"""Starting over: /reset, and the word."""

from __future__ import annotations

import pytest

from core.texts import text
from tests.discord.conversation import ANN, BOB, GUILD, ROOM, all_heard, dm, exchange, mention, shows, texts
from tests.slack.stage import Pause

DONE = text("reset", "en")


@pytest.mark.parametrize("place", ["dm", "room", "thread"])
async def test_reset_forgets(discord, product, script, place):
    """Confirmed in private and in time; the next message knows nothing of before."""
    channel = {"dm": discord.dm(ANN), "room": ROOM, "thread": discord.add_thread(ROOM)}[place]
    async with product():
        await exchange(discord, ANN, channel, "one")
        reply = await discord.slash(ANN, channel, "reset")
        await exchange(discord, ANN, channel, "two")

    assert (DONE, True, False) == (reply.text, reply.ephemeral, reply.failed)
    assert reply.acked_after is not None
    assert reply.acked_after < 1.0
    assert [["one"], ["two"]] == script.asked


@pytest.mark.parametrize(
    ("locale", "language", "spoken"), [("ko", "en", "ko"), ("en-GB", "ko", "en"), ("fr", "ko", "ko")]
)
async def test_the_confirmation_speaks_the_persons_language(discord, product, locale, language, spoken):
    """Discord tells their locale with a command; LANGUAGE is for locales that are not ours."""
    async with product(language=language):
        reply = await discord.slash(ANN, ROOM, "reset", locale=locale)

    assert text("reset", spoken) == reply.text


async def test_a_reset_is_ones_own(discord, product, script):
    """User scope: neither another person in the channel nor another place of mine is touched."""
    async with product():
        await exchange(discord, ANN, ROOM, "a1")
        await exchange(discord, BOB, ROOM, "b1")
        await exchange(discord, ANN, discord.dm(ANN), "d1")
        await discord.slash(ANN, ROOM, "reset")
        await exchange(discord, BOB, ROOM, "b2")
        await exchange(discord, ANN, discord.dm(ANN), "d2")
        await exchange(discord, ANN, ROOM, "a2")

    assert [["b1", "echo: b1", "b2"], ["d1", "echo: d1", "d2"], ["a2"]] == script.asked[-3:]


async def test_a_topics_reset_is_everybodys(discord, product, script):
    """Topic scope: on Discord the channel is the topic, so /reset knows which one is meant."""
    async with product(thread_scope="topic"):
        await exchange(discord, ANN, ROOM, "a1")
        reply = await discord.slash(BOB, ROOM, "reset")
        await exchange(discord, ANN, ROOM, "a2")

    assert DONE == reply.text
    assert 1 == len(script.asked[-1])


async def test_a_reset_of_a_thread_leaves_its_channel_alone(discord, product, script):
    """A Discord thread is a place of its own."""
    thread = discord.add_thread(ROOM)
    async with product():
        await exchange(discord, ANN, ROOM, "one")
        await exchange(discord, ANN, thread, "two")
        await discord.slash(ANN, thread, "reset")
        await exchange(discord, ANN, ROOM, "three")

    assert ["one", "echo: one", "three"] == script.asked[-1]


async def test_a_reset_during_an_answer(discord, product, script):
    """The answer is completed where it was asked for, and is no part of what follows."""
    pause = Pause()
    script.perform("Well,", pause, " 42.")
    async with product():
        await dm(discord, ANN, "one")
        await discord.until(lambda: texts(discord, discord.dm(ANN)) == ["Well,"])
        reply = await discord.slash(ANN, discord.dm(ANN), "reset")
        pause.end()
        await shows(discord, discord.dm(ANN), "Well, 42.")
        await exchange(discord, ANN, discord.dm(ANN), "two")

    assert DONE == reply.text
    assert [["one"], ["two"]] == script.asked


async def test_messages_before_the_reset_are_answered_in_the_old_thread(discord, product, script):
    """One that still waits belongs to before, one said after it starts anew; each is answered once."""
    pause = Pause()
    script.perform("Well,", pause, " 42.")
    async with product():
        await dm(discord, ANN, "one")
        await discord.until(lambda: texts(discord, discord.dm(ANN)) == ["Well,"])
        await dm(discord, ANN, "two")
        await all_heard(discord)
        await discord.slash(ANN, discord.dm(ANN), "reset")
        await dm(discord, ANN, "three")
        await all_heard(discord)
        pause.end()
        await discord.until(lambda: len(texts(discord, discord.dm(ANN))) == 3)
        await discord.until(lambda: {"echo: two", "echo: three"} < set(texts(discord, discord.dm(ANN))))

    assert ["one", "Well, 42.", "two"] in script.asked
    assert ["three"] in script.asked


async def test_a_reset_lasts(discord, product, script):
    """A restart does not bring back what was forgotten, nor forget what was not."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
        await discord.slash(ANN, ROOM, "reset")
    async with product():
        await exchange(discord, ANN, ROOM, "two")
    async with product():
        await exchange(discord, ANN, ROOM, "three")

    assert [["one"], ["two"], ["two", "echo: two", "three"]] == script.asked


async def test_a_reset_told_twice_resets_once(discord, product, script):
    """A resumed session repeats what it is not sure we have heard: what was said since is not forgotten."""
    told = {
        "id": str(int(await discord.say(BOB, ROOM, "an id of now")) + 1),
        "application_id": discord.application_id,
        **{"type": 2, "token": "t", "version": 1, "locale": "en-US", "context": 0},
        **{"guild_id": GUILD, "channel_id": ROOM, "app_permissions": "0", "entitlements": []},
        "authorizing_integration_owners": {"0": GUILD},
        "channel": {"id": ROOM, "type": 0, "guild_id": GUILD, "name": "general", "permissions": "0"},
        "guild": {"id": GUILD, "locale": "en-US", "features": []},
        "member": {
            "user": {"id": ANN, "username": "ann", "discriminator": "0", "avatar": None},
            **{"roles": [], "joined_at": "2024-03-01T09:30:00+00:00", "permissions": "0"},
            **{"deaf": False, "mute": False, "flags": 0},
        },
    }
    async with product():
        await discord.until(lambda: discord.commands)
        told["data"] = {"id": discord.commands[0]["id"], "name": "reset", "type": 1}
        for text_ in ("one", "two", "three"):
            await exchange(discord, ANN, ROOM, text_)
            if text_ != "three":
                await discord.replay("INTERACTION_CREATE", told)
                await all_heard(discord)

    assert ["two", "echo: two", "three"] == script.asked[-1]


async def test_a_reset_with_nothing_to_forget(discord, product):
    """Is confirmed like any other."""
    async with product():
        assert DONE == (await discord.slash(BOB, discord.dm(BOB), "reset")).text


@pytest.mark.parametrize("place", ["dm", "room"])
async def test_the_word_resets_too(discord, product, script, place):
    """Our help says so: “reset” after the bot's name, confirmed by a post, without asking the model."""
    channel = discord.dm(ANN) if place == "dm" else ROOM
    async with product():
        await exchange(discord, ANN, channel, "one")
        await discord.say(ANN, channel, "reset", mention_bot=place == "room")
        await shows(discord, channel, "echo: one", DONE)
        await exchange(discord, ANN, channel, "two")

    assert [["one"], ["two"]] == script.asked


async def test_a_reset_is_confirmed_while_many_are_answered(discord, product, script):
    """Thirty growing answers do not make it late: Discord gives it 3 seconds."""
    pause = Pause()
    people = [f"2600000000000000{number:02d}" for number in range(30)]
    for _ in people:
        script.perform("so ", pause, "far")
    async with product():
        for person in people:
            await mention(discord, person, "hello", discord.add_thread(ROOM))
        await discord.until(lambda: len(script.asked) == 30)
        reply = await discord.slash(ANN, ROOM, "reset")
        pause.end()
        await all_heard(discord)

    assert (DONE, False) == (reply.text, reply.failed)
    assert reply.acked_after is not None
    assert reply.acked_after < 1.0
