"""What a second look at this side found: cases that were wrong once."""

from __future__ import annotations

from pathlib import Path

import pytest

from standins.discord import Rules
from standins.script.script import Call
from tests.discord.conversation import ANN, ROOM, all_heard, discord_with, exchange, mention, shows, texts
from tests.tool_files import DRAW_SLOWLY, let_go, put_tool


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data directory, with a tool that draws slowly in it."""
    put_tool(tmp_path / "data", "draw", DRAW_SLOWLY)
    return tmp_path / "data"


@pytest.mark.parametrize("size", [10, 10 * 2**20 + 1])
async def test_a_file_without_a_word(discord, product, script, data, size):
    """The line of its task goes with its post; that it is too large is said in a new one."""
    script.enqueue(Call("draw", {"name": "film.mp4", "size": size}))
    script.enqueue("")
    async with product():
        await mention(discord, ANN, "film it")
        await discord.until(lambda: "draw" in "".join(texts(discord, ROOM)))
        let_go(data)
        await discord.until(lambda: "draw" not in "".join(texts(discord, ROOM)))
        await discord.until(lambda: texts(discord, ROOM))
        await all_heard(discord)

    (post,) = discord.posts(ROOM)
    assert size > 10 or ("", ["film.mp4"]) == (post.content, [one.filename for one in post.attachments])
    assert size == 10 or "10 MB" in post.content


@discord_with(rules=Rules(message_content=True))
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


@discord_with(rules=Rules(message_content=True))
async def test_a_follow_up_before_a_reset(discord, product, script):
    """Belongs to the conversation that the reset ends."""
    thread = discord.add_thread(ROOM)
    async with product(follow_threads=True):
        await exchange(discord, ANN, thread, "one")
        await discord.say(ANN, thread, "two")
        await discord.slash(ANN, thread, "reset")
        await shows(discord, thread, "echo: one", "echo: two")
        await exchange(discord, ANN, thread, "three")

    assert [["one", "echo: one", "two"], ["three"]] == script.asked[1:]


async def test_words_of_which_nothing_can_be_seen(discord, product, script, data):
    """Are no text yet: the line of the task stands alone."""
    script.enqueue("\u202e", Call("draw", {"name": "film.mp4"}))
    script.enqueue("Here you are.")
    async with product():
        await mention(discord, ANN, "film it")
        await discord.until(lambda: "draw" in "".join(texts(discord, ROOM)))
        let_go(data)
        await discord.until(lambda: any(post.attachments for post in discord.posts(ROOM)))

    assert "Here you are." == texts(discord, ROOM)[0].strip()


@pytest.mark.parametrize("resumable", [True, False])
async def test_a_file_sent_while_away(discord, product, script, resumable):
    """Comes with its message, from the gateway or from history, and so does one without a word."""
    notes = ("notes.txt", b"the launch is on Friday")
    async with product():
        await exchange(discord, ANN, discord.dm(ANN), "one")
    if not resumable:
        discord.expire_sessions()
    await discord.say(ANN, discord.dm(ANN), "when is it?", attachments=[notes])
    await discord.say(ANN, discord.dm(ANN), "", attachments=[("more.txt", b"at noon")])
    async with product():
        await discord.until(lambda: len(script.asked) == 3)
        await all_heard(discord)

    assert "the launch is on Friday" in script.asked[1][-1]
    assert "at noon" in script.asked[2][-1]
