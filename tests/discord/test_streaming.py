"""The answer paints itself: first words early, then edits at a measured pace, the newest text each time."""

from __future__ import annotations

import itertools
import time

import pytest

from standins.discord import DiscordStandin, Rules
from standins.script.script import Say, Wait
from tests.discord.conversation import (
    ANN,
    BOB,
    GUILD,
    ROOM,
    all_heard,
    creations,
    discord_with,
    dm,
    exchange,
    mention,
    shows,
    texts,
    written,
)
from tests.slack.stage import Pause

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


@pytest.mark.parametrize("place", ["dm", "room"])
async def test_the_first_words_show_before_the_answer_ends(discord, product, script, place):
    """Little is enough; the rest comes into the same post."""
    pause = Pause()
    channel = ROOM if place == "room" else discord.dm(ANN)
    script.perform("Well,", pause, " the answer is 42.")
    async with product():
        await discord.say(ANN, channel, "hello", mention_bot=place == "room")
        await discord.until(lambda: texts(discord, channel) == ["Well,"])
        (first,) = discord.posts(channel)
        pause.end()
        (last,) = await shows(discord, channel, "Well, the answer is 42.")

    assert (first.id, 1) == (last.id, len(creations(discord, channel)))


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
    """Some seconds of words: every edit shows more, none comes early, and Discord never says 429."""
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
    """Twelve channels at once: each first post is there as soon as a single one would be."""
    pause = Pause()
    rooms = [discord.add_channel(GUILD) for _ in range(12)]
    for _ in rooms:
        script.perform("Well,", pause, " 42.")
    async with product():
        begun = time.monotonic()
        for room in rooms:
            await mention(discord, ANN, "hello", room)
        await discord.until(lambda: all(texts(discord, room) == ["Well,"] for room in rooms))
        waited = time.monotonic() - begun
        pause.end()
        for room in rooms:
            await shows(discord, room, "Well, 42.")

    assert waited < 2.0


async def test_the_newest_text_wins(discord, product, script):
    """While an edit takes its time, what comes meanwhile goes into the next one, all of it at once."""
    pause = Pause()
    script.perform("one", pause, *(beat for n in range(40) for beat in (Say(f" w{n}"), Wait(0.02))))
    async with product():
        await dm(discord, ANN, "hello")
        await discord.until(lambda: texts(discord, discord.dm(ANN)) == ["one"])
        discord.delay("PATCH", "/channels/{channel}/messages/{message}", 0.5)
        pause.end()
        (post,) = await shows(discord, discord.dm(ANN), "one " + " ".join(f"w{n}" for n in range(40)))

    assert len(post.versions) <= 4


async def test_a_quick_answer_is_not_painted_word_by_word(discord, product, script):
    """A hundred deltas at once are one or two requests."""
    said = " ".join(f"w{number}" for number in range(100))
    script.perform(said)
    async with product():
        await dm(discord, ANN, "hello")
        await shows(discord, discord.dm(ANN), said)

    assert len(written(discord, discord.dm(ANN))) <= 2


async def test_markdown_and_characters_are_left_as_they_are(discord, product, script):
    """Discord takes Markdown; no character is cut in two, nothing is escaped."""
    said = "# Title\n\n**bold** & `a < b`\n\n```py\nif a < b: pass\n```\n> 가족 👨‍👩‍👧‍👦 그리고 🇰🇷 끝"
    script.perform(*(Say(letter) for letter in said))
    async with product():
        await dm(discord, ANN, "hello")

        await shows(discord, discord.dm(ANN), said)


async def test_leading_blank_deltas_do_no_harm(discord, product, script):
    """Empty and blank beginnings are no text yet: Discord refuses an empty message."""
    script.perform(Say(""), Say("\n"), Say("  "), Wait(0.5), Say("Hello"))
    async with product():
        await dm(discord, ANN, "hello")
        await discord.until(lambda: [text.strip() for text in texts(discord, discord.dm(ANN))] == ["Hello"])
        await all_heard(discord)

    assert {200} == {call.status for call in creations(discord, discord.dm(ANN))}


@discord_with(limits=True, rules=Rules(window=1.5))
async def test_short_answers_in_a_row_keep_within_the_limits(discord, product):
    """Eight questions in one channel one after another: all answered, without a single 429."""
    async with product():
        for number in range(8):
            await exchange(discord, ANN, ROOM, f"hello {number}", timeout=12)

    assert [] == discord.rate_limited
