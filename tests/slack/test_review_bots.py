"""What a second look at this side found: cases that were wrong once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bots.slack.api import Budget
from standins.script.script import Call, Wait
from standins.slack import Timing
from tests.slack.conversation import all_heard, exchange, workspace
from tests.tool_files import DRAW_SLOWLY, let_go, put_tool


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data directory, with a tool that draws slowly in it."""
    put_tool(tmp_path / "data", "draw", DRAW_SLOWLY)
    return tmp_path / "data"


@pytest.mark.parametrize("chunks", [True, False])
async def test_a_file_without_a_word(slack, product, script, data, chunks):
    """The card of its task goes, and no empty post is left."""
    if not chunks:
        slack.refuse_chunks()
    script.enqueue(Call("draw", {"name": "film.mp4"}))
    script.enqueue("")
    async with product():
        ts = await slack.mention("U1", "C1", "film it")
        await slack.until(lambda: any(post.tasks for post in slack.posts("C1")) or slack.status("C1", ts))
        let_go(data)
        await slack.until(lambda: any(post.files for post in slack.posts("C1")))
        await all_heard(slack)

    (post,) = slack.posts("C1")
    assert ["film.mp4"] == [file.name for file in post.files]


async def test_a_file_without_a_word_where_nothing_may_be_deleted(slack, product, script, data):
    """The file comes all the same; the post says next to nothing."""
    slack.fail("chat.delete", error="compliance_exports_prevent_deletion", times=9)
    script.enqueue(Call("draw", {"name": "film.mp4"}))
    script.enqueue("")
    async with product():
        await slack.mention("U1", "C1", "film it")
        await slack.until(lambda: any(post.tasks for post in slack.posts("C1")))
        let_go(data)
        await slack.until(lambda: any(post.files for post in slack.posts("C1")))

    assert ["…", ""] == [post.text for post in slack.posts("C1")]
    assert not any(post.tasks for post in slack.posts("C1"))


@pytest.mark.parametrize("error", ["", "ratelimited", "internal_error"])
async def test_cards_of_a_long_answer(slack, product, script, data, error):
    """They go from every post, and not a word with them, whatever Slack says to that at first."""
    let_go(data)
    text = " ".join(f"word{number:05d}" for number in range(2500))
    script.enqueue("Let me draw.", Call("draw", {"name": "film.mp4"}))
    script.enqueue(text)
    if error:
        slack.fail("chat.update", error=error, times=2)
    async with product():
        await slack.mention("U1", "C1", "film it")
        await slack.until(lambda: any(post.files for post in slack.posts("C1")), 20)
        await all_heard(slack)

    posts = [post for post in slack.posts("C1") if not post.files]
    assert ["Let", "me", "draw.", *text.split()] == " ".join(post.text for post in posts).split()
    assert not any(post.tasks or post.streaming or post.broken for post in posts)


def test_calls_long_ago_are_forgotten(monkeypatch):
    """The budget looks back a minute, and keeps no more, however long the process lives."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    budget = Budget()
    for minute in range(100):
        now[0] = 100.0 * minute
        budget.note("chat.startStream")

    assert 1 == sum(map(len, budget._made.values()))


@workspace(timing=Timing(keep_offline=False))
async def test_a_file_sent_while_away(slack, product, script):
    """Comes with its message from history, and so does one without a word."""
    async with product():
        await exchange(slack, "U1", "D1", "one")
    await slack.say("U1", "D1", "when is it?", files=[("notes.txt", b"the launch is on Friday")])
    await slack.say("U1", "D1", "", files=[("more.txt", b"at noon")])
    async with product():
        await slack.until(lambda: len(script.asked) == 3)
        await all_heard(slack)

    assert "the launch is on Friday" in script.asked[1][-1]
    assert "at noon" in script.asked[2][-1]


@pytest.mark.parametrize("method", ["chat.appendStream", "chat.stopStream", "chat.startStream"])
@pytest.mark.parametrize("error", ["invalid_chunks", "streaming_mode_mismatch", "ratelimited"])
async def test_no_word_is_lost_by_a_refusal(slack, product, script, data, method, error):
    """Whichever call of a stream Slack refuses: the whole text stands in one post, without cards."""
    once = method == "chat.stopStream"  # without words it is not refused
    slack.fail(method, error=error, times=1 if once else 2 if error == "ratelimited" else 99)
    script.enqueue("Let me draw. ", Wait(0.7), "Now.", Call("draw", {"name": "film.mp4"}))
    script.enqueue("Here ", Wait(0.7), "you are.")
    let_go(data)
    async with product():
        await slack.mention("U1", "C1", "film it")
        await slack.until(lambda: any(post.files for post in slack.posts("C1")), 20)

    (post,) = [post for post in slack.posts("C1") if not post.files]
    assert "Let me draw. Now.\n\nHere you are." == post.text
    assert not post.tasks
