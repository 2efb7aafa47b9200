"""A tool with effects asks first: one question with two buttons, for the person who asked, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.texts import text
from standins.discord import DiscordStandin, Post
from standins.script.script import Call, outputs
from tests.discord.conversation import ANN, BOB, ROOM, mention, texts
from tests.slack.stage import Stage
from tests.tool_files import PAY, paid, put_tool

ALLOWED = text("approval_approved", "en").format(name="pay")
REFUSED = text("approval_refused", "en").format(name="pay")
DECISIONS = [("yes", ALLOWED, [5]), ("no", REFUSED, [])]
"""A button, what the question shows then, and what was paid."""
POSTS = "/channels/{channel}/messages"
EDITS = "/channels/{channel}/messages/{message}"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """What the tool `pay` has paid."""
    return put_tool(tmp_path / "data", "pay", PAY)


def wants_to_pay(script: Stage) -> None:
    """The model calls the tool, and then says what came of it."""
    script.enqueue(Call("pay", {"amount": 5}))
    script.enqueue(lambda items: "Result: " + " ".join(outputs(items).values()))


def buttons(post: Post) -> dict[str, str]:
    """The `custom_id` of each answer a question takes: yes, no."""
    ids = [part["custom_id"] for row in post.components for part in row["components"]]
    return {one.split(":")[1]: one for one in ids if one.count(":") == 2}


def questions(discord: DiscordStandin) -> list[Post]:
    """The posts that can be answered by a button."""
    return [post for post in discord.posts(ROOM) if buttons(post)]


async def asked(discord: DiscordStandin) -> Post:
    """Return once there is a question."""
    await discord.until(lambda: questions(discord))
    return questions(discord)[0]


async def answered(discord: DiscordStandin, said: str, timeout: float = 10) -> None:
    """Return once an answer with these words is complete."""
    await discord.until(
        lambda: any(said in post.content and not post.components for post in discord.posts(ROOM)), timeout
    )


@pytest.mark.parametrize(("button", "shown", "total"), DECISIONS)
async def test_the_button_decides(discord, product, script, ledger, button, shown, total):
    wants_to_pay(script)
    async with product():
        said = await mention(discord, ANN, "pay 5")
        question = await asked(discord)
        others = await discord.press(BOB, ROOM, question.id, buttons(question)["yes"])
        assert ([], text("approval_not_yours", "en"), True) == (paid(ledger), others.text, others.ephemeral)
        reply = await discord.press(ANN, ROOM, question.id, buttons(question)[button])
        await answered(discord, "Result:")
        await discord.until(lambda: not questions(discord))

    assert (total, False, "") == (paid(ledger), reply.failed, reply.text)
    assert ("5" in question.content, said) == (True, question.reference)
    assert [shown] == [post.content for post in discord.posts(ROOM) if post.id == question.id]
    assert 2 == len(discord.posts(ROOM))


@pytest.mark.parametrize(("method", "path", "when"), [("POST", POSTS, "after"), ("PATCH", EDITS, "before")])
async def test_a_cut_at_a_question(discord, product, script, ledger, method, path, when):
    wants_to_pay(script)
    discord.fail(method, path, when=when, drop=True, times=2)
    async with product():
        await mention(discord, ANN, "pay 5")
        question = await asked(discord)
        await discord.press(ANN, ROOM, question.id, buttons(question)["yes"])
        await answered(discord, "Result: paid 5")
        await discord.until(lambda: not questions(discord))

    assert ([5], ["Result: paid 5", ALLOWED]) == (paid(ledger), sorted(texts(discord, ROOM)))


async def test_a_question_is_no_part_of_an_answer(discord, product, script, ledger, monkeypatch):
    """The replies to both are lost, and nonces forgotten: each is found as what it is."""
    monkeypatch.setattr("bots.discord.poster.NONCE_KEPT", 0.0)
    script.enqueue("Let me pay.", Call("pay", {"amount": 5}))
    script.enqueue(lambda items: "Result: " + " ".join(outputs(items).values()))
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
