"""Ending an answer: the Stop button, the word stop, and a question taken back."""

from __future__ import annotations

import pytest

from core.texts import text
from standins.discord import DiscordStandin
from tests.discord.conversation import all_heard, creations, exchange, mention, shows, stop_button, texts
from tests.discord.people import ANN, BOB, GUILD, ROOM
from tests.slack.stage import Pause, Stage

STOPPED = text("stopped", "en")


async def growing_answer(discord: DiscordStandin, script: Stage, channel: str) -> Pause:
    """ANN has asked there, and her answer shows its first words; it goes on when the pause ends."""
    pause = Pause()
    script.perform("Well,", pause, " the answer is 42.")
    await discord.say(ANN, channel, "hello", mention_bot=channel != discord.dm(ANN))
    await discord.until(lambda: texts(discord, channel)[-1:] == ["Well,"])
    return pause


def marked(discord: DiscordStandin, channel: str) -> bool:
    """Whether the last post there is the stopped answer, its words kept, without a button."""
    post = discord.posts(channel)[-1]
    return post.content.startswith("Well,") and post.content.endswith(STOPPED) and not post.components


@pytest.mark.parametrize("place", ["dm", "thread"])
async def test_the_button_stops_the_answer(discord, product, script, place):
    channel = {"dm": discord.dm(ANN), "thread": discord.add_thread(ROOM)}[place]
    async with product():
        pause = await growing_answer(discord, script, channel)
        (post,) = discord.posts(channel)
        reply = await discord.press(ANN, channel, post.id, stop_button(post))
        await discord.until(lambda: marked(discord, channel))
        pause.end()
        await exchange(discord, ANN, channel, "again")

    assert not reply.failed
    assert reply.ephemeral or not reply.text
    assert 2 == len(texts(discord, channel))
    assert "42" not in "".join(texts(discord, channel))


async def test_only_the_asker_can_stop(discord, product, script):
    """Anybody else is told so, in private, in their language; the answer goes on."""
    async with product():
        pause = await growing_answer(discord, script, ROOM)
        (post,) = discord.posts(ROOM)
        english = await discord.press(BOB, ROOM, post.id, stop_button(post))
        korean = await discord.press(BOB, ROOM, post.id, stop_button(post), locale="ko")
        pause.end()
        await shows(discord, ROOM, "Well, the answer is 42.")

    assert [text("stop_refused", "en"), text("stop_refused", "ko")] == [english.text, korean.text]
    assert english.ephemeral
    assert korean.ephemeral


async def test_the_button_speaks_the_language_of_the_bot(discord, product, script):
    """Everybody sees its label, so it follows LANGUAGE, and so does the mark."""
    async with product(language="ko"):
        pause = await growing_answer(discord, script, ROOM)
        (post,) = discord.posts(ROOM)
        (row,) = post.components
        await discord.press(ANN, ROOM, post.id, stop_button(post))
        await discord.until(lambda: text("stopped", "ko") in texts(discord, ROOM)[0])
        pause.end()

    assert text("stop_button", "ko") == row["components"][0]["label"]


async def test_a_message_deleted_before_its_run_is_not_answered(discord, product, script):
    """It waited behind another one; also many that a moderator deletes at once, which is one event."""
    async with product():
        pause = await growing_answer(discord, script, ROOM)
        oops, *gone = [await mention(discord, ANN, word) for word in ("oops", "again", "and again")]
        await mention(discord, ANN, "later")
        await discord.delete(ROOM, oops)
        await discord.replay("MESSAGE_DELETE_BULK", {"ids": gone, "channel_id": ROOM, "guild_id": GUILD})
        await all_heard(discord)
        pause.end()
        await shows(discord, ROOM, "Well, the answer is 42.", "echo: later")

    assert [] == [word for word in ("oops", "again") if word in str(script.asked)]


async def test_a_question_deleted_before_the_first_word_is_not_answered(discord, product, script):
    """The run has started, and ends without a post."""
    pause = Pause()
    script.perform(pause, "Well, the answer is 42.")
    async with product():
        asked = await mention(discord, ANN, "hello")
        await discord.until(lambda: script.asked)
        await discord.delete(ROOM, asked)
        await all_heard(discord)
        pause.end()
        await exchange(discord, ANN, ROOM, "again")

    assert ["echo: again"] == texts(discord, ROOM)


async def test_an_answer_deleted_while_it_grows_is_not_posted_again(discord, product, script):
    """Somebody wanted it away. The next question is answered."""
    async with product():
        pause = await growing_answer(discord, script, ROOM)
        await discord.delete(ROOM, discord.posts(ROOM)[0].id)
        pause.end()
        await exchange(discord, ANN, ROOM, "again")

    assert ["echo: again"] == texts(discord, ROOM)
    assert 2 == len(creations(discord, ROOM))
