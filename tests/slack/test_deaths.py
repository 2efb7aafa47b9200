"""An answer with everything (a task, a question, a file), and a process that ends at each of its calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.texts import text
from standins.script.script import Call
from standins.slack import Post, SlackStandin
from tests.slack.conversation import all_heard, calls
from tests.tool_files import DRAW, PAY, paid, put_tool

METHODS = (
    *("chat.startStream", "chat.stopStream", "chat.update", "chat.postMessage"),
    *("files.getUploadURLExternal", "files.completeUploadExternal"),
)
SAID = "Paid, and drawn."


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """What the tool `pay` has paid."""
    put_tool(tmp_path / "data", "draw", DRAW)
    return put_tool(tmp_path / "data", "pay", PAY)


def question(slack: SlackStandin) -> Post | None:
    """The post with buttons, if there is one."""
    found = [post for post in slack.posts("C1") if any(block["type"] == "actions" for block in post.blocks)]
    return found[0] if found else None


async def carried_through(slack: SlackStandin, decide: bool = True) -> None:
    """Answer the question if it comes; return once the answer and its file are there, complete."""

    def over() -> bool:
        posts = slack.posts("C1")
        whole = any(post.text == SAID and not post.streaming and not post.tasks for post in posts)
        return whole and any(post.files for post in posts) and not question(slack)

    await slack.until(lambda: over() or (decide and question(slack)), 20)
    if post := question(slack):
        await slack.press("U1", "C1", post.ts, "approve")
        await slack.until(over, 20)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", METHODS)
async def test_everything_stands_there_once(slack, product, script, ledger, method, when):
    """Nobody knows whether the last call had its effect, neither the process nor the one after it."""
    script.enqueue(Call("draw", {"name": "cat.png"}), Call("pay", {"amount": 5}))
    script.otherwise = SAID
    slack.fail(method, when=when, drop=True, times=99)
    async with product():
        ts = await slack.mention("U1", "C1", "pay and draw")
        await slack.until(lambda: calls(slack, method) or question(slack), 10)
        if not calls(slack, method) and (post := question(slack)):
            await slack.press("U1", "C1", post.ts, "approve")
        await slack.until(lambda: calls(slack, method), 15)
    slack.heal()
    async with product():
        await carried_through(slack)
        await all_heard(slack)

    posts = slack.posts("C1", ts)
    allowed = text("approval_approved", "en").format(name="pay")
    assert ([5], sorted(["", SAID, allowed])) == (paid(ledger), sorted(post.text for post in posts))
    assert (["cat.png"], False) == (
        [file.name for post in posts for file in post.files],
        any(post.broken for post in posts),
    )
