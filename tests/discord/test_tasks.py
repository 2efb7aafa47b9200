"""What the assistant is doing: a small line above the text while it happens, gone when it is done."""

from __future__ import annotations

import pytest

from core.texts import text
from standins.discord import DiscordStandin
from standins.script.script import Call
from tests.discord.conversation import all_heard, creations, mention, shows, stop_button, texts
from tests.discord.people import ANN, ROOM
from tests.slack.stage import Pause
from tests.tool_files import let_go, looks

SAID = "Result: found it"
pytestmark = pytest.mark.usefixtures("data")
POSTS = "/channels/{channel}/messages"
EDITS = "/channels/{channel}/messages/{message}"


def told(discord: DiscordStandin) -> bool:
    said = texts(discord, ROOM)
    return bool(said) and said[-1].startswith("-# ") and "look" in said[-1].split("\n")[0]


async def test_a_task_is_a_line_until_the_answer_is_there(discord, product, script, data):
    looks(script)
    async with product():
        said = await mention(discord, ANN, "look it up")
        await discord.until(lambda: told(discord))
        (before,) = discord.posts(ROOM)
        let_go(data)
        (after,) = await shows(discord, ROOM, SAID)
        await all_heard(discord)

    assert (before.id, said, 1) == (after.id, before.reference, len(creations(discord, ROOM)))
    assert stop_button(before)


async def test_a_task_between_words(discord, product, script, data):
    pause = Pause()
    script.enqueue("Let me see.", Call("look", {"what": "it"}))
    script.perform("Well,", pause, " found.")
    async with product():
        await mention(discord, ANN, "look it up")
        await discord.until(lambda: told(discord) and texts(discord, ROOM)[0].endswith("\nLet me see."))
        let_go(data)
        await discord.until(lambda: texts(discord, ROOM) == ["Let me see.\n\nWell,"])
        pause.end()
        await shows(discord, ROOM, "Let me see.\n\nWell, found.")


@pytest.mark.parametrize(("method", "path", "when"), [("POST", POSTS, "after"), ("PATCH", EDITS, "before")])
async def test_a_cut(discord, product, script, data, method, path, when):
    looks(script)
    discord.fail(method, path, when=when, drop=True, times=2)
    async with product():
        await mention(discord, ANN, "look it up")
        await discord.until(lambda: told(discord))
        let_go(data)
        await shows(discord, ROOM, SAID, timeout=15)


async def test_a_death_while_only_the_line_is_shown(discord, product, script, data, monkeypatch):
    """The next process writes its answer into the same post, though neither nonce nor step names it."""
    monkeypatch.setattr("bots.discord.poster.NONCE_KEPT", 0.0)
    discord.fail("POST", POSTS, when="after", drop=True, times=10)
    looks(script)
    async with product():
        await mention(discord, ANN, "look it up")
        await discord.until(lambda: told(discord))
        (before,) = discord.posts(ROOM)
    discord.heal()
    let_go(data)
    async with product():
        (after,) = await shows(discord, ROOM, SAID, timeout=15)

    assert before.id == after.id


async def test_the_line_is_no_part_of_what_was_said(discord, product, script, data):
    """Stopped after a death: what people saw stays, and is remembered without the line."""
    looks(script, "Let me see.")
    async with product():
        await mention(discord, ANN, "look it up")
        await discord.until(lambda: told(discord) and texts(discord, ROOM)[0].endswith("\nLet me see."))
        (post,) = discord.posts(ROOM)
    async with product():
        await discord.press(ANN, ROOM, post.id, stop_button(post))
        await shows(discord, ROOM, f"Let me see.\n\n{text('stopped', 'en')}")


async def test_a_full_post_has_no_line(discord, product, script, data):
    """Text is never moved by it: where there is no room it is left out."""
    long = "x" * 1990
    looks(script, long)
    async with product():
        await mention(discord, ANN, "look it up")
        await discord.until(lambda: texts(discord, ROOM) == [long])
        let_go(data)
        await shows(discord, ROOM, long, SAID)


@pytest.mark.parametrize("size", [10, 10 * 2**20 + 1])
async def test_a_file_without_a_word(discord, product, script, drawing, size):
    """The line of its task goes with its post; that it is too large is said in a new one."""
    script.enqueue(Call("draw", {"name": "film.mp4", "size": size}))
    script.enqueue("")
    async with product():
        await mention(discord, ANN, "film it")
        await discord.until(lambda: "draw" in "".join(texts(discord, ROOM)))
        let_go(drawing)
        await discord.until(lambda: "draw" not in "".join(texts(discord, ROOM)))
        await discord.until(lambda: texts(discord, ROOM))
        await all_heard(discord)

    (post,) = discord.posts(ROOM)
    assert size > 10 or ("", ["film.mp4"]) == (post.content, [one.filename for one in post.attachments])
    assert size == 10 or "10 MB" in post.content


async def test_words_of_which_nothing_can_be_seen(discord, product, script, drawing):
    script.enqueue("\u202e", Call("draw", {"name": "film.mp4"}))
    script.enqueue("Here you are.")
    async with product():
        await mention(discord, ANN, "film it")
        await discord.until(lambda: "draw" in "".join(texts(discord, ROOM)))
        let_go(drawing)
        await discord.until(lambda: any(post.attachments for post in discord.posts(ROOM)))

    assert "Here you are." == texts(discord, ROOM)[0].strip()
