"""runs.loop and runs.rounds: rounds of calls, over deaths of the process too; what the thread keeps."""

from __future__ import annotations

import asyncio
import json

import pytest

from core.runs.rounds import replayed
from core.runs.run_context import Limits
from core.tools import Toolbox
from standins.script.script import Call, Fault, Reason, Say, outputs
from tests.core.fakes import TIMEOUT, Heard
from tests.core.served import (
    EN,
    again,
    assistant,
    given,
    killed,
    kinds,
    looking,
    reborn,
    recorded,
    said,
    served,
    statuses,
    stored,
)
from tests.core.whole import core, rules


class Desk:
    """Two tools that count: `look` answers at once, `wait` when it may."""

    def __init__(self) -> None:
        self.looked: list[str] = []
        self.waited = 0
        self.may = asyncio.Event()

    def toolbox(self) -> Toolbox:
        """Both."""

        def look(place: str) -> str:
            """Look somewhere."""
            self.looked.append(place)
            return f"{place} is empty"

        async def wait() -> str:
            """Take a while."""
            self.waited += 1
            await self.may.wait()
            return "waited"

        return Toolbox.of(look, wait)


async def test_calls_of_one_response_run_at_the_same_time(tmp_path):
    """Each waits for the other to have begun; one fails afterwards; the model reads both results."""
    barrier = asyncio.Barrier(2)

    async def left() -> str:
        """Left."""
        await barrier.wait()
        return "left is free"

    async def right() -> str:
        """Right."""
        await barrier.wait()
        raise ValueError("right is blocked")

    script = Heard([Call("left", id="call_l"), Call("right", id="call_r")], "Go left.")
    async with core(tmp_path, script, toolbox=Toolbox.of(left, right)) as spool:
        await spool.ask("1", "Where?")
        assert ["Go left."] == spool.platform.answers
        assert [("completed", None)] == await spool.outcomes()
    results = outputs(given(script.requests))
    assert ["call_l", "call_r"] == list(results)
    assert "left is free" == results["call_l"]
    assert results["call_r"].startswith("error")
    assert "right is blocked" in results["call_r"]
    assert "Traceback" not in results["call_r"]


async def test_the_words_of_all_rounds_are_the_answer(tmp_path):
    """What the model says before its calls stays above what it says after them, and is remembered once."""
    desk, script = (
        Desk(),
        Heard(["Let me look.", looking()], ["Hm. One more.", looking("cellar")], "Nothing there."),
    )
    async with core(tmp_path, script, toolbox=desk.toolbox()) as spool:
        await spool.ask("1", "Find it")
        assert ["Let me look.\n\nHm. One more.\n\nNothing there."] == spool.platform.answers
        items = await stored(spool)
    pair = ["function_call", "function_call_output"]
    assert ["user", "assistant", *pair, "assistant", *pair, "assistant"] == kinds(items)
    spoken = [item["content"] for item in items if "role" in item]
    assert ["Find it", "Let me look.", "Hm. One more.", "Nothing there."] == spoken


async def test_the_next_question_is_asked_with_the_calls_before(tmp_path):
    """A real server refuses a call without its output: each is there with the other, in order."""
    desk, script = Desk(), Heard([looking(), looking("cellar")], "Empty.")
    async with served(tmp_path, script, toolbox=desk.toolbox()) as (spool, _):
        await spool.ask("1", "Look")
        await spool.ask("2", "And?")
        assert "echo: And?" == spool.platform.answers[-1]
    items = given(script.requests)
    calls = [item["call_id"] for item in items if item.get("type") == "function_call"]
    assert calls == list(outputs(items))
    assert ["attic is empty", "cellar is empty"] == list(outputs(items).values())


async def test_a_history_that_is_cut_keeps_calls_and_outputs_together(tmp_path):
    """With room for only a part of the thread no request has half a pair; the server takes every one."""
    desk, script = Desk(), Heard()
    for place in ("attic", "cellar", "garden", "roof", "shed"):
        script.enqueue("Looking " + "carefully " * 20, looking(place))
        script.enqueue("Done.")
    async with served(tmp_path, script, toolbox=desk.toolbox(), policy=rules(budget=400)) as (spool, _):
        for number in range(5):
            await spool.ask(str(number + 1), "Look once more")
        assert 5 * [("completed", None)] == await spool.outcomes()
    for at in range(len(script.requests)):
        items = given(script.requests, at)
        calls = [item["call_id"] for item in items if item.get("type") == "function_call"]
        assert sorted(calls) == sorted(outputs(items))
    assert "attic" not in said(given(script.requests, -2))


async def test_results_are_on_disk_before_the_model_is_asked_again(tmp_path):
    """A death during the second request: its successor has the results and repeats no call."""
    desk, script = Desk(), Heard(["I look.", looking(), looking("cellar")], Fault("hang"), "Both empty.")
    async with core(tmp_path, script, toolbox=desk.toolbox()) as spool:
        await spool.say("1", "Look")
        await script.until(2)
        await reborn(spool)
        assert [None, "I look.\n\nBoth empty."] == spool.platform.answers
    assert ["attic", "cellar"] == sorted(desk.looked)
    assert given(script.requests, 1) == given(script.requests, 2)


async def test_after_a_death_only_unfinished_calls_are_repeated(tmp_path):
    """One of two calls had its result on disk; the other only reads, so it is done once more."""
    desk, script = Desk(), Heard([looking(id="call_look"), Call("wait", id="call_wait")], "Done.")
    async with core(tmp_path, script, toolbox=desk.toolbox()) as spool:
        await spool.say("1", "Look and wait")
        await recorded(spool, "call:call_look")
        await killed(spool)
        desk.may.set()
        await again(spool)
        await spool.idle()
        assert "Done." == spool.platform.answers[-1]
    assert (["attic"], 2) == (desk.looked, desk.waited)
    assert 2 == len(script.requests)
    assert {"call_look": "attic is empty", "call_wait": "waited"} == outputs(given(script.requests))


async def test_a_failed_request_does_not_repeat_the_calls_before_it(tmp_path):
    """The model breaks off in the second response; only that response is asked for anew."""
    desk, script = Desk(), Heard(looking(), [Say("Emp"), Fault("failed")], "Empty.")
    async with core(tmp_path, script, toolbox=desk.toolbox()) as spool:
        await spool.ask("1", "Look")
        assert ["Empty."] == spool.platform.answers
    assert (["attic"], 3) == (desk.looked, len(script.requests))


@pytest.mark.parametrize(("most", "asked"), [(16, 16), (2, 2), (1, 1)])
async def test_the_model_is_asked_so_often_and_no_more(tmp_path, most, asked):
    """A model that never stops calling comes to an honest end; what it said until then is shown."""
    desk, script = Desk(), Heard()
    script.otherwise = lambda items: [Say("Again."), looking()]
    who = assistant(max_model_calls=most)
    async with core(tmp_path, script, toolbox=desk.toolbox(), assistant=who) as spool:
        await spool.ask("1", "Look")
        words = "\n\n".join(["Again."] * asked)
        assert [f"{words}\n\n{EN['step_limit']}"] == spool.platform.answers
        assert [("incomplete", "step_limit")] == await spool.outcomes()
        items = await stored(spool)
    assert (asked, asked - 1) == (len(script.requests), len(desk.looked))
    assert kinds(items).count("function_call") == kinds(items).count("function_call_output") == asked - 1


async def test_an_assistant_has_a_time_limit_of_its_own(tmp_path):
    """Its runs end honestly, long before the time the settings give."""
    who = assistant(run_seconds=1)
    limits = Limits(idle=60, run=60)
    async with core(tmp_path, Heard([Say("Well"), Fault("hang")]), assistant=who, limits=limits) as spool:
        await spool.ask("1")
        assert [f"Well\n\n{EN['timeout']}"] == spool.platform.answers
        assert [("failed", "run_deadline")] == await spool.outcomes()


async def test_the_time_limit_counts_while_tools_work(tmp_path):
    """A tool that hangs does not hold a run longer than the run may take."""
    desk, script = Desk(), Heard(["Wait.", Call("wait")])
    limits = Limits(idle=TIMEOUT, run=0.2, tool=60)
    async with core(tmp_path, script, toolbox=desk.toolbox(), limits=limits) as spool:
        await spool.ask("1")
        assert [f"Wait.\n\n{EN['timeout']}"] == spool.platform.answers
        assert ["failed"] == await statuses(spool)
        assert ["user", "assistant"] == kinds(await stored(spool))


async def test_reasoning_goes_back_with_its_sealed_content(tmp_path):
    """Within the run, before the call it belongs to; a later run does not have it any more."""
    desk, script = Desk(), Heard([Reason("thinking"), looking()], "Empty.")
    async with served(tmp_path, script, toolbox=desk.toolbox()) as (spool, _):
        await spool.ask("1", "Look")
        await spool.ask("2", "And?")
        assert ["Empty.", "echo: And?"] == spool.platform.answers
    second = given(script.requests, 1)
    assert ["user", "reasoning", "function_call", "function_call_output"] == kinds(second)
    assert second[1]["encrypted_content"]
    assert "reasoning" not in kinds(given(script.requests, 2))


async def test_a_server_that_uses_a_call_id_twice(tmp_path):
    """Small servers begin again at call_0 with each response: every call is carried out nevertheless."""
    desk, script = Desk(), Heard()
    script.enqueue(looking(id="call_0"))
    script.enqueue(looking("cellar", id="call_0"))
    script.enqueue(lambda items: " and ".join(outputs(items).values()))
    async with served(tmp_path, script, portable=True, toolbox=desk.toolbox()) as (spool, _):
        await spool.ask("1", "Look")
        assert ["attic is empty and cellar is empty"] == spool.platform.answers
    assert ["attic", "cellar"] == desk.looked


async def test_long_results_are_kept_short_in_the_thread(tmp_path):
    """The model reads all of it once; later questions carry only its beginning."""

    def big() -> str:
        """Much."""
        return "x" * 15_000

    async with core(tmp_path, Heard(Call("big"), "Long."), toolbox=Toolbox.of(big)) as spool:
        await spool.ask("1")
        kept = [item["output"] for item in await stored(spool) if "output" in item]
    assert [15_000] == [len(output) for output in outputs(given(spool.script.requests)).values()]
    assert len(json.dumps(kept)) < 5_000


SPOKEN = {"role": "assistant", "phase": "commentary"}
PARTS = {"content": [{"type": "output_text", "text": "Hm", "annotations": [], "logprobs": []}]}
CALL = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"}


@pytest.mark.parametrize(
    ("item", "sent"),
    [
        ({"type": "reasoning", "summary": []}, None),  # without sealed content
        ({"type": "message", **SPOKEN, **PARTS}, {**SPOKEN, "content": "Hm"}),
        (CALL, CALL),
        ({"type": "web_search_call"}, None),
        ({"type": "file_search_call"}, None),
        ({"type": "code_interpreter_call"}, None),
        ({"type": "image_generation_call", "result": "aGk="}, None),  # nor kept: a megabyte
    ],
)
def test_nothing_is_sent_back_that_a_server_would_look_up(item, sent):
    """It keeps nothing: ids are left out, and what is only an id; a phase stays with its message."""
    assert sent == replayed({**item, "id": "x_1", "status": "completed"})
