"""The process ends and begins again: answers go on in their posts, the session is resumed."""

from __future__ import annotations

import time

import pytest

from core.texts import text
from standins.script.script import Say
from tests.discord.conversation import (
    ANN,
    BOB,
    GUILD,
    ROOM,
    all_heard,
    creations,
    dm,
    exchange,
    growing,
    mention,
    shows,
    stop_button,
    texts,
)
from tests.slack.stage import Pause


async def test_memory_lasts(discord, product, script):
    """What was said is known after a restart, in every place."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
        await exchange(discord, ANN, discord.dm(ANN), "eins")
    async with product():
        await exchange(discord, ANN, ROOM, "two")
        await exchange(discord, ANN, discord.dm(ANN), "zwei")

    assert [["one", "echo: one", "two"], ["eins", "echo: eins", "zwei"]] == script.asked[2:]


async def test_the_session_is_resumed(discord, product):
    """Each start resumes the session of the one before; none spends an IDENTIFY."""
    for number in range(4):
        async with product():
            await exchange(discord, ANN, ROOM, f"hello {number}")

    assert (1, 3) == (discord.identifies, discord.resumes)


async def test_what_was_said_while_away_is_answered_once(discord, product, script):
    """Known places and unknown ones: the session kept it all, in order."""
    new_room = discord.add_channel(GUILD)
    async with product():
        await exchange(discord, ANN, ROOM, "one")
    asked = await mention(discord, ANN, "two")
    await mention(discord, ANN, "three")
    await mention(discord, BOB, "hello", new_room)
    await dm(discord, BOB, "first words")
    async with product():
        posts = await shows(discord, ROOM, "echo: one", "echo: two", "echo: three")
        await shows(discord, new_room, "echo: hello")
        await shows(discord, discord.dm(BOB), "echo: first words")
    async with product():
        await all_heard(discord)

    assert asked == posts[1].reference
    assert 5 == len(script.asked)


async def test_who_is_meant_is_known_after_a_resumption(discord, product, script):
    """A resumed session tells nothing about servers: their channels are still no DMs."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
    await discord.say(ANN, ROOM, "not for you")
    await discord.say(ANN, ROOM, "reply to the bot", reply_to=discord.posts(ROOM)[0].id)
    await discord.say(BOB, ROOM, "hidden", reply_to=discord.posts(ROOM)[0].id, ping=False)
    async with product():
        await discord.until(lambda: len(texts(discord, ROOM)) == 3)
        await discord.say(ANN, ROOM, "nor this")
        await all_heard(discord)

    expected = {"echo: one", "echo: reply to the bot", text("empty_reply", "en")}
    assert (expected, 3) == (set(texts(discord, ROOM)), len(texts(discord, ROOM)))
    assert 2 == len(script.asked)


async def test_the_managed_role_is_known_after_a_resumption(discord, product):
    """A mention of it while away gets its hint."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
    await discord.say(ANN, ROOM, "hello", mention_role=True)
    async with product():
        await shows(discord, ROOM, "echo: one", text("empty_reply", "en"))

    assert 1 == discord.resumes


async def test_commands_work_after_a_resumption(discord, product, script):
    """Without a word about the server they are used in."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
    async with product():
        reply = await discord.slash(ANN, ROOM, "reset")
        await exchange(discord, ANN, ROOM, "two")

    assert (text("reset", "en"), True) == (reply.text, reply.ephemeral)
    assert ["two"] == script.asked[-1]


@pytest.mark.parametrize("place", ["dm", "room"])
async def test_an_answer_goes_on_in_its_post(discord, product, script, place):
    """What is shown stays until it is painted over; one post, no stub, its text exact."""
    channel = discord.dm(ANN) if place == "dm" else ROOM
    pause = Pause()
    script.perform("Well,", pause)
    script.perform("Well, the answer is 42.")
    async with product():
        await discord.say(ANN, channel, "hello", mention_bot=place == "room")
        await discord.until(lambda: texts(discord, channel) == ["Well,"])
        (before,) = discord.posts(channel)
    pause.end()
    async with product():
        (after,) = await shows(discord, channel, "Well, the answer is 42.")
        await all_heard(discord)

    assert (before.id, 1) == (after.id, len(creations(discord, channel)))
    assert [["hello"], ["hello"]] == script.asked


async def test_a_long_answer_goes_on_in_its_posts(discord, product, script):
    """Full parts stay as they are, even when the model puts it differently the second time."""
    said = " ".join(f"word{number:04d}" for number in range(500))
    pause = Pause()
    script.perform(Say(said), pause)
    script.perform(Say(said + " and then the end"))
    async with product():
        await mention(discord, ANN, "hello")
        await discord.until(lambda: texts(discord, ROOM) and "word0499" in texts(discord, ROOM)[-1])
        before = [post.id for post in discord.posts(ROOM)]
    pause.end()
    async with product():
        await discord.until(
            lambda: texts(discord, ROOM)[-1].endswith("the end") and not growing(discord.posts(ROOM)[-1])
        )
        posts = discord.posts(ROOM)

    assert (said + " and then the end").split() == " ".join(post.content for post in posts).split()
    assert before == [post.id for post in posts][: len(before)]
    assert not any(growing(post) for post in posts)


async def test_the_button_of_an_earlier_process_works(discord, product, script):
    """The post still shows it, so it must stop the answer that goes on."""
    first, second = Pause(), Pause()
    script.perform("Well,", first)
    script.perform(second, "Well, the answer is 42.")
    async with product():
        await mention(discord, ANN, "hello")
        await discord.until(lambda: texts(discord, ROOM) == ["Well,"])
    first.end()
    async with product():
        (post,) = discord.posts(ROOM)
        await discord.until(lambda: len(script.asked) == 2)
        reply = await discord.press(ANN, ROOM, post.id, stop_button(post))
        await discord.until(lambda: texts(discord, ROOM)[0].endswith(text("stopped", "en")))
        second.end()

    assert not reply.failed
    assert texts(discord, ROOM)[0].startswith("Well,")


async def test_waiting_messages_keep_their_order(discord, product, script):
    """One under way, two waiting, one said while away: four answers, in order."""
    pause = Pause()
    script.perform("Well,", pause)
    script.perform("Well, 42.")
    async with product():
        await dm(discord, ANN, "one")
        await discord.until(lambda: texts(discord, discord.dm(ANN)) == ["Well,"])
        await dm(discord, ANN, "two")
        await dm(discord, ANN, "three")
        await all_heard(discord)
    pause.end()
    await dm(discord, ANN, "four")
    async with product():
        await shows(
            discord, discord.dm(ANN), "Well, 42.", "echo: two", "echo: three", "echo: four", timeout=10
        )


async def test_unfinished_answers_are_asked_for_at_once(discord, product, openai, script):
    """The model is asked within half a second of being connected, and painted 1.25 s after its first word."""
    pause = Pause()
    script.perform("Well,", pause)
    script.perform("Well, and so on.")
    async with product():
        await dm(discord, ANN, "hello")
        await discord.until(lambda: texts(discord, discord.dm(ANN)) == ["Well,"])
    pause.end()
    async with product():
        connected = time.monotonic()
        (post,) = await shows(discord, discord.dm(ANN), "Well, and so on.")

    again = openai.requests[-1]
    assert again.at - connected < 0.5
    assert again.first_token_at is not None
    assert post.versions[-1][0] - again.first_token_at < 1.25


async def test_a_message_deleted_while_away_is_not_answered(discord, product, script):
    """It was taken back before its run started, whether it was waiting or never heard."""
    pause = Pause()
    script.perform("Well,", pause)
    script.perform("Well, 42.")
    async with product():
        await dm(discord, ANN, "one")
        await discord.until(lambda: texts(discord, discord.dm(ANN)) == ["Well,"])
        waiting = await dm(discord, ANN, "two")
        await all_heard(discord)
    pause.end()
    unheard = await dm(discord, ANN, "three")
    for message in (waiting, unheard):
        await discord.delete(discord.dm(ANN), message)
    await dm(discord, ANN, "four")
    async with product():
        await discord.until(lambda: "echo: four" in texts(discord, discord.dm(ANN)))
        await all_heard(discord)

    assert "three" not in str(script.asked)
