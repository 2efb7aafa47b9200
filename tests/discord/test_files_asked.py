"""Files people send on Discord, from the message to the answer: what the model gets and people are told."""

from __future__ import annotations

from standins.discord import Rules, Upload
from tests import samples
from tests.discord.conversation import ANN, BOB, ROOM, discord_with, dm, exchange, mention, shows, texts

NOTES = ("notes.txt", b"the launch is on Friday")


async def test_words_and_files_are_one_question(discord, product, script):
    """A refused one is named under the answer, with what to do."""
    script.perform("On Friday.")
    async with product():
        await mention(discord, ANN, "when is it?", attachments=[("a.zip", samples.zipped("x")), NOTES])
        await discord.until(lambda: "📎" in "".join(texts(discord, ROOM)))

    (post,) = texts(discord, ROOM)
    assert post.startswith("On Friday.")
    assert "📎 `a.zip`: I do not open archives." in post
    ((said,),) = script.asked
    assert said.index("when is it?") < said.index("the launch is on Friday")


async def test_a_voice_message_is_a_question(discord, product, script):
    """What was said stands above the answer, and is what the model is asked."""
    script.perform("It is noon.")
    clip = Upload("voice-message.ogg", samples.ogg(), voice=True)
    said = f"a recording of {len(clip.content)} bytes"
    async with product():
        await dm(discord, ANN, "", attachments=[clip])
        await shows(discord, discord.dm(ANN), f"> 🎤 {said}\n\nIt is noon.")

    assert [[said]] == script.asked


@discord_with(rules=Rules(message_content=True))
async def test_a_file_may_be_a_follow_up(discord, product, script):
    """In a thread, without a word; from people it talks with there, and from nobody else."""
    thread = discord.add_thread(ROOM)
    async with product(follow_threads=True):
        await exchange(discord, ANN, thread, "one")
        script.perform("I see.")
        await discord.say(BOB, thread, "", attachments=[NOTES])
        await discord.say(ANN, thread, "", attachments=[NOTES])
        await shows(discord, thread, "echo: one", "I see.")

    assert "the launch is on Friday" in script.asked[-1][-1]
    assert ["one", "echo: one"] == script.asked[-1][:2]


async def test_files_of_two_people_never_mix(discord, product, script):
    """In one channel, at the same time, and in later questions."""
    people = {ANN: "Ann", BOB: "Bob"}
    discord.delay("GET", "/attachments/{channel}/{file}/{name}", 0.1)
    async with product():
        for user, name in people.items():
            file = ("same.txt", f"secret of {name}".encode())
            await mention(discord, user, f"I am {name}", attachments=[file])
        await discord.until(lambda: len(texts(discord, ROOM)) == 2)
        for user, name in people.items():
            await exchange(discord, user, ROOM, f"again {name}")

    assert 4 == len(script.asked)
    for said in script.asked:
        words = "\n".join(said)
        assert [f"I am {name}" in words for name in people.values()] == [
            f"secret of {name}" in words for name in people.values()
        ]
        assert not all(f"secret of {name}" in words for name in people.values())


async def test_a_restart_while_fetching_loses_nothing(discord, product, script):
    """The next process fetches what is not there yet; there is one answer."""
    script.perform("On Friday.")
    where = ("GET", "/attachments/{channel}/{file}/{name}")
    async with product():
        discord.delay(*where, 30.0)
        await mention(discord, ANN, "when is it?", attachments=[NOTES])
        await discord.until(lambda: ROOM in {place for _, place in discord.typing})
    discord.heal()
    discord.delay(*where, 0.0)
    async with product():
        await shows(discord, ROOM, "On Friday.")

    assert 1 == len(script.asked)


async def test_files_sent_while_it_was_away_are_found(discord, product, script):
    """History tells them as events do, with addresses that are good now."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
    discord.expire_sessions()
    script.perform("On Friday.")
    await mention(discord, ANN, "when is it?", attachments=[NOTES])
    discord.expire_attachments()
    async with product():
        await shows(discord, ROOM, "echo: one", "On Friday.")

    assert "the launch is on Friday" in script.asked[-1][-1]
