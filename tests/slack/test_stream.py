"""A long answer, an answer of a process before, and answers whose calls are cut: whole, once, in order."""

from __future__ import annotations

from typing import Any

import pytest

from standins.script.script import Fault, Say, Wait
from standins.slack import Post, Timing
from tests.slack.conversation import all_heard, shows, texts, told, whole, workspace
from tests.slack.stage import Pause

START, APPEND, STOP = (f"chat.{name}Stream" for name in ("start", "append", "stop"))
POST, UPDATE = "chat.postMessage", "chat.update"
BEFORE, AFTER = ({"drop": True, "when": when} for when in ("before", "after"))
BROKEN = {"error": "internal_error", "status": 503, "when": "after"}
LIMITED = {"error": "ratelimited", "retry_after": 0, "times": 3}
FAULTS: list[tuple[bool, dict[str, Any]]] = [
    *((True, {method: AFTER}) for method in (APPEND, STOP)),
    *((True, {method: BEFORE}) for method in (START, APPEND)),
    *((True, {START: {**AFTER, "times": 2}}), (False, {POST: AFTER}), (False, {UPDATE: BEFORE})),
    *((True, {START: BROKEN}), (False, {UPDATE: BROKEN})),
    (True, {START: AFTER, "conversations.replies": {"drop": True, "times": 2}}),
    *((True, {method: {"error": "some_new_error"}}) for method in (START, APPEND)),
    *((True, {STOP: {"error": "internal_error"}}), (True, {START: LIMITED, STOP: LIMITED, APPEND: LIMITED})),
]
"""Whether there are streams, and what becomes of calls: cut, broken, refused, limited."""


@pytest.mark.parametrize(("streams", "faults"), FAULTS, ids=str)
async def test_a_call_that_fails(slack, product, script, streams, faults):
    """Whether it had its effect may be unknown, and the thread unreadable: one post, its text exact."""
    if not streams:
        slack.fail(START, error="unknown_method", times=99)
    for method, fault in faults.items():
        slack.fail(method, **fault)

    await told(slack, product, script)


async def test_two_answers_in_one_thread_are_not_taken_for_each_other(slack, product):
    async with product():
        root = await slack.say("U3", "C1", "lunch?")
        slack.fail("chat.startStream", when="after", drop=True, times=2)
        await slack.mention("U1", "C1", "one", root)
        await slack.mention("U2", "C1", "two", root)
        await slack.until(lambda: sorted(texts(slack, "C1", root)) == ["echo: one", "echo: two"], timeout=15)
        await all_heard(slack)

    assert 2 == len(slack.posts("C1"))


@pytest.mark.parametrize(
    ("second", "streams"),
    [("Once upon a time", True), ("In the beginning", True), ("In the beginning", False)],
    ids=["stream", "another stream", "update"],
)
async def test_an_answer_goes_on_in_its_post(slack, product, script, second, streams):
    if not streams:
        slack.fail("chat.startStream", error="unknown_method", times=99)
    script.perform("Once upon", Pause())
    script.perform(second)
    async with product():
        ts = await slack.mention("U1", "C1", "tell me a story")
        await slack.until(lambda: texts(slack, "C1") == ["Once upon"])
        first = slack.posts("C1")[0].ts
    async with product():
        (post,) = await shows(slack, "C1", ts, second)
        await all_heard(slack)

    assert (first, False) == (post.ts, post.broken)
    assert 1 == len(slack.posts("C1"))


@workspace(timing=Timing(stream_seconds=0.5))
async def test_an_answer_whose_stream_died_meanwhile(slack, product, script):
    """The bot was away for longer than a stream lives: the post is repaired and goes on."""
    script.perform("Once upon", Pause())
    script.perform("Once upon a time")
    async with product():
        ts = await slack.mention("U1", "C1", "tell me a story")
        await slack.until(lambda: texts(slack, "C1") == ["Once upon"])
    await slack.until(lambda: slack.posts("C1")[0].broken)
    async with product():
        (post,) = await shows(slack, "C1", ts, "Once upon a time")
        await all_heard(slack)

    assert not post.broken


async def test_a_long_answer_goes_on_in_its_posts(slack, product, script):
    said = " ".join(f"word{number:05d}" for number in range(1500))
    script.perform(said, Pause())
    script.perform(said, " the end")
    async with product():
        await slack.mention("U1", "C1", "tell me a story")
        await slack.until(lambda: len(slack.posts("C1")) == 2)
    async with product():
        await slack.until(
            lambda: slack.posts("C1")[-1].text.endswith(" the end") and not slack.posts("C1")[-1].streaming
        )
        await all_heard(slack)

    assert "".join(texts(slack, "C1")).replace(" ", "").replace("\n", "") == f"{said} the end".replace(
        " ", ""
    )
    assert 2 == len(slack.posts("C1"))


LONGEST = 12_000
NO_STREAMS = "unknown_method"


def numbered(count: int) -> str:
    """Distinct words: any that is lost or doubled is found."""
    return " ".join(f"word{number:05d}" for number in range(count))


def said(posts: list[Post]) -> list[str]:
    return " ".join(post.text for post in posts).split()


@pytest.mark.parametrize(("pieces", "streams"), [(300, True), (1, True), (7, False)], ids=str)
async def test_a_long_answer_goes_on_in_further_posts(slack, product, script, pieces, streams):
    if not streams:
        slack.fail("chat.startStream", error=NO_STREAMS, times=99)
    text = numbered(3000)
    size = len(text) // pieces + 1
    script.perform(*(Say(text[at : at + size]) for at in range(0, len(text), size)))
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        posts = await whole(slack, "C1", "word02999")

    assert text.split() == said(posts)
    assert all(len(post.text) <= LONGEST and post.thread_ts == ts and not post.broken for post in posts)
    assert len(posts) <= 4


async def test_korean_is_counted_as_slack_counts(slack, product, script):
    """13,000 characters of three bytes each, streamed; and no call that Slack finds too long."""
    text = " ".join(f"가나다라{number:04d}" for number in range(1500))
    script.perform(*(Say(text[at : at + 500]) for at in range(0, len(text), 500)))
    async with product():
        await slack.mention("U1", "C1", "hello")
        posts = await whole(slack, "C1", "1499")

    assert text.split() == said(posts)
    assert [] == [call.error for call in slack.calls if call.error and "too_long" in call.error]


@workspace(stream_seconds=0.6)
async def test_a_stream_that_slack_ends_early_loses_nothing(slack, product, script):
    """Slack may end a stream at any time: what it refused then is shown, no broken post is left."""
    text = numbered(12)
    script.delay = 1.5 / 12
    script.perform(text)
    async with product():
        await slack.mention("U1", "C1", "hello")
        posts = await whole(slack, "C1", "word00011")

    assert text.split() == said(posts)
    assert not any(post.broken for post in posts)


@workspace(stream_seconds=0.4)
@pytest.mark.parametrize("tail", [" and the tail", ""])
async def test_a_stream_that_dies_while_the_model_thinks(slack, product, script, tail):
    """Before the last words, or before it is closed: the broken post is repaired."""
    script.perform("first part", Wait(0.8), *filter(None, [tail]))
    async with product():
        await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: slack.posts("C1") and slack.posts("C1")[0].broken)
        posts = await whole(slack, "C1", f"part{tail}".split()[-1])
        await slack.until(lambda: not any(post.broken for post in slack.posts("C1")))

    assert f"first part{tail}".split() == said(posts)


async def test_another_answer_of_the_next_attempt_replaces_the_first(slack, product, script):
    """What a stream has shown cannot be taken back: the post is edited."""
    script.perform("The sky is green because", Fault("cut"))
    script.perform("Blue.")
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await shows(slack, "C1", ts, "Blue.")
        await all_heard(slack)

    assert ["Blue."] == texts(slack, "C1")
