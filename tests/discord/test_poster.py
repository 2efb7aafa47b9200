"""Posts that grow, at a measured pace; long answers in several posts; nobody is pinged."""

from __future__ import annotations

import asyncio
import itertools
import time

import pytest

from core.texts import text
from standins.discord import DiscordStandin, Post, Rules
from standins.script.script import Fault, Say, Wait
from tests.conftest import Product
from tests.discord.conversation import (
    discord_with,
    dm,
    exchange,
    growing,
    mention,
    shows,
    stop_button,
    texts,
    written,
)
from tests.discord.people import ANN, BOB, GUILD, ROOM
from tests.slack.stage import Pause, Stage

PACE = 1.25
CLOCK = 0.1
"""How much earlier a request may arrive than it was due: the one before it may have been held up."""


def paced(discord: DiscordStandin, channel: str) -> bool:
    """All requests of the channel but the closing edits came at least `PACE` after the one before."""
    last = {post.id: post.versions[-1][1] for post in discord.posts(channel)}
    calls = written(discord, channel)
    gaps = [
        later.at - earlier.at
        for earlier, later in itertools.pairwise(calls)
        if later.method == "PATCH" and later.body.get("content") != last[later.path.rsplit("/", 1)[1]]
    ]
    assert gaps, "nothing was painted"
    return min(gaps) >= PACE - CLOCK


async def test_the_first_words_show_soon(discord, product, openai, script):
    """First token to first visible text: some hundred milliseconds at most, however slow the model."""
    script.perform(Wait(0.2), "Well,", Wait(0.8), " then")
    async with product():
        await dm(discord, ANN, "hello")
        (post,) = await shows(discord, discord.dm(ANN), "Well, then")

    first_token = openai.requests[0].first_token_at
    assert first_token is not None
    assert post.versions[0][0] - first_token < 0.6


@pytest.mark.slow
@discord_with(limits=True)
async def test_a_long_answer_is_painted_at_a_measured_pace(discord, product, script):
    script.delay = 0.02
    said = " ".join(f"w{number}" for number in range(170))
    script.perform(said)
    async with product():
        await mention(discord, ANN, "hello")
        (post,) = await shows(discord, ROOM, said, timeout=10)

    lengths = [len(text) for _, text in post.versions]
    assert lengths == sorted(lengths)
    assert 3 <= len(lengths) <= 5
    assert paced(discord, ROOM)
    assert [] == discord.rate_limited


@pytest.mark.slow
@discord_with(limits=True)
async def test_answers_in_one_channel_share_its_pace(discord, product, script):
    """Two people in a channel: five edits in five seconds are all there are, for both together."""
    script.delay = 0.02
    said = " ".join(f"w{number}" for number in range(150))
    script.perform(said)
    script.perform(said)
    async with product():
        await mention(discord, ANN, "hello")
        await mention(discord, BOB, "hello")
        await shows(discord, ROOM, said, said, timeout=12)

    assert [] == discord.rate_limited
    assert paced(discord, ROOM)
    assert all(len(post.versions) >= 2 for post in discord.posts(ROOM))


@discord_with(limits=True)
async def test_channels_do_not_wait_for_each_other(discord, product, script):
    pause = Pause()
    rooms = [discord.add_channel(GUILD) for _ in range(12)]
    for _ in rooms:
        script.perform("Well,", pause, " 42.")
    async with product(limit_person_runs=0):
        begun = time.monotonic()
        for room in rooms:
            await mention(discord, ANN, "hello", room)
        await discord.until(lambda: all(texts(discord, room) == ["Well,"] for room in rooms))
        waited = time.monotonic() - begun
        pause.end()
        for room in rooms:
            await shows(discord, room, "Well, 42.")

    assert waited < 2.0


@discord_with(limits=True, rules=Rules(window=1.5))
async def test_short_answers_in_a_row_keep_within_the_limits(discord, product):
    """Eight questions in one channel one after another: all answered, without a single 429."""
    async with product():
        for number in range(8):
            await exchange(discord, ANN, ROOM, f"hello {number}", timeout=12)

    assert [] == discord.rate_limited


@pytest.mark.promise("L4")
async def test_an_answer_comes_before_own_texts_that_wait(discord, product):
    """Whoever asks for many of them in a channel, another person's answer is not behind them all."""
    discord.delay("POST", "/channels/{channel}/messages", 0.6)
    async with product():
        for text in ("help", "memory", "reset", "stop"):
            await mention(discord, ANN, text)
        await asyncio.sleep(0.2)
        await mention(discord, BOB, "hello")
        await discord.until(lambda: len(texts(discord, ROOM)) == 5)

    assert "echo: hello" in texts(discord, ROOM)[:3]


PROSE = " ".join(f"word{number:04d}" for number in range(700))
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
    return "".join(said.replace("```py", "").replace("```", "").split())


def sealed(posts: list[Post]) -> bool:
    """No part was written after the one behind it had appeared, and all appeared in order."""
    return all(
        earlier.versions[-1][0] <= later.versions[0][0] for earlier, later in itertools.pairwise(posts)
    )


def pieces(said: str, size: int) -> list[Say]:
    return [Say(said[at : at + size]) for at in range(0, len(said), size)]


@pytest.mark.parametrize("said", [KOREAN, LINES], ids=["korean", "list"])
async def test_a_long_answer_loses_nothing(discord, product, script, said):
    """Only its first part must be a reply: it marks the question, and no part marks another one."""
    posts = await answered(discord, product, script, *pieces(said, 37))

    assert posts[0].reference is not None
    assert {post.reference for post in posts[1:]} <= {None, posts[0].reference}
    assert said.split() == " ".join(post.content for post in posts).split()
    assert all(len(post.content) <= 2000 for post in posts)
    assert all(len(post.content) > 1000 for post in posts[:-1])
    assert sealed(posts)


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


EVIL = (
    f"Hey @everyone and @here, <@{BOB}> <@!{BOB}> <@&330000000000000001> @everyone\u200b `@here` "
    f"\n```\n<@{BOB}>\n```\n**@everyone** see https://example.com/?s=1 and [x](https://example.com/2) end"
)


def harmless(discord: DiscordStandin, channel: str) -> bool:
    """No request could ping, and no link was ever open to be previewed."""
    bodies = [call.body for call in written(discord, channel)]
    posts = discord.posts(channel)
    assert bodies
    assert posts
    return all(body["allowed_mentions"]["parse"] == [] for body in bodies if "content" in body) and not any(
        post.pinged or post.previewed or not post.embeds_suppressed for post in posts
    )


@pytest.mark.promise("O1", "O2", "O3")
async def test_a_ping_letter_by_letter_pings_nobody(discord, product, script):
    """Edits fall between any two characters."""
    script.perform(*(beat for letter in EVIL for beat in (Say(letter), Wait(0.006))))
    async with product():
        await mention(discord, ANN, "hello")
        await discord.until(lambda: texts(discord, ROOM) and texts(discord, ROOM)[0].endswith("end"), 10)

    assert len(discord.posts(ROOM)[0].versions) >= 3
    assert {"POST", "PATCH"} == {call.method for call in written(discord, ROOM)}
    assert harmless(discord, ROOM)
    assert all(word in texts(discord, ROOM)[0] for word in ("everyone", "here", BOB, "example.com"))


async def test_our_own_texts_ping_nobody(discord, product, script):
    """Help, hints and failures; and they do not preview links either."""
    script.perform(Fault("refuse", code="insufficient_quota", status=429))
    async with product():
        await mention(discord, ANN, "")
        await mention(discord, ANN, "hello")
        await discord.until(lambda: len(texts(discord, ROOM)) == 2)
        await dm(discord, ANN, "", stickers=["wave"])
        await discord.until(lambda: texts(discord, discord.dm(ANN)))

    assert harmless(discord, ROOM)
    assert harmless(discord, discord.dm(ANN))
