"""The typing indicator: there at once, never in the way, gone when the answer is there."""

from __future__ import annotations

import time

import pytest

from standins.discord import DiscordStandin
from tests.discord.conversation import all_heard, dm, exchange, mention, shows, texts
from tests.discord.people import ANN, ROOM
from tests.slack.stage import Pause

TYPING = "/channels/{channel}/typing"


def typed(discord: DiscordStandin, channel: str) -> list[float]:
    return [at for at, place in discord.typing if place == channel]


async def test_typing_shows_at_once(discord, product, script):
    pause = Pause()
    script.perform(pause, "hi")
    async with product():
        said = time.monotonic()
        await mention(discord, ANN, "hello")
        await discord.until(lambda: typed(discord, ROOM))
        pause.end()
        await shows(discord, ROOM, "hi")

    assert typed(discord, ROOM)[0] - said < 0.3


async def test_a_slow_typing_request_delays_nothing(discord, product, script):
    """The model is asked and the answer shown while Discord still thinks about the indicator."""
    discord.delay("POST", TYPING, 3.0)
    async with product():
        said = time.monotonic()
        await exchange(discord, ANN, ROOM, "hello")

    assert discord.posts(ROOM)[0].versions[-1][0] - said < 1.5


@pytest.mark.parametrize("fault", [{"status": 403, "code": 50013}, {"status": 429, "via": False}], ids=str)
async def test_a_typing_request_that_fails_does_no_harm(discord, product, fault):
    discord.fail("POST", TYPING, times=99, **fault)
    async with product():
        await exchange(discord, ANN, ROOM, "hello")


@pytest.mark.slow
async def test_typing_goes_on_while_the_model_thinks_and_ends_with_the_answer(discord, product, script):
    """The indicator lasts 10 s: it is renewed before, and not any more once the answer paints itself."""
    thinking, talking = Pause(), Pause()
    script.perform(thinking, "Well,", talking, " 42.")
    async with product():
        await mention(discord, ANN, "hello")
        await discord.until(lambda: len(typed(discord, ROOM)) >= 2, timeout=11)
        first, second = typed(discord, ROOM)[:2]
        thinking.end()
        await discord.until(lambda: texts(discord, ROOM) == ["Well,"])
        shown = len(typed(discord, ROOM))
        talking.end()
        await shows(discord, ROOM, "Well, 42.")
        await all_heard(discord)

    assert 3 < second - first < 10
    assert shown == len(typed(discord, ROOM))


async def test_one_question_is_one_typing_request(discord, product):
    """A quick answer needs no more, and neither do our own texts."""
    async with product():
        await exchange(discord, ANN, ROOM, "hello")
        await dm(discord, ANN, "", stickers=["wave"])
        await discord.until(lambda: discord.posts(discord.dm(ANN)))

    assert len(typed(discord, ROOM)) <= 1
    assert len(typed(discord, discord.dm(ANN))) <= 1
