"""core.runs.rounds with servers that are odd: ids that repeat, names no tool has, thoughts, remote calls."""

from __future__ import annotations

import json
from typing import Any

from core.runs.rounds import distinct, sendable
from core.store.steps import Call as Asked
from core.store.steps import Round
from core.tools import Toolbox
from standins.script.script import Call, Hosted, Wait, outputs
from tests.core.fakes import Heard
from tests.core.runs.asking import WHO, question
from tests.core.served import given, looking, reborn, recorded, served, stored
from tests.core.whole import core
from tests.scripted_model import ScriptedModel


def look(place: str) -> str:
    """Look somewhere."""
    return f"{place} is empty"


def call(**more: Any) -> dict[str, Any]:
    """An output item that asks for a call."""
    return {"type": "function_call", "name": "look", "arguments": "{}", **more}


async def test_call_ids_that_repeat_in_the_next_question_are_told_apart(tmp_path):
    """A server that begins at call_0 with each response: the thread has no two calls of one id."""
    script = Heard()
    for place in ("attic", "cellar"):
        script.enqueue(looking(place, id="call_0"))
        script.enqueue("Empty.")
    async with core(tmp_path, script, toolbox=Toolbox.of(look)) as spool:
        await spool.ask("1", "Look")
        await spool.ask("2", "Look again")
        calls = [item["call_id"] for item in await stored(spool) if item.get("type") == "function_call"]
    assert 2 == len(set(calls))
    assert {"attic is empty", "cellar is empty"} == set(outputs(given(script.requests)).values())


def test_calls_without_any_id_are_told_apart():
    """Within a response, and from those before."""
    before = [Round("", (), (Asked("call", "look", "{}"),))]
    ids = [item["call_id"] for item in distinct([call(), call(call_id=None)], before)]
    assert 3 == len({"call", *ids})


def test_arguments_that_are_an_object_are_sent_back_as_text():
    """As some servers give them; null is no arguments."""
    items = [call(call_id="a", arguments={"place": "attic"}), call(call_id="b", arguments=None)]
    assert ['{"place": "attic"}', "{}"] == [item["arguments"] for item in sendable(items)]


def test_a_name_that_no_tool_can_have_is_sent_back_as_one_that_it_can():
    """A strict server refuses the whole thread otherwise."""
    assert "functions_look_" == sendable([call(call_id="a", name="functions.look!")])[0]["name"]


def test_thoughts_are_sent_back_only_with_what_they_led_to():
    """Those before something that is not sent back are left out with it."""
    thought: dict[str, Any] = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}
    items = [thought, {"type": "web_search_call", "id": "ws_1"}, {**thought, "id": "rs_2"}, call(call_id="a")]
    assert ["rs_2", None] == [item.get("id") for item in sendable(items)]


async def test_a_remote_call_that_was_done_is_sent_back_as_done(tmp_path):
    """Else the yes that stands in the next request would be a yes to do it once more."""
    request = {"server_label": "wiki", "name": "edit", "arguments": "{}"}
    done = {**request, "approval_request_id": "mcpr_1", "output": "edited"}
    script = Heard()
    script.enqueue(Hosted("mcp_approval_request", {**request, "id": "mcpr_1"}))
    script.enqueue(Hosted("mcp_call", done), Hosted("mcp_approval_request", {**request, "id": "mcpr_2"}))
    script.enqueue("Both done.")
    async with served(tmp_path, script, assistant=WHO) as (spool, _):
        await spool.say("1", "Edit both pages")
        await spool.inbox.decide((await question(spool)).id, "U1", True)
        await spool.platform.news.until(lambda: len(spool.platform.questions) == 2)
        await spool.inbox.decide(list(spool.platform.questions)[1], "U1", True)
        await spool.idle()
        assert ["Both done."] == spool.platform.answers
    finished = [item for item in given(script.requests) if item.get("type") == "mcp_call"]
    assert ["mcpr_1"] == [item["approval_request_id"] for item in finished]


async def test_a_stored_response_of_a_later_round_is_followed_after_a_crash(tmp_path):
    """In the background mode: the calls before are not repeated, and nothing is asked again."""
    looked: list[str] = []

    def peek(place: str) -> str:
        """Look somewhere."""
        looked.append(place)
        return "empty"

    script = Heard(Call("peek", {"place": "attic"}), ["It is ", Wait(0.3), "empty."])
    model = ScriptedModel(script, background=True)
    async with core(tmp_path, model, toolbox=Toolbox.of(peek)) as spool:
        await spool.say("1", "Look")
        await recorded(spool, "response:1")
        await reborn(spool)
        assert "It is empty." == spool.platform.answers[-1]
    assert ["attic"] == looked
    assert 2 == len(script.requests)
    assert sorted(model.discarded) == sorted({*model.discarded})
    assert 2 == len(model.discarded)


async def test_many_long_results_leave_a_turn_that_a_history_can_hold(tmp_path):
    """Else the next question would be asked without anything that was said before."""

    def dump(text: str) -> str:
        """A lot."""
        return "x" * 20_000

    script = Heard()
    for _ in range(8):
        script.enqueue(Call("dump", {"text": "y" * 9_000}), Call("dump", {"text": "y"}))
    script.enqueue("Enough.")
    async with core(tmp_path, script, toolbox=Toolbox.of(dump)) as spool:
        await spool.ask("1", "Dump it")
        items = await stored(spool)
        await spool.ask("2", "And?")
    assert 16 == len([item for item in items if item.get("type") == "function_call_output"])
    assert all(json.loads(item["arguments"]) for item in items if item.get("type") == "function_call")
    assert "Dump it" == given(script.requests)[0]["content"]
