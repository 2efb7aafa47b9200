"""How runs of clients end when they do not simply answer: expired, failed, incomplete, with their thread."""

from __future__ import annotations

import asyncio
import time

import pytest

from core.api.runs import RunRules
from core.api.watch import Watch
from core.errors import Unsaved
from core.runs.client.endings import Endings
from core.store import client_runs
from core.store.database import Database
from core.tools import Toolbox
from core.types import SETTINGS_ID
from standins.script.script import Call, Fault, Say, Wait
from tests.core.api.clients import KEY, WEATHER, client, heard, look, refused
from tests.core.fakes import TIMEOUT

OWED = Call("weather", {}, id="call_a")


class FullOnce(Database):
    """A database whose disk is full at its first transaction."""

    def __init__(self, db):
        self.db, self.tries = db, 0

    async def __call__(self, work):  # type: ignore[override]
        self.tries += 1
        if self.tries == 1:
            raise Unsaved("database or disk is full")
        return await self.db(work)


async def test_a_disk_that_was_full_once_expires_runs_all_the_same(tmp_path):
    """Nobody else would ever free their threads."""
    async with client(tmp_path, OWED, rules=RunRules(expiry=0.1)) as (one, _):
        run = await one.ask("hi", assistant=await one.assistant(WEATHER))
        one.endings = Endings(FullOnce(one.spool.db), one.spool.lanes, 10_000)
        assert (await expiring(one, run))["status"] == "expired"


async def expiring(one, run):
    """The run once its time is over and somebody has seen to it."""
    watching = asyncio.create_task(one.endings.watch())
    try:
        async with asyncio.timeout(TIMEOUT):
            while run["status"] != "expired":
                await asyncio.sleep(0.01)
                run = await one.runs.get(KEY, run["thread_id"], run["id"])
    finally:
        watching.cancel()
    return run


@pytest.mark.parametrize("dead", [False, True])
async def test_a_run_that_waits_for_its_client_expires(tmp_path, dead):
    """By our own clock, also while the process was dead; its step too, and the thread is free again."""
    async with client(tmp_path, OWED, "again", rules=RunRules(expiry=0.3)) as (one, _):
        run = await one.ask("hi", assistant=await one.assistant(WEATHER))
        if dead:
            await one.reborn()
            await asyncio.sleep(0.3)
        expired = await expiring(one, run)
        (step,) = await one.steps(expired)
        output = [{"tool_call_id": "call_a", "output": "late"}]
        late = await refused(one.runs.submit(KEY, run["thread_id"], run["id"], output))
        again = await one.runs.create(KEY, run["thread_id"], {"assistant_id": run["assistant_id"]})
        ended = await one.ended(again)

    assert run["status"] == "requires_action"
    assert run["expires_at"] is not None
    assert (expired["expires_at"], expired["required_action"]) == (None, None)
    assert step["status"] == "expired"
    assert step["expired_at"]
    assert late == (400, 'Runs in status "expired" do not accept tool outputs.')
    assert ended["status"] == "completed"


async def test_a_run_under_way_expires(tmp_path):
    """What it has said stays, and says why it ends there."""
    async with client(tmp_path, [Say("so"), Wait(30)], rules=RunRules(expiry=0.3)) as (one, _):
        thread = await one.thread("hi")
        run = await one.runs.create(KEY, thread, {"assistant_id": await one.assistant()})
        expired = await expiring(one, run)
        _, answer = await one.said(thread)
        (step,) = await one.steps(expired)

    assert answer["incomplete_details"] == {"reason": "run_expired"}
    assert answer["content"][0]["text"]["value"] == "so"
    assert step["status"] == "expired"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("refuse", "rate_limit_exceeded", 429, 0.01), "rate_limit_exceeded"),
        (Fault("refuse", "server_error", 500, 0.01), "server_error"),
        (Fault("refuse", "invalid_prompt", 400), "invalid_prompt"),
        (Fault("refuse", "invalid_request_error", 400), "invalid_prompt"),
        (Fault("failed", "server_error"), "server_error"),
    ],
)
async def test_faults_of_the_model_are_told_in_the_words_of_the_api(tmp_path, fault, code):
    """After the product's own tries."""
    async with client(tmp_path, *[fault] * 3) as (one, _):
        run = await one.ask("hi")

    assert (run["status"], run["last_error"]["code"]) == ("failed", code)
    assert run["failed_at"]


@pytest.mark.parametrize(
    ("reason", "of_run", "of_message"),
    [
        ("max_output_tokens", "max_completion_tokens", "max_tokens"),
        ("content_filter", "content_filter", "content_filter"),
    ],
)
async def test_an_answer_that_was_cut_is_incomplete(tmp_path, reason, of_run, of_message):
    """No error: the run says why, the message too."""
    async with client(tmp_path, [Say("half"), Fault("incomplete", reason)]) as (one, _):
        watch, thread = Watch(), await one.thread("hi")
        await one.runs.create(KEY, thread, {"assistant_id": await one.assistant()}, watch)
        events = await heard(watch)
        _, answer = await one.said(thread)

    name, run = events[-1]
    assert name == "thread.run.incomplete"
    assert (run["incomplete_details"], run["last_error"]) == ({"reason": of_run}, None)
    assert answer["incomplete_details"] == {"reason": of_message}
    assert [name for name, _ in events][-3:-1] == ["thread.message.incomplete", "thread.run.step.completed"]


async def test_all_responses_share_what_the_client_allows(tmp_path):
    """Of the tokens that an answer may have, those of the rounds before are gone."""
    said = ["word " * 120, OWED]
    async with client(tmp_path, said, "end") as (one, api):
        run = await one.ask("hi", assistant=await one.assistant(WEATHER), max_completion_tokens=400)
        output = [{"tool_call_id": "call_a", "output": "x"}]
        await one.ended(await one.runs.submit(KEY, run["thread_id"], run["id"], output))
        first, second = [request.body["max_output_tokens"] for request in api.requests]

    assert first == 400
    assert 16 <= second < 300


async def test_a_thread_goes_with_its_run(tmp_path, caplog):
    """Deleted while it is answered: the run stops, and nothing of it is left; what it cost is."""
    async with client(tmp_path, [Say("canary9 "), Wait(30)]) as (one, _):
        thread, watch = await one.thread("the canary9"), Watch()
        await one.runs.create(KEY, thread, {"assistant_id": await one.assistant()}, watch)
        async for name, _ in watch:
            if name == "thread.message.delta":
                break
        await one.threads.delete(KEY, thread)
        rest = await heard(watch)
        await one.spool.idle()
        async with asyncio.timeout(TIMEOUT):
            while any(b"canary9" in path.read_bytes() for path in tmp_path.glob("spool.*")):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        left = await one.spool.rows("SELECT COUNT(*) FROM runs")
        cost = await one.spool.rows("SELECT kind, outcome FROM usage")

    assert (left, cost) == ([(0,)], [("answer", "cancelled")])
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
    assert "thread.run.completed" not in dict(rest)


async def test_a_run_under_way_survives_its_process(tmp_path):
    """It is answered once after the restart, with the ids it had; its steps are not doubled."""
    async with client(tmp_path, [Say("first"), Wait(30)], "second") as (one, _):
        thread, watch = await one.thread("hi"), Watch()
        run = await one.runs.create(KEY, thread, {"assistant_id": await one.assistant()}, watch)
        told = {}
        async for name, data in watch:
            told[name] = data
            if name == "thread.message.delta":
                break
        await one.reborn()
        ended = await one.ended(run)
        _, answer = await one.said(thread)
        found = await one.steps(ended)

    assert ended["status"] == "completed"
    assert answer["id"].encode() in told["thread.message.created"]
    assert answer["content"][0]["text"]["value"] == "second"
    assert len(found) == 1


async def test_functions_that_are_carried_out_here(tmp_path):
    """Where the assistant says so; its steps tell what they gave."""
    looked = Call("look", {"place": "attic"}, id="call_l")
    tool = {"type": "function", "function": {"name": "look"}}
    async with client(tmp_path, looked, "seen", OWED, toolbox=Toolbox.of(look)) as (one, _):
        mine = await one.assistant(tool, metadata={"spool_functions": "server"})
        watch, thread = Watch(), await one.thread("hi")
        await one.runs.create(KEY, thread, {"assistant_id": mine}, watch)
        events = await heard(watch)

        theirs = await one.ask("hi", assistant=SETTINGS_ID, tools=[WEATHER])

    assert (
        theirs["status"] == "requires_action"
    )  # also of the settings' assistant, where a run brings its own
    done = [one for name, one in events if name == "thread.run.step.completed"]
    assert done[0]["step_details"]["tool_calls"][0]["function"]["output"] == "a lamp in the attic"
    assert events[-1][0] == "thread.run.completed"


async def test_time_that_is_over_counts_once(tmp_path):
    """A run that has ended does not expire."""
    async with client(tmp_path, rules=RunRules(expiry=0.05)) as (one, _):
        run = await one.ask("hi")
        await asyncio.sleep(0.06)
        await one.endings.expire()
        over = await one.spool.db(lambda tx: client_runs.overdue(tx, time.time()))

    assert run["status"] == "completed"
    assert over == []


async def test_what_the_ledger_keeps_of_a_run_that_is_cancelled_while_it_waits(tmp_path):
    """Its words were seen, and it was taken over from nobody."""
    async with client(tmp_path, ["Let me look.", OWED]) as (one, _):
        run = await one.ask("hi", assistant=await one.assistant(WEATHER))
        ended = await one.ended(await one.runs.cancel(KEY, run["thread_id"], run["id"]))
        (kept,) = await one.spool.rows("SELECT first_token_at <= first_text_at, takeovers FROM runs")

    assert (run["status"], ended["status"]) == ("requires_action", "cancelled")
    assert kept == (1, 0)
