"""Discord's REST fails: each answer is shown once, whole, in one post, or the log says why not."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from core.texts import text
from standins.discord import DiscordStandin, Rules
from tests.conftest import Product
from tests.discord.conversation import (
    all_heard,
    creations,
    discord_with,
    dm,
    exchange,
    mention,
    shows,
    stop_button,
    texts,
    written,
)
from tests.discord.people import ANN, BOB, GUILD, ROOM
from tests.slack.stage import Pause, Stage

CREATE = ("POST", "/channels/{channel}/messages")
EDIT = ("PATCH", "/channels/{channel}/messages/{message}")
SAID = "Well, the answer is 42."


async def told(discord: DiscordStandin, product: Product, script: Stage, timeout: float = 12) -> None:
    """An answer in two parts is shown once, whole, in one post."""
    pause = Pause()
    script.perform("Well,", pause, " the answer is 42.")
    async with product():
        await mention(discord, ANN, "hello")
        await discord.until(lambda: written(discord, ROOM))
        pause.end()
        await shows(discord, ROOM, SAID, timeout=timeout)
        await all_heard(discord)
    assert [SAID] == texts(discord, ROOM)


@pytest.mark.parametrize(
    ("request_", "how", "when"),
    [
        (CREATE, {"drop": True}, "before"),
        (CREATE, {"drop": True, "times": 3}, "after"),
        (EDIT, {"drop": True}, "after"),
        (EDIT, {"status": 503}, "before"),
    ],
    ids=str,
)
async def test_a_request_that_fails(discord, product, script, request_, how, when):
    """Whether it had its effect is unknown: the same nonce makes sure that there is one post."""
    discord.fail(*request_, when=when, **how)

    await told(discord, product, script)


async def test_the_nonce_of_a_post_stays_the_same(discord, product, script):
    """All tries of a post carry one nonce of at most 25 characters; other posts carry others."""
    discord.fail(*CREATE, drop=True, times=2)
    async with product():
        await exchange(discord, ANN, ROOM, "one", timeout=12)
        tries = [call.body["nonce"] for call in creations(discord, ROOM)]
        await exchange(discord, ANN, ROOM, "two")

    assert 3 == len(tries)
    assert 1 == len(set(tries))
    assert len(str(tries[0])) <= 25
    assert tries[0] != creations(discord, ROOM)[-1].body["nonce"]


@pytest.mark.parametrize("request_", [CREATE, EDIT], ids=["create", "edit"])
async def test_a_limit_is_waited_for(discord, product, script, request_):
    discord.fail(*request_, status=429, retry_after=0.3, times=2)

    await told(discord, product, script)

    refused = [call.at for call in discord.rate_limited]
    assert 2 == len(refused)
    assert refused[1] - refused[0] >= 0.3


async def test_a_ban_by_cloudflare_is_not_worked_against(discord, product):
    """A 429 that names no time to wait: nobody hammers, the interaction and other places still work."""
    discord.fail("POST", f"/channels/{ROOM}/messages", status=429, via=False, times=99)
    async with product():
        await mention(discord, ANN, "hello")
        await discord.until(lambda: creations(discord, ROOM))
        for number in range(5):
            await exchange(discord, BOB, discord.dm(BOB), f"hello {number}")

    assert 1 == len(creations(discord, ROOM))


async def test_where_nothing_can_be_posted_nobody_tries_for_ever(discord, product, caplog):
    elsewhere = discord.add_channel(GUILD)
    discord.forbid(ROOM, 10003)
    with caplog.at_level(logging.INFO):
        async with product():
            await mention(discord, ANN, "hello")
            await exchange(discord, ANN, elsewhere, "hello")
            await discord.until(lambda: creations(discord, ROOM))
            await all_heard(discord)
            discord.allow(ROOM)
            await exchange(discord, BOB, ROOM, "hello again")
            await exchange(discord, ANN, ROOM, "and me")

    assert ["echo: hello again", "echo: and me"] == texts(discord, ROOM)
    assert discord.invalid_requests <= 5
    assert any("failed" in str(record.__dict__) for record in caplog.records)


@discord_with(limits=False, rules=Rules(interaction_deadline=0.5))
async def test_a_stop_whose_acknowledgement_fails_stops_all_the_same(discord, product, script):
    """The person sees that the interaction failed, and that the answer ended."""
    pause = Pause()
    script.perform("Well,", pause, " the answer is 42.")
    discord.fail("POST", "/interactions/{interaction}/{token}/callback", status=503, times=9)
    async with product():
        await mention(discord, ANN, "hello")
        await discord.until(lambda: texts(discord, ROOM) == ["Well,"])
        (post,) = discord.posts(ROOM)
        await discord.press(ANN, ROOM, post.id, stop_button(post))
        await discord.until(lambda: texts(discord, ROOM)[0].endswith(text("stopped", "en")))
        pause.end()


async def test_without_the_history_of_a_channel_the_answer_is_no_reply(discord, product, script):
    """160002: the bot may post there, only not quote. A long answer, and the next one, come whole."""
    discord.hide_history(ROOM)
    script.perform("word " * 500)
    async with product():
        await mention(discord, ANN, "hello")
        await discord.until(lambda: len(texts(discord, ROOM)) == 2)
        await exchange(discord, ANN, ROOM, "again")

    assert [None] * 3 == [post.reference for post in discord.posts(ROOM)]
    assert 2 == sum(call.status == 403 for call in creations(discord, ROOM))


@pytest.mark.parametrize(("status", "code"), [(400, 160009), (403, 160009)])
async def test_a_reference_that_is_refused_is_left_out(discord, product, status, code):
    """Whatever the reason: the same post, under the same nonce, without it."""
    discord.fail(*CREATE, status=status, code=code)
    async with product():
        await mention(discord, ANN, "hello")
        await discord.until(lambda: texts(discord, ROOM) == ["echo: hello"])
        first, second = creations(discord, ROOM)
        discord.calls.remove(first)  # refused on purpose

    assert first.body["nonce"] == second.body["nonce"]
    assert "message_reference" not in second.body


async def archived_meanwhile(
    discord: DiscordStandin, product: Product, script: Stage, parts: int, **how: Any
) -> str:
    """A thread is archived while so many posts of an answer stand there; the thread."""
    thread, pause = discord.add_thread(ROOM), Pause()
    first = "word " * (380 * parts)
    script.perform(first, pause, "the end.")
    async with product():
        await mention(discord, ANN, "hello", thread)
        await discord.until(lambda: len(texts(discord, thread)) == parts)
        discord.archive(thread, **how)
        pause.end()
        await exchange(discord, BOB, discord.dm(BOB), "are you there?")
        if not how.get("locked"):
            await discord.until(lambda: "".join(texts(discord, thread)).endswith("the end."), 15)
        else:
            await discord.until(lambda: any(call.status in (400, 403) for call in written(discord, thread)))
        await all_heard(discord)
    _forget_refusals(discord)
    return thread


def _forget_refusals(discord: DiscordStandin) -> None:
    """Those of archived threads are no malformed requests."""
    for call in [call for call in discord.calls if call.status == 400]:
        discord.calls.remove(call)


@pytest.mark.parametrize(("parts", "opens"), [(1, True), (2, False)], ids=["opened", "opened by a message"])
async def test_a_thread_that_was_archived_while_we_answered(discord, product, script, parts, opens):
    """It is opened, and the answer completed where it stood: once, and nothing can be stopped any more."""
    thread = await archived_meanwhile(discord, product, script, parts, opens=opens)

    assert ["word " * (380 * parts) + "the end."] == [" ".join(texts(discord, thread)).replace("  ", " ")]
    assert not any(post.components for post in discord.posts(thread))


async def test_a_locked_thread_is_the_end(discord, product, script, caplog):
    """A few calls, and a line that tells where it is and what to do."""
    thread = await archived_meanwhile(discord, product, script, 1, locked=True)

    assert len([call for call in discord.calls if thread in call.path]) <= 12
    (line,) = [record for record in caplog.records if "cannot be shown" in record.message]
    assert f"https://discord.com/channels/{GUILD}/{thread} " in line.__dict__["error"]
    assert "locked" in line.__dict__["error"]


async def test_a_thread_that_is_locked_while_we_answer_keeps_no_button(discord, product, script):
    """What stands there can still be edited, and a second post is refused."""
    thread, pause = discord.add_thread(ROOM), Pause()
    script.perform("word " * 380, pause, "word " * 380)
    async with product():
        await mention(discord, ANN, "hello", thread)
        await discord.until(lambda: texts(discord, thread))
        discord.lock(thread)
        pause.end()
        await discord.until(lambda: not discord.posts(thread)[0].components)
        await all_heard(discord)

    assert not any(post.components for post in discord.posts(thread))
    assert len([call for call in discord.calls if thread in call.path]) <= 12


PERMISSIONS = {50013: "Send Messages", 50001: "View Channel", 50007: "direct messages"}


@pytest.mark.parametrize("code", PERMISSIONS)
async def test_the_log_says_where_and_what_is_missing(discord, product, caplog, code):
    """A link that opens the channel, with its ids, and the permission's name as Discord shows it."""
    channel = discord.dm(ANN) if code == 50007 else ROOM
    discord.forbid(channel, code)
    async with product():
        await (dm if code == 50007 else mention)(discord, ANN, "hello")
        await discord.until(lambda: creations(discord, channel))
        await all_heard(discord)

    (line,) = [record for record in caplog.records if "cannot be shown" in record.message]
    place = f"{'@me' if code == 50007 else GUILD}/{channel}"
    assert f"https://discord.com/channels/{place} " in line.__dict__["error"]
    assert PERMISSIONS[code] in line.__dict__["error"]
