"""`/assistant` and `/memory`: answered at once, for the person alone, in their language."""

from __future__ import annotations

import pytest

from core.texts import text
from tests.registered import register
from tests.slack.conversation import exchange

SOON = 3.0


async def test_assistant_shows_the_current_one_and_the_others(slack, product, tmp_path):
    """Acknowledged within Slack's three seconds; nobody else sees it."""
    async with product(assistant_name="Rob"):
        other = await register(tmp_path / "data", "Max & Moritz")
        reply = await slack.slash("U1", "C1", "/assistant")

    (said,) = reply.texts
    assert reply.acked_after is not None
    assert reply.acked_after < SOON
    assert ("Rob" in said, "Max &amp; Moritz" in said, other in said) == (True, True, True)
    assert [] == slack.posts("C1")


async def test_admins_switch_the_assistant_of_a_channel(slack, product, script, tmp_path):
    """From the next message on, there and nowhere else."""
    async with product(admins=("U1",)):
        await register(tmp_path / "data", "Moritz")
        reply = await slack.slash("U1", "C1", "/assistant", " moritz ")
        await exchange(slack, "U2", "C1", "hello")
        await exchange(slack, "U2", "C2", "hello")

    assert "Moritz" in reply.texts[0]
    assert [True, False] == [instructions == "Moritz" for instructions, _ in script.requests]


async def test_others_cannot_switch(slack, product, script, tmp_path):
    """They are told whom to ask."""
    slack.workspace.person("U2").locale = "ko-KR"
    async with product(admins=("U1",)):
        await register(tmp_path / "data", "Moritz")
        reply = await slack.slash("U2", "C1", "/assistant", "Moritz")
        await exchange(slack, "U2", "C1", "hello")

    assert [text("assistant_admins", "ko")] == reply.texts
    assert "Moritz" != script.requests[-1][0]


async def test_memory_tells_what_is_held(slack, product):
    """Of the person's conversation there."""
    async with product():
        before = await slack.slash("U1", "C1", "/memory")
        for said in ("hello", "and again"):  # the second begins when all of the first is recorded
            await exchange(slack, "U1", "C1", said)
        after = await slack.slash("U1", "C1", "/memory")

    assert [text("memory_empty", "en")] == before.texts
    assert after.texts[0] not in ("", *before.texts)


@pytest.mark.parametrize("said", ["memory", "/memory", " *Memory* "])
async def test_memory_can_be_asked_for_in_a_thread(slack, product, script, said):
    """Where commands do not work: as a message, answered in the thread without the model."""
    async with product():
        root = await exchange(slack, "U1", "C1", "hello")
        await slack.mention("U1", "C1", said, root)
        await slack.until(lambda: len(slack.posts("C1", root)) == 2)

    assert 1 == len(script.asked)


async def test_what_an_older_app_left_behind_is_answered(slack, product, script):
    """A command, a button, a shortcut of before: told to the person alone, in their language."""
    slack.workspace.person("U2").locale = "ko-KR"
    async with product():
        ts = await exchange(slack, "U1", "C1", "hello")
        post = slack.posts("C1", ts)[0].ts
        replies = [
            await slack.slash("U2", "C1", "/imagine", "a cat"),
            await slack.press("U2", "C1", post, {"type": "button", "action_id": "retry", "block_id": "b"}),
            await slack.shortcut("U2", "C1", ts, "translate"),
        ]
        await slack.until(lambda: all(reply.texts for reply in replies))

    assert [[text("stale", "ko")]] * 3 == [reply.texts for reply in replies]
    assert 1 == len(slack.posts("C1", ts))
    assert 1 == len(script.asked)
