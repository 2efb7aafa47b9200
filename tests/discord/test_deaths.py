"""An answer with everything (a task, a question, a file), and a process that ends at each of its calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.texts import text
from standins.discord import DiscordStandin, Post
from standins.script.script import Call
from tests.discord.conversation import ANN, ROOM, all_heard, mention, written
from tests.tool_files import DRAW, PAY, paid, put_tool

SAID = "Paid, and drawn."
POSTS = "/channels/{channel}/messages"
EDITS = "/channels/{channel}/messages/{message}"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """What the tool `pay` has paid."""
    put_tool(tmp_path / "data", "draw", DRAW)
    return put_tool(tmp_path / "data", "pay", PAY)


def question(discord: DiscordStandin) -> tuple[Post, str] | None:
    """The post with a button that allows, and that button."""
    for post in discord.posts(ROOM):
        for part in (part for row in post.components for part in row["components"]):
            if part["custom_id"].startswith("spool:yes:"):
                return post, part["custom_id"]
    return None


def over(discord: DiscordStandin) -> bool:
    """Whether the answer and its file are there, complete."""
    posts = discord.posts(ROOM)
    whole = any(post.content == SAID and not post.components for post in posts)
    return whole and any(post.attachments for post in posts) and not question(discord)


async def decided(discord: DiscordStandin) -> None:
    """Allow what is asked for, if anything is."""
    if asked := question(discord):
        await discord.press(ANN, ROOM, asked[0].id, asked[1])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("forgotten", [False, True])
@pytest.mark.parametrize(("method", "path", "spared"), [
    *(("POST", POSTS, spared) for spared in (0, 1, 2)),
    *(("PATCH", EDITS, spared) for spared in (0, 1)),
])  # fmt: skip
async def test_everything_stands_there_once(
    discord, product, script, ledger, monkeypatch, method, path, spared, forgotten, when
):
    """Nobody knows whether the last call had its effect, neither the process nor the one after it."""
    if forgotten:
        monkeypatch.setattr("bots.discord.poster.NONCE_KEPT", 0.0)
    script.enqueue(Call("draw", {"name": "cat.png"}), Call("pay", {"amount": 5}))
    script.otherwise = SAID

    def made() -> int:
        return len(written(discord, ROOM, method))

    async with product():
        if not spared:
            discord.fail(method, path, when=when, drop=True, times=99)
        await mention(discord, ANN, "pay and draw")
        if spared:
            await discord.until(lambda: made() >= spared or question(discord))
            if made() < spared:
                await decided(discord)
                await discord.until(lambda: made() >= spared, 15)
            discord.fail(method, path, when=when, drop=True, times=99)
        await discord.until(lambda: made() > spared or question(discord), 15)
        if made() <= spared:
            await decided(discord)
        await discord.until(lambda: made() > spared, 15)
    discord.heal()
    async with product():
        await discord.until(lambda: over(discord) or question(discord), 20)
        await decided(discord)
        await discord.until(lambda: over(discord), 20)
        await all_heard(discord)

    posts = discord.posts(ROOM)
    allowed = text("approval_approved", "en").format(name="pay")
    assert ([5], sorted(["", SAID, allowed])) == (paid(ledger), sorted(post.content for post in posts))
    assert ["cat.png"] == [file.filename for post in posts for file in post.attachments]
