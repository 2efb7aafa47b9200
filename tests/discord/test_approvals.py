"""A tool with effects asks first: one question with two buttons, for the person who asked, once."""

from __future__ import annotations

import pytest

from core.texts import text
from standins.discord import DiscordStandin, Post
from tests.discord.conversation import mention, texts
from tests.discord.people import ANN, ROOM
from tests.tool_files import paid, wants_to_pay

ALLOWED = text("approval_approved", "en").format(name="pay")
POSTS = "/channels/{channel}/messages"
EDITS = "/channels/{channel}/messages/{message}"


def buttons(post: Post) -> dict[str, str]:
    """The `custom_id` of each answer a question takes: yes, no."""
    ids = [part["custom_id"] for row in post.components for part in row["components"]]
    return {one.split(":")[1]: one for one in ids if one.count(":") == 2}


def questions(discord: DiscordStandin) -> list[Post]:
    return [post for post in discord.posts(ROOM) if buttons(post)]


async def asked(discord: DiscordStandin) -> Post:
    await discord.until(lambda: questions(discord))
    return questions(discord)[0]


async def answered(discord: DiscordStandin, said: str, timeout: float = 10) -> None:
    await discord.until(
        lambda: any(said in post.content and not post.components for post in discord.posts(ROOM)), timeout
    )


@pytest.mark.parametrize(("method", "path", "when"), [("POST", POSTS, "after"), ("PATCH", EDITS, "before")])
async def test_a_cut_at_a_question(discord, product, script, ledger, method, path, when):
    wants_to_pay(script)
    discord.fail(method, path, when=when, drop=True, times=2)
    async with product():
        said = await mention(discord, ANN, "pay 5")
        question = await asked(discord)
        await discord.press(ANN, ROOM, question.id, buttons(question)["yes"])
        await answered(discord, "Result: paid 5")
        await discord.until(lambda: not questions(discord))

    assert ([5], ["Result: paid 5", ALLOWED]) == (paid(ledger), sorted(texts(discord, ROOM)))
    assert said == question.reference


async def test_a_question_is_no_part_of_an_answer(discord, product, script, ledger, monkeypatch):
    """The replies to both are lost, and nonces forgotten: each is found as what it is."""
    monkeypatch.setattr("bots.discord.poster.NONCE_KEPT", 0.0)
    wants_to_pay(script, "Let me pay.")
    discord.fail("POST", POSTS, when="after", drop=True, times=10)
    async with product():
        await mention(discord, ANN, "pay 5")
        await discord.until(lambda: len(discord.posts(ROOM)) == 2)
    discord.heal()
    async with product():
        question = await asked(discord)
        await discord.press(ANN, ROOM, question.id, buttons(question)["yes"])
        await answered(discord, "Result:")
        await discord.until(lambda: not questions(discord))

    assert ([5], ["Let me pay.\n\nResult: paid 5", ALLOWED]) == (paid(ledger), texts(discord, ROOM))
