"""A tool with effects asks first: one question with two buttons, for the person who asked, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.texts import text
from standins.script.script import Call, outputs
from standins.slack import Post, SlackStandin
from tests.slack.conversation import calls, texts
from tests.slack.stage import Stage
from tests.tool_files import PAY, paid, put_tool

ALLOWED = text("approval_approved", "en").format(name="pay")
REFUSED = text("approval_refused", "en").format(name="pay")
DECISIONS = [("approve", ALLOWED, [5]), ("refuse", REFUSED, [])]
"""A button, what the question shows then, and what was paid."""


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """What the tool `pay` has paid."""
    return put_tool(tmp_path / "data", "pay", PAY)


def wants_to_pay(script: Stage) -> None:
    """The model calls the tool, and then says what came of it."""
    script.enqueue(Call("pay", {"amount": 5}))
    script.enqueue(lambda items: "Result: " + " ".join(outputs(items).values()))


def questions(slack: SlackStandin) -> list[Post]:
    """The posts in C1 that have buttons."""
    return [post for post in slack.posts("C1") if any(block["type"] == "actions" for block in post.blocks)]


async def asked(slack: SlackStandin, timeout: float = 10) -> Post:
    """Return once there is a question."""
    await slack.until(lambda: questions(slack), timeout)
    return questions(slack)[0]


async def answered(slack: SlackStandin, said: str, timeout: float = 10) -> None:
    """Return once an answer with these words is complete."""
    await slack.until(
        lambda: any(said in post.text and not post.streaming for post in slack.posts("C1")), timeout
    )


@pytest.mark.parametrize(("button", "shown", "total"), DECISIONS)
async def test_the_button_decides(slack, product, script, ledger, button, shown, total):
    """The tool runs after a yes only; the question then tells what was decided, and has no buttons."""
    wants_to_pay(script)
    async with product():
        ts = await slack.mention("U1", "C1", "pay 5")
        question = await asked(slack)
        assert [] == paid(ledger)
        reply = await slack.press("U1", "C1", question.ts, button)
        await answered(slack, "Result:")
        await slack.until(lambda: not questions(slack))

    assert (total, "", []) == (paid(ledger), reply.error, reply.texts)
    assert ("5" in question.text, ts) == (True, question.thread_ts)
    assert [shown] == [post.text for post in slack.posts("C1") if post.ts == question.ts]
    assert 2 == len(slack.posts("C1"))


async def test_only_the_person_who_asked_may_decide(slack, product, script, ledger):
    """Another one is told so, and nothing happens."""
    wants_to_pay(script)
    async with product():
        await slack.mention("U1", "C1", "pay 5")
        question = await asked(slack)
        reply = await slack.press("U2", "C1", question.ts, "approve")
        await slack.until(lambda: reply.texts)
        assert ([], [question.ts]) == (paid(ledger), [post.ts for post in questions(slack)])

    assert [text("approval_not_yours", "en")] == reply.texts


async def test_a_decision_is_made_once(slack, product, script, ledger):
    """Who presses again, on a screen that was not up to date, is told that it is over."""
    wants_to_pay(script)
    async with product():
        await slack.mention("U1", "C1", "pay 5")
        question = await asked(slack)
        again = {**_action(question, "refuse"), "type": "button"}
        await slack.press("U1", "C1", question.ts, "approve")
        await answered(slack, "Result:")
        reply = await slack.press("U1", "C1", question.ts, again)
        await slack.until(lambda: reply.texts)

    assert ([5], [text("approval_over", "en")]) == (paid(ledger), reply.texts)


def _action(post: Post, action_id: str) -> dict[str, Any]:
    (found,) = [
        element
        for block in post.blocks
        if block["type"] == "actions"
        for element in block["elements"]
        if element["action_id"] == action_id
    ]
    return {"action_id": action_id, "value": found["value"], "block_id": "b"}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_a_cut_at_a_question(slack, product, script, ledger, method, when):
    """Whether it was posted, or changed, is unknown: it stands there once, and shows the decision."""
    wants_to_pay(script)
    slack.fail(method, when=when, drop=True)
    async with product():
        await slack.mention("U1", "C1", "pay 5")
        question = await asked(slack)
        await slack.press("U1", "C1", question.ts, "approve")
        await answered(slack, "Result:")

    assert ([5], ["Result: paid 5", ALLOWED]) == (paid(ledger), sorted(texts(slack, "C1")))


async def test_a_death_after_the_question_was_posted(slack, product, script, ledger):
    """Posted and not recorded: the next process finds it, and its buttons work."""
    wants_to_pay(script)
    slack.fail("chat.postMessage", when="after", drop=True)
    async with product():
        await slack.mention("U1", "C1", "pay 5")
        before = await asked(slack)
    async with product():
        await slack.until(lambda: calls(slack, "conversations.replies"))
        await slack.press("U1", "C1", before.ts, "approve")
        await answered(slack, "Result:")

    assert [5] == paid(ledger)
    assert ["Result: paid 5", ALLOWED] == sorted(texts(slack, "C1"))


async def test_a_question_outlives_its_process(slack, product, script, ledger):
    """It is not asked again; pressed after the restart, it decides."""
    wants_to_pay(script)
    async with product():
        await slack.mention("U1", "C1", "pay 5")
        before = await asked(slack)
    async with product():
        await slack.press("U1", "C1", before.ts, "refuse")
        await answered(slack, "Result:")

    assert [] == paid(ledger)
    assert [REFUSED] == [post.text for post in slack.posts("C1") if post.ts == before.ts]
    assert 2 == len(slack.posts("C1"))


async def test_a_server_without_markdown_blocks(slack, product, script, ledger):
    """Asked in blocks that every server knows."""
    wants_to_pay(script)
    slack.fail("chat.postMessage", error="invalid_blocks")
    async with product():
        await slack.mention("U1", "C1", "pay 5")
        question = await asked(slack)
        await slack.press("U1", "C1", question.ts, "refuse")
        await answered(slack, "Result:")

    assert "section" in [block["type"] for block in question.blocks]


async def test_a_question_is_not_taken_for_an_answer(slack, product, script, ledger):
    """The replies of both are lost: each is found as what it is."""
    script.enqueue("Let me pay.", Call("pay", {"amount": 5}))
    script.enqueue(lambda items: "Result: " + " ".join(outputs(items).values()))
    slack.fail("chat.startStream", when="after", drop=True)
    slack.fail("chat.postMessage", when="after", drop=True)
    async with product():
        await slack.mention("U1", "C1", "pay 5")
        question = await asked(slack)
        await slack.press("U1", "C1", question.ts, "approve")
        await answered(slack, "Result: paid 5")
        await slack.until(lambda: not questions(slack))

    assert ["Let me pay.\n\nResult: paid 5", ALLOWED] == texts(slack, "C1")


async def test_nobody_is_pinged_by_a_question(slack, product, script, tmp_path):
    """The arguments are the model's words (the workspace is looked over at the end of every test)."""
    put_tool(tmp_path / "data", "say", PAY.replace("def pay(amount: int)", "def say(amount: str)"))
    script.enqueue(Call("say", {"amount": "<!channel> <@U2> https://example.com"}))
    async with product():
        await slack.mention("U1", "C1", "say it")
        question = await asked(slack)

    assert (False, False) == (question.unfurl_links, question.unfurl_media)
