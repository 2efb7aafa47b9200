"""What the model makes is shown; what people send is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from standins.discord import DiscordStandin, Post
from tests import samples
from tests.discord.conversation import all_heard, exchange, mention, shows, texts
from tests.discord.people import ANN, ROOM
from tests.tool_files import DRAW, draws, put_tool

POSTS = "/channels/{channel}/messages"


@pytest.fixture(autouse=True)
def _drawing(tmp_path: Path) -> None:
    put_tool(tmp_path / "data", "draw", DRAW)


def shown(discord: DiscordStandin) -> list[Post]:
    return [post for post in discord.posts(ROOM) if post.attachments]


def names(discord: DiscordStandin) -> list[str]:
    return [file.filename for post in shown(discord) for file in post.attachments]


async def test_a_file_stands_under_the_question(discord, product, script):
    draws(script, {"name": "cat.png", "size": 3})
    async with product():
        said = await mention(discord, ANN, "draw a cat")
        await discord.until(lambda: shown(discord))
        await all_heard(discord)

    (post,) = shown(discord)
    (file,) = post.attachments
    assert (said, "cat.png", b"xxx") == (post.reference, file.filename, file.content)
    assert (["", "Here you are."], False) == (sorted(texts(discord, ROOM)), post.reply_ping)


@pytest.mark.parametrize(("forgotten", "when"), [(False, "before"), (True, "after")])
async def test_a_cut(discord, product, script, monkeypatch, forgotten, when):
    if forgotten:
        monkeypatch.setattr("bots.discord.poster.NONCE_KEPT", 0.0)
    draws(script, {"name": "cat.png"})
    async with product():
        await mention(discord, ANN, "draw a cat")
        await discord.until(lambda: "Here you are." in texts(discord, ROOM))
        discord.fail("POST", POSTS, when=when, drop=True, times=3)
        await discord.until(lambda: shown(discord), 20)
        await all_heard(discord)

    assert (["cat.png"], 2) == (names(discord), len(discord.posts(ROOM)))


async def test_a_death_after_the_effect(discord, product, script, monkeypatch):
    monkeypatch.setattr("bots.discord.poster.NONCE_KEPT", 0.0)
    draws(script, {"name": "cat.png"})
    async with product():
        await mention(discord, ANN, "draw a cat")
        await discord.until(lambda: "Here you are." in texts(discord, ROOM))
        discord.fail("POST", POSTS, when="after", drop=True, times=50)
        await discord.until(lambda: shown(discord))
    discord.heal()
    async with product():
        await all_heard(discord)

    assert (["cat.png"], 2) == (names(discord), len(discord.posts(ROOM)))


async def test_a_file_that_is_too_large_is_said_so(discord, product, script):
    """It is not even sent; the line under the answer names it and the limit."""
    draws(script, {"name": "film.mp4", "size": 10 * 2**20 + 1})
    async with product():
        await mention(discord, ANN, "film it")
        await discord.until(lambda: "film.mp4" in "".join(texts(discord, ROOM)))
        await all_heard(discord)

    (said,) = texts(discord, ROOM)
    assert (True, True) == (said.startswith("Here you are."), "10" in said)


@pytest.mark.parametrize("fault", [{"status": 403, "code": 50013}, {"status": 413, "code": 40005}], ids=str)
async def test_what_discord_does_not_take_is_said(discord, product, script, fault):
    draws(script, {"name": "cat.png"})
    async with product():
        await mention(discord, ANN, "draw a cat")
        await discord.until(lambda: "Here you are." in texts(discord, ROOM))
        discord.fail("POST", POSTS, **fault)
        await discord.until(lambda: "cat.png" in "".join(texts(discord, ROOM)))

    assert [] == names(discord)
    discord.calls[:] = [call for call in discord.calls if call.status != 413]  # ordered here


async def test_a_name_is_only_a_name(discord, product, script):
    """Paths and mentions in it are the model's invention."""
    draws(script, {"name": "../<@2> @everyone .png"})
    async with product():
        await mention(discord, ANN, "draw a cat")
        await discord.until(lambda: shown(discord))

    (name,) = names(discord)
    assert not set("<>/@ ") & set(name)


NOTES = ("notes.txt", b"the launch is on Friday")


async def test_words_and_files_are_one_question(discord, product, script):
    script.perform("On Friday.")
    async with product():
        await mention(discord, ANN, "when is it?", attachments=[("a.zip", samples.zipped("x")), NOTES])
        await discord.until(lambda: "📎" in "".join(texts(discord, ROOM)))

    (post,) = texts(discord, ROOM)
    assert post.startswith("On Friday.")
    assert "📎 `a.zip`: I do not open archives." in post
    ((said,),) = script.asked
    assert said.index("when is it?") < said.index("the launch is on Friday")


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
