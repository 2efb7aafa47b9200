"""What the model makes is shown; what people send is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from bots.slack import files
from core.concurrency import Backoff
from standins.slack import Post, SlackStandin, Timing, Upload
from tests import samples
from tests.slack.conversation import all_heard, calls, exchange, texts, workspace
from tests.tool_files import DRAW, draws, put_tool

COMPLETE = "files.completeUploadExternal"


@pytest.fixture(autouse=True)
def _drawing(tmp_path: Path) -> None:
    put_tool(tmp_path / "data", "draw", DRAW)


def shown(slack: SlackStandin) -> list[Post]:
    return [post for post in slack.posts("C1") if post.files]


def names(slack: SlackStandin) -> list[str]:
    return [file.name for post in shown(slack) for file in post.files]


async def test_a_file_stands_in_the_thread(slack, product, script):
    draws(script, {"name": "cat.png", "size": 3})
    async with product():
        ts = await slack.mention("U1", "C1", "draw a cat")
        await slack.until(lambda: shown(slack))
        await all_heard(slack)

    (post,) = shown(slack)
    assert (ts, "cat.png", b"xxx") == (post.thread_ts, post.files[0].name, post.files[0].content)
    assert ["", "Here you are."] == sorted(texts(slack, "C1"))


LIMITED = {"error": "ratelimited", "status": 429, "retry_after": 1}


@pytest.mark.parametrize(
    "faults",
    [
        {"files.getUploadURLExternal": {"when": "after", "drop": True}},
        {"upload": {"drop": True}},
        {COMPLETE: {"when": "after", "drop": True}},
        {"files.getUploadURLExternal": LIMITED, COMPLETE: LIMITED},
    ],
    ids=["first", "bytes", "last", "limits"],
)
async def test_a_cut_or_a_limit(slack, product, script, faults):
    draws(script, {"name": "cat.png"})
    for call, fault in faults.items():
        slack.fail(call, **fault)
    async with product():
        await slack.mention("U1", "C1", "draw a cat")
        await slack.until(lambda: shown(slack), 20)
        await all_heard(slack)

    assert ["cat.png"] == names(slack)


async def test_a_death_after_the_effect(slack, product, script):
    draws(script, {"name": "cat.png"})
    slack.fail(COMPLETE, when="after", drop=True)
    async with product():
        await slack.mention("U1", "C1", "draw a cat")
        await slack.until(lambda: calls(slack, COMPLETE))
    async with product():
        await slack.until(lambda: shown(slack), 20)
        await all_heard(slack)

    assert ["cat.png"] == names(slack)


@pytest.mark.parametrize("error", ["missing_scope", "file_upload_size_restricted"])
async def test_what_slack_does_not_take_is_said(slack, product, script, error):
    draws(script, {"name": "cat.png"})
    slack.fail("files.getUploadURLExternal", error=error, times=9)
    async with product():
        await slack.mention("U1", "C1", "draw a cat")
        await slack.until(lambda: "cat.png" in "".join(texts(slack, "C1")))
        await all_heard(slack)

    (said,) = texts(slack, "C1")
    assert said.startswith("Here you are.")


async def test_a_host_that_takes_no_bytes(slack, product, script, monkeypatch):
    """It is another one than that of the answer: given up in time, and said."""
    monkeypatch.setattr(files, "UPLOAD_TRIES", 3)
    draws(script, {"name": "cat.png"})
    slack.fail("upload", status=503, times=99)
    async with product():
        await slack.mention("U1", "C1", "draw a cat")
        await slack.until(lambda: "cat.png" in "".join(texts(slack, "C1")), 15)

    assert ([], 3) == (names(slack), len(calls(slack, "files.getUploadURLExternal")))


async def test_a_name_is_only_a_name(slack, product, script):
    """Paths and mentions in it are the model's invention."""
    draws(script, {"name": "../<!channel> <@U2> .png"})
    async with product():
        await slack.mention("U1", "C1", "draw a cat")
        await slack.until(lambda: shown(slack))

    (name,) = names(slack)
    assert not set("<>/@ ") & set(name)


async def test_a_lost_answer_is_not_taken_for_a_file(slack, product, script):
    """A later answer in the thread whose reply is lost: the file, which no step names, is not adopted."""
    draws(script, {"name": "cat.png"})
    async with product():
        ts = await slack.mention("U1", "C1", "draw a cat")
        await slack.until(lambda: shown(slack))
        await all_heard(slack)
        slack.fail("chat.startStream", when="before", drop=True)
        await slack.mention("U1", "C1", "thanks", ts)
        await slack.until(lambda: "echo: thanks" in texts(slack, "C1"))

    assert ["", "Here you are.", "echo: thanks"] == sorted(texts(slack, "C1"))


@workspace(timing=Timing(share_seconds=1.0))
async def test_a_file_whose_message_is_late(slack, product, script, monkeypatch):
    """The reply is lost and nothing to be seen yet: Slack refuses to show it again, so it will come."""
    monkeypatch.setattr(files, "LOOKS", Backoff(tries=1))
    draws(script, {"name": "cat.png"})
    slack.fail(COMPLETE, when="after", drop=True)
    async with product():
        await slack.mention("U1", "C1", "draw a cat")
        await slack.until(lambda: shown(slack))
        await all_heard(slack)

    assert (["cat.png"], 2) == (names(slack), len(calls(slack, COMPLETE)))
    assert ["", "Here you are."] == sorted(texts(slack, "C1"))


ZIP = ("a.zip", samples.zipped("x"))


async def test_a_name_pings_nobody(slack, product):
    """Also that of a refused file; `unseemly` looks at every post."""
    async with product():
        ts = await slack.mention("U1", "C1", "hello", files=[Upload("<!channel> @here.zip", ZIP[1])])
        await slack.until(lambda: "📎" in "".join(texts(slack, "C1", ts)))


@workspace(timing=Timing(keep_offline=False))
async def test_a_file_sent_while_away(slack, product, script):
    async with product():
        await exchange(slack, "U1", "D1", "one")
    await slack.say("U1", "D1", "when is it?", files=[("notes.txt", b"the launch is on Friday")])
    await slack.say("U1", "D1", "", files=[("more.txt", b"at noon")])
    async with product():
        await slack.until(lambda: len(script.asked) == 3)
        await all_heard(slack)

    assert "the launch is on Friday" in script.asked[1][-1]
    assert "at noon" in script.asked[2][-1]
