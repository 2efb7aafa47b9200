"""Texts that Slack refuses as they are: cut where it allows them, shown plainly as the last resort."""

from __future__ import annotations

import pytest

from standins.script.script import Say
from standins.slack import SlackStandin
from tests.slack.conversation import all_heard, texts
from tests.slack.stage import Pause

HEADINGS = (
    "".join(f"### {number}. Topic{number}\n\nA short text.\n\n---\n\n" for number in range(60)) + "The end."
)
TABLES = (
    "".join(f"T{number}\n\n| a | b |\n|---|---|\n| c{number} | d |\n\n" for number in range(4)) + "The end."
)
LONG = " ".join(f"word{number:05d}" for number in range(1200))


async def finished(slack: SlackStandin, end: str) -> list[str]:
    """What the posts show, once the last one is complete."""
    await slack.until(
        lambda: (
            texts(slack, "C1")
            and texts(slack, "C1")[-1].endswith(end)
            and not any(post.streaming for post in slack.posts("C1"))
        ),
        timeout=15,
    )
    await all_heard(slack)
    return texts(slack, "C1")


@pytest.mark.parametrize("streams", [True, False], ids=["stream", "update"])
@pytest.mark.parametrize(("said", "posts"), [(HEADINGS, 3), (TABLES, 4)], ids=["headings", "tables"])
@pytest.mark.parametrize("size", [67, 100_000])
async def test_a_text_of_many_blocks(slack, product, script, said, posts, streams, size):
    """At once or in pieces: no call is refused, nothing is lost."""
    if not streams:
        slack.fail("chat.startStream", error="unknown_method", times=99)
    script.perform(*(Say(said[at : at + size]) for at in range(0, len(said), size)))
    async with product():
        await slack.mention("U1", "C1", "hello")
        shown = await finished(slack, "The end.")

    assert said.split() == " ".join(shown).split()
    assert posts == len(shown)
    assert {"unknown_method", "not_agent_app", None, ""} >= {call.error for call in slack.calls}


@pytest.mark.parametrize("letters", ["word", "가나다라"])
async def test_markdown_that_is_refused_is_shown_as_text(slack, product, script, letters):
    """In posts as short as Slack takes plain text, whether it counts characters or bytes."""
    slack.fail("chat.startStream", error="unknown_method", times=99)
    slack.fail("chat.postMessage", error="invalid_blocks")
    said = LONG.replace("word", letters)
    script.perform(Say(said))
    async with product():
        await slack.mention("U1", "C1", "hello")
        shown = await finished(slack, "01199")

    assert said.split() == " ".join(shown).split()
    assert all(len(text) <= 4000 for text in shown)


async def test_an_update_that_is_refused_leaves_what_is_shown(slack, product, script):
    """A notice never takes the place of words people have read."""
    slack.fail("chat.startStream", error="unknown_method", times=99)
    pause = Pause()
    script.perform("These words were shown.", pause, " And these were not.")
    async with product():
        await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: texts(slack, "C1") == ["These words were shown."])
        slack.fail("chat.update", error="invalid_blocks", times=3)
        pause.end()
        await slack.until(lambda: "accepted" in "".join(texts(slack, "C1")))
        await all_heard(slack)

    assert "These words were shown." in "".join(texts(slack, "C1"))
