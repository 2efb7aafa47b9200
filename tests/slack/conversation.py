"""Slack as the people in it see it: saying something, and finding the answer under it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from standins.slack import Post, SlackStandin
from tests.conftest import Product
from tests.slack.stage import FENCE, Pause, Stage

PING = re.compile(r"<(?:!(?:here|channel|everyone|subteam)|@[UW])[^>]*>")
_TRACE = re.compile(r"Traceback|Error\(|Exception|\.py\b|<class ")


def workspace(**how: Any) -> pytest.MarkDecorator:
    """The stand-in of a test, when it is to differ from the usual one."""
    return pytest.mark.parametrize("slack", [how], indirect=True, ids=[""])


def texts(slack: SlackStandin, channel: str, root: str | None = None) -> list[str]:
    """The bot's posts in the thread (or channel) now, oldest first."""
    return [post.text for post in slack.posts(channel, root)]


async def shows(
    slack: SlackStandin, channel: str, root: str | None, *expected: str, timeout: float = 10
) -> list[Post]:
    """Return once the bot's posts there are exactly these and none is being written any more."""
    await slack.until(
        lambda: (
            texts(slack, channel, root) == list(expected)
            and not any(post.streaming for post in slack.posts(channel, root))
        ),
        timeout,
    )
    return slack.posts(channel, root)


async def exchange(
    slack: SlackStandin, user: str, channel: str, text: str, thread_ts: str | None = None
) -> str:
    """The person says it to the bot and gets its echo, complete. Returns the ts of what was said."""
    before = len(slack.posts(channel))
    tell = slack.say if channel.startswith("D") else slack.mention
    ts = await tell(user, channel, text, thread_ts)

    def answered() -> bool:
        new = slack.posts(channel, thread_ts or ts)[-1:]
        return (
            len(slack.posts(channel)) > before
            and [post.text.endswith(text) and not post.streaming for post in new] == [True]
        )  # fmt: skip

    await slack.until(answered, 10)
    return ts


async def all_heard(slack: SlackStandin) -> None:
    """Everything said so far is acknowledged (if not lost), and what was said after it is answered."""
    outstanding = slack.sockets.deliveries.outstanding
    await slack.until(lambda: not outstanding, 10)
    await exchange(slack, "U0FENCE", "C0FENCE", FENCE)
    await slack.until(lambda: not outstanding, 10)


async def whole(slack: SlackStandin, channel: str, last: str) -> list[Post]:
    """The finished posts of a channel whose answer ends with `last`."""
    await slack.until(
        lambda: (
            slack.posts(channel)
            and slack.posts(channel)[-1].text.rstrip("`\n ").endswith(last)
            and not any(post.streaming for post in slack.posts(channel))
        ),
        15,
    )
    await all_heard(slack)
    return slack.posts(channel)


async def told(slack: SlackStandin, product: Product, script: Stage) -> Post:
    """An answer in three parts is shown once, whole, in one post that is not broken."""
    first, second, answer = Pause(), Pause(), "Well, the answer is 42."
    script.perform("Well,", first, " the answer", second, " is 42.")
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: "Well," in texts(slack, "C1", ts)[:1] or len(slack.posts("C1")) > 1)
        first.end()
        await slack.until(lambda: "answer" in "".join(texts(slack, "C1")))
        second.end()
        (post,) = await shows(slack, "C1", ts, answer, timeout=15)
        await all_heard(slack)
    assert [answer] == texts(slack, "C1")
    assert not slack.posts("C1")[0].broken
    return post


def calls(slack: SlackStandin, method: str) -> list[dict[str, Any]]:
    return [call.args for call in slack.calls if call.method == method]


def unseemly(slack: SlackStandin) -> list[str]:
    """What no test may ever leave behind: pings, stack traces, posts outside threads, unknown arguments."""
    found = [f"{call.method} ignores {call.ignored}" for call in slack.calls if call.ignored]
    for call in slack.calls:
        if call.method.startswith("chat.") and PING.search(json.dumps(call.args, ensure_ascii=False)):
            found.append(f"{call.method} could ping: {call.args}")
    for channel in slack.workspace.channels:
        for post in slack.posts(channel):
            if post.thread_ts is None and channel.removeprefix("D") not in slack.workspace.people:
                found.append(f"{post.text!r} stands outside a thread")
            seen = [text for _, text in post.versions]
            found += [f"pings: {text!r}" for text in seen if PING.search(text)]
            found += [f"shows its inside: {text!r}" for text in seen if _TRACE.search(text)]
    return found
