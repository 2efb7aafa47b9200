"""policy.ledger: which rows a run leaves, whatever becomes of its requests."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.api.watch import Watch
from core.policy.ledger import BUCKETS
from core.store import overview, usage
from core.tools import Toolbox
from standins.script.script import Call, Fault, Hosted, Reason, Say, Scenario, Wait
from tests.core.api.clients import KEY, WEATHER, client, heard
from tests.core.served import assistant, reborn, recorded, served, tools
from tests.core.whole import Core, core
from tests.scripted_model import ScriptedModel

ROWS = "SELECT kind, step, attempt, outcome, error FROM usage ORDER BY seq"


async def spoken(spool: Core, text: str) -> None:
    """Returns once people see that."""
    await spool.platform.news.until(lambda: text in "".join(spool.platform.screen.values()))


def test_the_buckets_are_those_of_opentelemetry() -> None:
    assert (0.01, 0.02, 0.04, 81.92, 14) == (*BUCKETS[:3], BUCKETS[-1], len(BUCKETS))


@pytest.mark.parametrize(
    ("first", "outcome", "error"),
    [
        ([Fault("refuse", status=500)], "refused", "server_error"),
        ([Fault("refuse", "slow_down", 429, retry_after=0.01)], "refused", "slow_down"),
        ([Say("half"), Fault("cut")], "unknown", "connection_error"),
        ([Say("half"), Fault("silent")], "unknown", "stream_ended_early"),
        ([Say("half"), Fault("error")], "failed", "server_error"),
        ([Say("half"), Fault("failed")], "failed", "server_error"),
    ],
)
async def test_a_failed_request_is_a_row_of_its_own(tmp_path, first, outcome, error):
    """Only what the server told of it counts: a failed response may say what it used."""
    script = Scenario()
    script.enqueue(*first)
    script.enqueue("fine")
    async with served(tmp_path, script) as (spool, _):
        await spool.ask("1")
        (failed, done) = await spool.rows(ROWS)
        tokens = await spool.rows("SELECT input, price_usd > 0 FROM usage ORDER BY seq")
    assert ("answer", "round:0", 1, outcome, error) == failed
    assert ("answer", "round:0", 2, "completed", None) == done
    assert (first[-1].kind == "failed") == (tokens[0] != (None, None))


async def test_all_rounds_count(tmp_path):
    """The log, and what an API run says it used, are the sum; a picture is a row beside its answer's."""
    script = Scenario()
    script.enqueue(Reason("hm"), Call("look", {"place": "attic"}))
    script.enqueue(Hosted("image_generation_call"), Say("there"))
    one = assistant(tools=(*tools("def:look"), {"type": "image_generation", "model": "gpt-image-2.6-flare"}))
    async with served(tmp_path, script, assistant=one) as (spool, api):
        await spool.ask("1")
        rows = await spool.rows("SELECT kind, model, units, reasoning, step FROM usage ORDER BY seq")
        ((run,),) = await spool.rows("SELECT id FROM runs")
        told = await spool.db(lambda tx: usage.of_run(tx, run))
        steps = await spool.db(lambda tx: overview.steps(tx, run))
        seen: Any = await spool.db(lambda tx: overview.run(tx, run))
    paid = [one for one in api.bill if one.kind == "response"]
    assert (sum(one.input or 0 for one in paid), sum(one.output or 0 for one in paid)) == told
    assert [
        ("answer", "gpt-6-luna", None, 64, "round:0"),
        ("answer", "gpt-6-luna", None, 0, "round:1"),
        ("image", "gpt-image-2.6-flare", 1.0, None, "round:1"),
    ] == rows
    timed: dict[str, Any] = {one.name.partition(":")[0]: one for one in steps}
    assert all(timed[name].began_at <= timed[name].created_at for name in ("round", "call", "answer"))
    assert seen.created_at <= seen.began_at <= seen.first_token_at <= seen.ended_at
    assert seen.first_text_at <= seen.ended_at


async def test_what_is_asked_again_in_another_way_was_a_request(tmp_path):
    """A field that the server refuses is left out; what it refused is on record."""
    script = Scenario()
    async with served(tmp_path, script) as (spool, api):
        api.manners.unknown = {"prompt_cache_key"}
        await spool.ask("1")
        assert ["refused", "completed"] == [row[3] for row in await spool.rows(ROWS)]
        assert [True, False] == [bool(one.refused) for one in api.bill]


async def test_nothing_was_asked_of_a_server_that_is_not_there(tmp_path):
    script = Scenario()
    async with served(tmp_path, script) as (spool, api):
        await api.go_offline()
        await spool.say("1", attempts=2)
        await spool.idle()
        assert [] == await spool.rows(ROWS)
        assert [("failed", "connection_error")] == await spool.outcomes()


async def test_an_answer_that_is_stopped_is_cancelled(tmp_path):
    script = Scenario()
    script.enqueue("half an answer", Fault("hang"))
    async with core(tmp_path, script) as spool:
        await spool.say("1")
        await spoken(spool, "half")
        await spool.say("2", kind="stop")
        await spool.idle()
        assert [("answer", "round:0", 1, "cancelled", None)] == await spool.rows(ROWS)
        total = usage.together((await spool.db(lambda tx: usage.totals(tx, 0.0, "kind", "UTC"))).values())
        assert (1, 1, 0, None) == (total.requests, total.unknown, total.unpriced, total.price_usd)


@pytest.mark.parametrize("background", [False, True])
async def test_a_death_while_the_model_speaks(tmp_path, background):
    """Its end was not seen; but a background response goes on, and stays one row from its beginning."""
    script = Scenario()
    script.enqueue("half", Wait(0.1) if background else Fault("hang"), " and the rest")
    async with core(tmp_path, ScriptedModel(script, background=background)) as spool:
        await spool.say("1")
        await (recorded(spool, "response") if background else spoken(spool, "half"))
        await reborn(spool)
        rows = await spool.rows(ROWS)
        takeovers = await spool.rows("SELECT takeovers FROM runs")
    lost = [] if background else ["unknown"]
    assert [*lost, "completed"] == [row[3] for row in rows]
    assert list(range(1, len(rows) + 1)) == [row[2] for row in rows]
    assert [(1,)] == takeovers


async def test_a_death_while_a_tool_is_at_work_loses_no_request(tmp_path):
    """Nobody was asked then."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def look(place: str) -> str:
        """Look."""
        begun.set()
        await go_on.wait()
        return "nothing"

    script = Scenario()
    script.enqueue(Call("look", {"place": "attic"}))
    async with core(tmp_path, script, toolbox=Toolbox.of(look)) as spool:
        await spool.say("1")
        await begun.wait()
        go_on.set()
        await reborn(spool)
        assert ["completed", "completed"] == [row[3] for row in await spool.rows(ROWS)]


async def test_promises_are_counted(tmp_path):
    """From what is on disk: one answered after a death, one refused, one delivered twice."""
    script = Scenario()
    script.enqueue("half", Fault("hang"))
    script.enqueue("whole")
    script.enqueue(Fault("refuse", "insufficient_quota", 429))
    async with core(tmp_path, script) as spool:
        await spool.say("1")
        await spoken(spool, "half")
        await reborn(spool)
        await spool.ask("2")
        await spool.ask("2")
        kept = await spool.db(lambda tx: overview.promises(tx, 0.0, 600))
    assert overview.Promises(2, 1, 1, 0, 2, 1, 1, 0) == kept  # the fake platform makes no posts


async def test_a_run_of_a_client_counts_for_its_key(tmp_path):
    """What it is told of its usage is the sum; while the client owes outputs no request is under way."""
    async with client(tmp_path, ["Let me look.", Call("weather", {}, id="call_a")], ["Sunny."]) as (one, api):
        thread, assistant, watch = await one.thread("weather?"), await one.assistant(WEATHER), Watch()
        made = await one.runs.create(KEY, thread, {"assistant_id": assistant}, watch)
        await heard(watch)
        await one.reborn()
        again = Watch()
        given = [{"tool_call_id": "call_a", "output": "sun"}]
        await one.runs.submit(KEY, thread, made["id"], given, again)
        await heard(again)
        run = await one.runs.get(KEY, thread, made["id"])
        rows = await one.spool.rows("SELECT outcome, platform, place, person FROM usage")
    assert [("completed", "api", "p1", "key:mine")] * 2 == rows
    used = [(charge.input or 0, charge.output or 0) for charge in api.bill]
    told = run["usage"]["prompt_tokens"], run["usage"]["completion_tokens"]
    assert tuple(map(sum, zip(*used, strict=True))) == told
