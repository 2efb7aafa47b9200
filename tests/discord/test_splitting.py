"""Answers longer than a post: parts of at most 2,000 characters, code intact, full parts left alone."""

from __future__ import annotations

import itertools

import pytest

from core.texts import text
from standins.discord import DiscordStandin, Post
from standins.script.script import Say, Wait
from tests.conftest import Product
from tests.discord.conversation import ANN, ROOM, exchange, growing, mention, stop_button, texts
from tests.slack.stage import Pause, Stage

PROSE = " ".join(f"word{number:04d}" for number in range(700))
CODE = (
    "Look:\n```py\n"
    + "".join(f"print({number:05d}, 'a line of code')\n" for number in range(160))
    + "```\nDone."
)
KOREAN = " ".join(f"가나다라마바사{number:04d}" for number in range(400))
LINES = "".join(f"- item {number} of the list\n" for number in range(250)) + "\nThe end."


async def answered(
    discord: DiscordStandin, product: Product, script: Stage, *beats: Say | Wait
) -> list[Post]:
    """The posts of an answer that says so, complete."""
    script.perform(*beats)
    whole = bare("".join(beat.text for beat in beats if isinstance(beat, Say)))
    async with product():
        await mention(discord, ANN, "hello")
        await discord.until(
            lambda: (
                len(bare("".join(texts(discord, ROOM)))) >= len(whole)
                and not any(growing(post) for post in discord.posts(ROOM))
            ),
            timeout=12,
        )
    return discord.posts(ROOM)


def bare(said: str) -> str:
    """Without blanks and fences."""
    return "".join(said.replace("```py", "").replace("```", "").split())


def sealed(posts: list[Post]) -> bool:
    """No part was written after the one behind it had appeared, and all appeared in order."""
    return all(
        earlier.versions[-1][0] <= later.versions[0][0] for earlier, later in itertools.pairwise(posts)
    )


def pieces(said: str, size: int) -> list[Say]:
    return [Say(said[at : at + size]) for at in range(0, len(said), size)]


@pytest.mark.parametrize("said", [PROSE, KOREAN, LINES], ids=["prose", "korean", "list"])
async def test_a_long_answer_loses_nothing(discord, product, script, said):
    """All words, in order, none cut in two; every part fits and is well filled."""
    posts = await answered(discord, product, script, *pieces(said, 37))

    assert said.split() == " ".join(post.content for post in posts).split()
    assert all(len(post.content) <= 2000 for post in posts)
    assert all(len(post.content) > 1000 for post in posts[:-1])
    assert sealed(posts)


async def test_code_stays_code(discord, product, script):
    """A fence is closed at the end of a part and opened again, with its language, in the next; lines stay."""
    posts = await answered(discord, product, script, *pieces(CODE, 37))

    assert len(posts) >= 3
    assert all(post.content.count("```") % 2 == 0 for post in posts)
    assert all(post.content.startswith("```py\n") for post in posts[1:])
    lines = [line for post in posts for line in post.content.splitlines() if line.startswith("print")]
    assert lines == [line for line in CODE.splitlines() if line.startswith("print")]
    assert sealed(posts)


@pytest.mark.parametrize(
    "said",
    [
        "So: ```print(1)``` it is.",
        "So: ```py\nprint(1)\n``` it is.",
        "```\nprint(1)\n``` it is.",
        "a ``` b",
    ],
    ids=str,
)
async def test_unusual_fences_are_left_alone(discord, product, script, said):
    """Discord takes three backticks anywhere in a line; what fits into one post is shown as it was said."""
    posts = await answered(discord, product, script, Say(said))

    assert [said] == [post.content for post in posts]


@pytest.mark.slow
async def test_a_long_answer_that_comes_slowly_is_sealed_part_by_part(discord, product, script):
    """Painted while it grows: a full part is never edited once the next one is begun."""
    beats = [beat for piece in pieces(CODE, 60) for beat in (piece, Wait(0.03))]
    posts = await answered(discord, product, script, *beats)

    lines = [line for post in posts for line in post.content.splitlines() if line.startswith("print")]
    assert lines == [line for line in CODE.splitlines() if line.startswith("print")]
    assert all(post.content.count("```") % 2 == 0 for post in posts)
    assert all(len(content) <= 2000 for post in posts for _, content in post.versions)
    assert any(len(post.versions) > 1 for post in posts)
    assert sealed(posts)


async def test_only_the_first_part_is_a_reply(discord, product, script):
    """It marks the question; the others follow it or reply to the same question, never to another."""
    posts = await answered(discord, product, script, *pieces(PROSE, 100))

    assert posts[0].reference is not None
    assert {post.reference for post in posts[1:]} <= {None, posts[0].reference}


@pytest.mark.parametrize("length", [1999, 2000, 2001, 4000])
async def test_the_edge_of_a_post(discord, product, script, length):
    """A single word without a place to cut: nothing is lost around the limit, nothing is refused."""
    said = "x" * (length - 3) + "end"
    posts = await answered(discord, product, script, Say(said))

    assert said == "".join(post.content for post in posts)
    assert len(posts) <= length // 2000 + 1


async def test_the_button_moves_with_the_growing_part(discord, product, script):
    """Only the newest part can be stopped; stopping there keeps all parts and marks the last."""
    pause = Pause()
    script.perform(Say(PROSE), pause, Say(" end"))
    async with product():
        await mention(discord, ANN, "hello")
        await discord.until(
            lambda: texts(discord, ROOM) and "word0699" in texts(discord, ROOM)[-1], timeout=10
        )
        await discord.until(lambda: [growing(p) for p in discord.posts(ROOM)][-2:] == [False, True])
        posts = discord.posts(ROOM)
        await discord.press(ANN, ROOM, posts[-1].id, stop_button(posts[-1]))
        await discord.until(lambda: text("stopped", "en") in texts(discord, ROOM)[-1])
        pause.end()
        await exchange(discord, ANN, ROOM, "again")

    assert PROSE.split() == " ".join(texts(discord, ROOM)[:-1]).replace(text("stopped", "en"), "").split()
    assert not any(growing(post) for post in discord.posts(ROOM))


async def test_a_note_fits_under_a_full_part(discord, product, script):
    """An answer of 1,990 characters and its mark need more than one post; nothing is refused or lost."""
    pause = Pause()
    said = ("word " * 398).strip()
    script.perform(Say(said), pause)
    async with product():
        await mention(discord, ANN, "hello")
        await discord.until(lambda: "".join(texts(discord, ROOM)) == said)
        await mention(discord, ANN, "stop")
        await discord.until(lambda: text("stopped", "en") in texts(discord, ROOM)[-1])
        pause.end()
        await exchange(discord, ANN, ROOM, "again")

    assert said.split() == " ".join(texts(discord, ROOM)[:-1]).replace(text("stopped", "en"), "").split()
