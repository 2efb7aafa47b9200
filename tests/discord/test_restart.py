"""The process ends and begins again: answers go on in their posts, the session is resumed."""

from __future__ import annotations

from core.texts import text
from standins.script.script import Say
from tests.discord.conversation import all_heard, dm, exchange, growing, mention, shows, stop_button, texts
from tests.discord.people import ANN, BOB, GUILD, ROOM
from tests.slack.stage import Pause


async def test_what_was_said_while_away_is_answered_once(discord, product, script):
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

    assert (1, 2, asked) == (discord.identifies, discord.resumes, posts[1].reference)
    assert 5 == len(script.asked)


async def test_who_is_meant_is_known_after_a_resumption(discord, product, script):
    """A resumed session tells nothing about servers: their channels are still no DMs."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
    await discord.say(ANN, ROOM, "not for you")
    await discord.say(ANN, ROOM, "reply to the bot", reply_to=discord.posts(ROOM)[0].id)
    await discord.say(BOB, ROOM, "hidden", reply_to=discord.posts(ROOM)[0].id, ping=False)
    await discord.say(ANN, ROOM, "of the managed role", mention_role=True)
    async with product():
        await discord.until(lambda: len(texts(discord, ROOM)) == 4)
        await discord.say(ANN, ROOM, "nor this")
        await all_heard(discord)

    expected = ["echo: one", "echo: reply to the bot", *[text("empty_reply", "en")] * 2]
    assert sorted(expected) == sorted(texts(discord, ROOM))
    assert 2 == len(script.asked)


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


async def test_a_message_deleted_while_away_is_not_answered(discord, product, script):
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
