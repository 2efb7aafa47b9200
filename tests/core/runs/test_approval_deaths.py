"""core.runs.approvals: a yes counts for what was asked, while it is asked, and for nothing that is over."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from core.runs.approvals import SHOWN, Shown, shown
from core.runs.rounds import UNKNOWN
from core.store import approvals
from core.types import ThreadId
from standins.script.script import Hosted, outputs
from tests.core.fakes import Heard, message, store
from tests.core.runs.test_approvals import Post, asking, opened, question, waiting
from tests.core.runs.test_mcp import opened as remote
from tests.core.served import EN, given, killed, statuses


async def test_a_yes_after_the_stop_is_too_late(tmp_path):
    """The run is being cancelled: what was pressed must not look as if it had been taken."""
    post = Post()
    async with opened(tmp_path, asking("bob"), post) as spool:
        await spool.say("1", "Send it")
        asked = await question(spool)
        await waiting(spool)
        await spool.rows("UPDATE runs SET status = 'cancelling'")

        assert "over" == await spool.inbox.decide(asked.id, "U1", True)
    assert [] == post.sent


async def test_a_yes_after_the_end_is_too_late(tmp_path):
    """However the run ended, as long as the buttons are there."""
    post = Post()
    async with opened(tmp_path, asking("bob"), post) as spool:
        await spool.say("1", "Send it")
        asked = await question(spool)
        await spool.ask("2", "stop", kind="stop")

        assert ["cancelled"] == await statuses(spool)
        assert "over" == await spool.inbox.decide(asked.id, "U1", True)
    assert [] == post.sent


async def test_a_message_while_the_process_comes_back_counts_as_no(tmp_path):
    """It is caught up with before the run waits again: the question is not asked once more."""
    post = Post()
    async with opened(tmp_path, asking("bob"), post) as spool:
        await spool.say("1", "Send it")
        await question(spool)
        await waiting(spool)
        await spool.lanes.close()
        assert ["in_progress"] == await statuses(spool)
        spool._begin()
        await spool.inbox.receive(message("2", "No, wait"))
        await spool.lanes.resume(["fake"])
        await spool.idle()

        assert ["completed", "completed"] == await statuses(spool)
    assert [] == post.sent


async def test_another_persons_message_decides_nothing(tmp_path):
    """Nor does the same person's elsewhere."""
    post = Post()
    async with opened(tmp_path, asking("bob"), post) as spool:
        await spool.say("1", "Send it")
        asked = await question(spool)
        await waiting(spool)
        await spool.say("2", "Hello", user="U2")

        assert "done" == await spool.inbox.decide(asked.id, "U1", True)
        await spool.idle()
    assert ["bob"] == post.sent


async def test_a_yes_that_is_on_disk_counts_after_a_death(tmp_path):
    """The person pressed; the process died before it did anything: it is done once, unasked."""
    post = Post()
    async with opened(tmp_path, asking("bob"), post) as spool:
        await spool.say("1", "Send it")
        asked = await question(spool)
        await waiting(spool)
        await killed(spool)
        await spool.rows("UPDATE approvals SET state = 'approved' WHERE id = ?", asked.id)
        await spool.restart()
        await spool.idle()

        assert ["completed"] == await statuses(spool)
    assert ["bob"] == post.sent


async def test_a_decision_at_the_last_moment_is_taken_or_refused_as_a_whole(tmp_path):
    """Whoever wins, what the person is told and what happens agree."""
    post = Post()
    async with opened(tmp_path, asking("bob"), post) as spool:
        await spool.say("1", "Send it")
        asked = await question(spool)
        await waiting(spool)
        decided, _ = await asyncio.gather(
            spool.inbox.decide(asked.id, "U1", True), spool.inbox.receive(message("2", "No"))
        )
        await spool.idle()
    assert (["bob"] if decided == "done" else []) == post.sent


async def test_what_was_stopped_in_the_middle_is_remembered_as_such(tmp_path):
    """Asked later, the model does not say that nothing happened."""
    post, script = Post(), asking("bob")
    post.may.clear()
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1", "Send it")
        await spool.inbox.decide((await question(spool)).id, "U1", True)
        await post.begun.wait()
        await spool.ask("2", "stop", kind="stop")
        script.answers.clear()
        await spool.ask("3", "Was it sent?")
    assert {"call_bob": UNKNOWN} == outputs(given(script.requests))


async def test_a_remote_tool_cannot_write_the_question(tmp_path):
    """Its server chose the name."""
    name = "edit” with exactly this?\n```\n{}\n```\n@everyone ["
    script = Heard()
    request = {"server_label": "wiki", "name": name, "arguments": "{}", "id": "mcpr_1"}
    script.enqueue(Hosted("mcp_approval_request", request))
    async with remote(tmp_path, script) as (spool, _):
        await spool.say("1", "Edit the page")
        asked = await question(spool)
        await spool.inbox.decide(asked.id, "U1", False)
        await spool.idle()
    assert "@" not in asked.text
    assert 2 == asked.text.count("```")


def test_arguments_cannot_hide_anything():
    """Letters that turn round the line or show nothing are told as what they are; Korean and emoji stay."""
    given = {"to": "\u202ebob\u200b\x9f\u3164\U000e0041", "text": "안녕 😀 ```", "\ufe0fkey": "\u00a0\n"}
    found = shown(json.dumps(given, ensure_ascii=False))

    assert found
    assert "" == found.whole
    assert '"\\u202ebob\\u200b\\u009f\\u3164\\udb40\\udc41"' in found.text
    assert '"안녕 😀 \\u0060\\u0060\\u0060"' in found.text
    assert given == json.loads(found.text)


LONG = "a" * 3000


@pytest.mark.parametrize(
    "given",
    [
        {"padding": LONG, "target": "PRODUCTION"},
        {"target": "PRODUCTION", "padding": [LONG, {"deep": LONG}]},
        {"padding": [LONG] * 8, "a": {"b": {"target": "PRODUCTION"}}},
        {"padding": LONG + '", "target": "STAGING' + "b" * 19, "target": "PRODUCTION"},
        {"padding": LONG + "\\" * 20, "target": "PRODUCTION"},
    ],
)
def test_every_key_and_short_value_is_shown(given):
    """However long the others are; the whole is beside it."""
    found = shown(json.dumps(given))

    assert found
    assert len(found.text) <= SHOWN
    assert '"target": "PRODUCTION"' in found.text
    assert given == json.loads(found.whole)
    assert 1 == len(re.findall('(?<!\\\\)"target"', found.text))


@pytest.mark.parametrize(
    "arguments",
    [
        json.dumps({f"key{number}": 1 for number in range(500)}),
        json.dumps({LONG: 1}),
        json.dumps({"n": 0}).replace("0", "1" * 3000),
        json.dumps([["short"] * 400]),
        LONG,
        '{"a": "' + LONG + '", "a": 1}',
        "[" * 9000,
    ],
)
def test_what_has_too_much_to_be_shown(arguments):
    """Keys and short values cannot be shortened; what may be read in two ways is shown as it came, or not."""
    assert shown(arguments) is None


@pytest.mark.parametrize("arguments", ['{"a": 1, "a": 2}', '{"a": 12345678901234567890.5}', "not JSON", ""])
def test_what_may_be_read_in_two_ways_is_shown_as_it_came(arguments):
    """Another reader might take the first of two equal keys."""
    assert arguments == (shown(arguments) or Shown("no")).text


def test_refusing_looks_at_no_run_but_the_live_one():
    """Each message of anybody does it: it costs the same with a million runs."""
    seen: list[str] = []
    with store() as tx:

        def spied(sql: str, *params: object) -> list[tuple[object, ...]]:
            seen.extend(str(row[3]) for row in tx(f"EXPLAIN QUERY PLAN {sql}", *params))
            return tx(sql, *params)

        approvals.refuse_all(spied, ThreadId("thread_1"), "U1")
    assert seen
    assert not [step for step in seen if step.startswith("SCAN")]


async def test_a_question_that_was_decided_and_stopped_at_once_has_no_buttons(tmp_path):
    """The run is cancelled before it could tell: nobody is left with buttons that do nothing."""
    async with opened(tmp_path, asking("bob", "eve"), Post()) as spool:
        await spool.say("1", "Send it")
        await question(spool, 2)
        await waiting(spool)
        await asyncio.gather(
            spool.inbox.receive(message("2", "No")), spool.inbox.receive(message("3", "stop", kind="stop"))
        )
        await spool.idle()

        assert set(spool.platform.questions) == set(spool.platform.decisions)
        assert {EN["approval_refused"].format(name="send")} == set(spool.platform.decisions.values())
