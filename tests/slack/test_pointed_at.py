"""What people point at and whom they name, as it reaches the model; and what may not be read."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bots.slack.platform import SlackPlatform
from core.errors import Retryable, Unreachable
from core.settings import Settings
from core.types import Address, IncomingMessage
from standins.script.script import Call
from standins.slack import SlackStandin
from tests.slack.conversation import all_heard, calls, exchange, texts

CLOCK = re.compile(r"\d\d:\d\d")
ALERT: dict[str, Any] = {
    "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "5xx over 12 %"}}],
    "attachments": [{"title": "Runbook", "title_link": "https://e.com/r", "fallback": "Runbook"}],
}


def asked(script: Any) -> list[str]:
    """The newest request's texts, without what the clock says."""
    return [CLOCK.sub("HH:MM", one) for one in script.asked[-1]]


async def test_a_forward_is_a_question_with_its_words_and_files(slack, product, script):
    """Alone in a direct message, and with a comment in a channel; a mention of us in it asks nothing."""
    async with product():
        ts = await slack.mention("U9", "C0ELSEWHERE", "read this", files=[("n.txt", b"it failed")])
        await slack.until(lambda: texts(slack, "C0ELSEWHERE"))
        await slack.forward("U1", "C0ELSEWHERE", ts, "D1")
        await slack.until(lambda: texts(slack, "D1"))
        alone = asked(script)[-1]
        await slack.forward("U1", "C0ELSEWHERE", ts, "C1", f"<@{slack.bot_user}> summarise")
        await slack.forward("U1", "C0ELSEWHERE", ts, "C1", "to whom it may concern")
        await all_heard(slack)

    head = "[Forwarded message from u9 at HH:MM:]\n> @assistant read this\n\n"
    file = "[File n.txt]\n```\nit failed\n```"
    assert [f"{head}{file}", f"{head}summarise\n\n{file}"] == [alone, asked(script)[-1]]
    assert 1 == len(texts(slack, "C1"))


async def test_an_alert_and_a_file_before_the_question(slack, product, script):
    """The root of the thread, whoever posted it and in whatever shape; by name and time."""
    slack.workspace.apps["B77"] = "Grafana"
    slack.workspace.person("U5").name = "Ann"
    slack.add_channel("C1", ["U1"])
    async with product():
        root = await slack.post_as("B77", "C1", **ALERT)
        await slack.say("U5", "C1", "", root, files=[("n.txt", b"disk full")])
        await exchange(slack, "U1", "C1", "what is this?", root)
        await slack.post_as("B77", "C1", "resolved", root, username="Pager")
        await exchange(slack, "U1", "C1", "and now?", root)

    first, second = ("\n".join(CLOCK.sub("HH:MM", one) for one in request) for request in script.asked)
    assert "[HH:MM] Grafana: 5xx over 12 %\n    Runbook (https://e.com/r)" in first
    assert "[HH:MM] Ann: [File n.txt]\n\n[File n.txt]\n```\ndisk full\n```" in first
    assert "[HH:MM] Pager: resolved" in second


NAMED = "ask @Ann in #ops or @sre"


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ((), NAMED),
        (("channels:read", "usergroups:read"), "ask @Ann in #C55 or @S1"),
        (("users:read",), "ask @U7 in #ops or @sre"),
    ],
)
async def test_the_model_reads_names(slack, product, script, missing, told):
    """Asked once; an app without the scopes shows ids."""
    slack.workspace.person("U7").name = "Ann"
    slack.add_channel("C55").name = "ops"
    slack.workspace.groups["S1"] = "sre"
    slack.scopes.difference_update(missing)
    async with product(access_allow=(f"slack:{slack.team}",)):
        for _ in range(2):
            await slack.mention("U1", "C1", "ask <@U7> in <#C55> or <!subteam^S1>")
            await all_heard(slack)

    assert [told] * 2 == [request[-1] for request in script.asked]
    assert 1 == len(calls(slack, "conversations.info")) == len(calls(slack, "usergroups.list"))
    assert calls(slack, "users.info").count({"user": "U7", "include_locale": "1"}) == 1


async def test_names_are_not_waited_for(slack, product, script):
    """What Slack tells late is an id; the names that came in time stay names."""
    slack.workspace.person("U7").name = "Ann"
    async with product():
        slack.delay("conversations.info", 20)
        began = time.monotonic()
        await slack.mention("U1", "C1", "ask <@U7> in <#C55>")
        await slack.until(lambda: script.asked)

    assert time.monotonic() - began < 3
    assert ["ask @Ann in #C55"] == script.asked[0]


async def test_a_workflow_that_mentions_us_is_told_to_the_operator_once(slack, product, caplog):
    slack.add_channel("C1", ["U1"])
    caplog.set_level(logging.INFO)
    async with product():
        for _ in range(2):
            await slack.post_as("B88", "C1", f"<@{slack.bot_user}> daily report please", username="Workflow")
        await all_heard(slack)

    told = [record.__dict__["app"] for record in caplog.records if "a workflow" in record.getMessage()]
    assert (["B88"], []) == (told, texts(slack, "C1"))


@pytest.fixture
async def platform(slack: SlackStandin) -> AsyncIterator[SlackPlatform]:
    """Not listening; who it is, it knows."""
    how = {"slack_bot_token": slack.bot_token, "slack_app_token": slack.app_token}
    async with aiohttp.ClientSession() as session:
        one = SlackPlatform(Settings(**how, slack_api_url=slack.api_url), None, session)  # type: ignore[arg-type]
        await one._identify()
        yield one
        await one.close()


async def asking(slack: SlackStandin) -> IncomingMessage:
    """A question in a channel where much was said, and something after it."""
    slack.add_channel("C1", ["U1"])
    for number in range(3):
        await slack.say("U2", "C1", f"line {number}")
    root = await slack.post_as("B77", "C1", username="Grafana", **ALERT)
    await slack.say("U2", "C1", "a reply", root)
    ts = await slack.mention("U1", "C1", "summarise the channel")
    await slack.say("U2", "C1", "too late")
    return IncomingMessage(ts, Address("slack", slack.team, "C1", ts), "U1", "", float(ts))


async def test_the_newest_messages_of_the_channel(slack, platform):
    """Oldest first, until the question, with how many answers stand below; none older than asked for."""
    message = await asking(slack)
    read = await platform.said(message, 0.0, 3)

    told = [("U2", "line 1"), ("U2", "line 2"), ("B77", "5xx over 12 %\nRunbook (https://e.com/r)")]
    assert [*told[:2], ("B77", f"{told[2][1]}\n[1 reply in its thread]")] == [
        (one.user, one.text) for one in read
    ]
    assert ("Grafana", float(read[-1].id)) == (read[-1].author, read[-1].at)
    assert read[-1:] == list(await platform.said(message, read[1].at, 100))
    assert [] == await platform.said(message, message.sent_at, 100)


async def test_a_question_about_the_channel(slack, product, script):
    """The tool that every assistant has there reads it, with names, alerts and quotes."""
    slack.workspace.person("U2").name = "Ann"
    async with product():
        message = await asking(slack)
        await slack.forward("U2", "C1", message.id, "C1", "see <@U2>")
        await all_heard(slack)
        script.enqueue(Call("read_channel", {"hours": 1}, id="call_r"))
        await slack.mention("U1", "C1", "what was said?")
        await all_heard(slack)

    outputs = [str(one["output"]) for _, items in script.requests for one in items if "output" in one]
    told = CLOCK.sub("HH:MM", re.sub(r"\d{4}-\d\d-\d\d ", "", outputs[0]))
    assert "[HH:MM] Ann: line 1\n" in told
    assert (
        "[HH:MM] Grafana: 5xx over 12 %\n    Runbook (https://e.com/r)\n    [1 reply in its thread]" in told
    )
    assert told.endswith("> @assistant summarise the channel\n    see @Ann")


@pytest.mark.parametrize(
    ("error", "raised", "why"),
    [
        ("missing_scope", Unreachable, "lacks the scope channels:history"),
        ("not_in_channel", Unreachable, "not in this channel"),
        ("channel_not_found", Unreachable, "not in this channel"),
        ("something_new", Unreachable, "Slack refuses it"),
        ("ratelimited", Retryable, "ratelimited"),
    ],
)
async def test_a_channel_that_may_not_be_read_is_said_to_be(slack, platform, error, raised, why):
    message = await asking(slack)
    slack.fail("conversations.history", error=error)

    with pytest.raises(raised, match=why):
        await platform.said(message, 0.0, 100)
