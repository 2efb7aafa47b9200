"""Files of an answer: uploaded, and shown in the thread once each, whatever is cut or dies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bots.slack import files
from core.concurrency import Backoff
from standins.script.script import Call
from standins.slack import Post, SlackStandin, Timing
from tests.slack.conversation import all_heard, calls, texts, workspace
from tests.slack.stage import Stage
from tests.tool_files import DRAW, put_tool

COMPLETE = "files.completeUploadExternal"


@pytest.fixture(autouse=True)
def _drawing(tmp_path: Path) -> None:
    put_tool(tmp_path / "data", "draw", DRAW)


def draws(script: Stage, *files: Mapping[str, Any]) -> None:
    """The model makes these files, and says so."""
    script.enqueue(*(Call("draw", file) for file in files))
    script.enqueue("Here you are.")


def shown(slack: SlackStandin) -> list[Post]:
    """The posts in C1 that bring files."""
    return [post for post in slack.posts("C1") if post.files]


def names(slack: SlackStandin) -> list[str]:
    """The names of the files shown in C1, in order."""
    return [file.name for post in shown(slack) for file in post.files]


async def test_a_file_stands_in_the_thread(slack, product, script):
    """Byte by byte, under its name, where the question was asked."""
    draws(script, {"name": "cat.png", "size": 3})
    async with product():
        ts = await slack.mention("U1", "C1", "draw a cat")
        await slack.until(lambda: shown(slack))
        await all_heard(slack)

    (post,) = shown(slack)
    assert (ts, "cat.png", b"xxx") == (post.thread_ts, post.files[0].name, post.files[0].content)
    assert ["", "Here you are."] == sorted(texts(slack, "C1"))


async def test_several_files(slack, product, script):
    """Each has a post; two of one name are two files."""
    draws(script, {"name": "a.txt"}, {"name": "a.txt"}, {"name": "b.txt"})
    async with product():
        await slack.mention("U1", "C1", "write")
        await slack.until(lambda: len(shown(slack)) == 3)
        await all_heard(slack)

    assert ["a.txt", "a.txt", "b.txt"] == names(slack)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", ["files.getUploadURLExternal", "upload", COMPLETE])
async def test_a_cut(slack, product, script, call, when):
    """Whether the call had its effect is unknown: the file is shown once."""
    draws(script, {"name": "cat.png"})
    slack.fail(call, when=when, drop=True)
    async with product():
        await slack.mention("U1", "C1", "draw a cat")
        await slack.until(lambda: shown(slack), 20)
        await all_heard(slack)

    assert ["cat.png"] == names(slack)


@pytest.mark.parametrize("call", ["files.getUploadURLExternal", "upload", COMPLETE])
async def test_a_death_after_the_effect(slack, product, script, call):
    """The answer of Slack is lost with the process: the next one shows the file, once."""
    draws(script, {"name": "cat.png"})
    slack.fail(call, when="after", drop=True)
    method = COMPLETE if call == COMPLETE else "files.getUploadURLExternal"
    async with product():
        await slack.mention("U1", "C1", "draw a cat")
        await slack.until(lambda: calls(slack, method))
    async with product():
        await slack.until(lambda: shown(slack), 20)
        await all_heard(slack)

    assert ["cat.png"] == names(slack)


async def test_a_death_after_everything(slack, product, script):
    """The process ends right when the file appears: it is not shown again."""
    draws(script, {"name": "cat.png"})
    async with product():
        await slack.mention("U1", "C1", "draw a cat")
        await slack.until(lambda: shown(slack))
    async with product():
        await all_heard(slack)

    assert ["cat.png"] == names(slack)


@pytest.mark.parametrize("error", ["missing_scope", "file_upload_size_restricted", "file_uploads_disabled"])
async def test_what_slack_does_not_take_is_said(slack, product, script, error):
    """The answer stands; that the file is missing stands under it."""
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


async def test_a_limit_is_waited_out(slack, product, script):
    """429 at each step: the file comes a little later."""
    draws(script, {"name": "cat.png"})
    for method in ("files.getUploadURLExternal", COMPLETE):
        slack.fail(method, error="ratelimited", status=429, retry_after=1)
    async with product():
        await slack.mention("U1", "C1", "draw a cat")
        await slack.until(lambda: shown(slack), 20)
        await all_heard(slack)

    assert ["cat.png"] == names(slack)


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
