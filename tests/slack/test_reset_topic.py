"""Starting over by the message shortcut, and where a whole topic shares one memory."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.slack.conversation import exchange

MANIFEST = (Path(__file__).parents[2] / "bots/slack/manifest.yaml").read_text(encoding="utf-8")
SHORTCUT = "Reset this conversation"


def callback() -> str:
    """The callback id under which the manifest registers the shortcut."""
    found = re.search(rf"name: {SHORTCUT}\s+type: message\s+callback_id: (\S+)", MANIFEST)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("on", ["question", "answer"])
@pytest.mark.parametrize("scope", ["user", "topic"])
@pytest.mark.parametrize("channel", ["C1", "D1"])
async def test_the_shortcut_starts_over(slack, product, script, channel, scope, on):
    """On a person's message or on the answer: acknowledged, confirmed to that person alone, once."""
    async with product(thread_scope=scope):
        root = await exchange(slack, "U1", channel, "one")
        await exchange(slack, "U1", channel, "two", root)
        chosen = root if on == "question" else slack.posts(channel)[0].ts
        reply = await slack.shortcut("U1", channel, chosen, callback())
        await slack.until(lambda: slack.ephemerals)
        await exchange(slack, "U1", channel, "three", root)

    assert "" == reply.error
    assert 1 == len(script.asked[-1])
    assert ["U1"] == [seen.user for seen in slack.ephemerals]
    assert 3 == len(slack.posts(channel))


async def test_the_shortcut_resets_that_topic_only(slack, product, script):
    """Topic scope: for everybody in it, and no other topic."""
    async with product(thread_scope="topic"):
        here = await exchange(slack, "U1", "C1", "one")
        there = await exchange(slack, "U1", "C1", "other")
        await slack.shortcut("U1", "C1", here, callback())
        await slack.until(lambda: slack.ephemerals)
        await exchange(slack, "U2", "C1", "two", here)
        await exchange(slack, "U1", "C1", "three", there)

    assert [1, 3] == [len(request) for request in script.asked[2:]]


async def test_the_shortcut_resets_only_ones_own_memory(slack, product, script):
    """User scope: chosen on somebody else's message, it is still the own conversation that starts over."""
    async with product():
        await exchange(slack, "U1", "C1", "one")
        other = await exchange(slack, "U2", "C1", "two")
        await slack.shortcut("U1", "C1", other, callback())
        await slack.until(lambda: slack.ephemerals)
        await exchange(slack, "U1", "C1", "three")
        await exchange(slack, "U2", "C1", "four")

    assert [1, 3] == [len(request) for request in script.asked[2:]]


@pytest.mark.parametrize("channel", ["C1", "G1"])
async def test_under_topic_scope_the_command_explains_itself(slack, product, script, channel):
    """It cannot know the topic: it names both other ways, and forgets nothing."""
    async with product(thread_scope="topic"):
        root = await exchange(slack, "U1", channel, "one")
        reply = await slack.slash("U1", channel, "/reset")
        await slack.until(lambda: reply.texts)
        await exchange(slack, "U1", channel, "two", root)

    (explained,) = reply.texts
    assert SHORTCUT in explained
    assert "reset" in explained.replace(SHORTCUT, "").lower()
    assert 3 == len(script.asked[-1])
    assert 2 == len(slack.posts(channel))


async def test_under_topic_scope_a_mention_resets_its_thread_for_all(slack, product, script):
    """Everybody in the thread starts over; another thread does not."""
    async with product(thread_scope="topic"):
        here = await exchange(slack, "U1", "C1", "one")
        there = await exchange(slack, "U1", "C1", "other")
        await slack.mention("U2", "C1", "reset", here)
        await slack.until(lambda: len(slack.posts("C1", here)) == 2)
        await exchange(slack, "U1", "C1", "two", here)
        await exchange(slack, "U2", "C1", "three", there)

    assert [1, 3] == [len(request) for request in script.asked[2:]]
