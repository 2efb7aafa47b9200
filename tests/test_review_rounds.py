"""core.rounds and core.response with servers that are odd: ids, names, silences, halves of characters."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from core.kit import Limits
from core.response_events import unheard
from core.rounds import Call as Asked
from core.rounds import Round, distinct, sendable
from core.script import Call, Hosted, Reason, Say, Wait, outputs
from core.scripted_model import ScriptedModel
from core.tools import Toolbox
from core.types import Finished, ItemAdded, ItemDone, ModelEvent, Prompt, TextDelta
from tests.fakes import TIMEOUT, Heard
from tests.served import again, given, killed, recorded, served, stored
from tests.test_mcp import WHO, question
from tests.test_response_events import read
from tests.whole import core


def look(place: str) -> str:
    """Look somewhere."""
    return f"{place} is empty"


def call(**more: Any) -> dict[str, Any]:
    """An output item that asks for a call."""
    return {"type": "function_call", "name": "look", "arguments": "{}", **more}


async def test_call_ids_that_repeat_in_the_next_question_are_told_apart(tmp_path: Path) -> None:
    """A server that begins at call_0 with each response: the thread has no two calls of one id."""
    script = Heard()
    for place in ("attic", "cellar"):
        script.enqueue(Call("look", {"place": place}, id="call_0"))
        script.enqueue("Empty.")
    async with core(tmp_path, ScriptedModel(script), toolbox=Toolbox.of(look)) as spool:
        await spool.say("1", "Look")
        await spool.idle()
        await spool.say("2", "Look again")
        await spool.idle()

        calls = [item["call_id"] for item in await stored(spool) if item.get("type") == "function_call"]
    assert 2 == len(set(calls))
    assert {"attic is empty", "cellar is empty"} == set(outputs(given(script.requests)).values())


def test_calls_without_any_id_are_told_apart() -> None:
    """Within a response, and from those before."""
    before = [Round("", (), (Asked("call", "look", "{}"),))]

    ids = [item["call_id"] for item in distinct([call(), call(call_id=None)], before)]

    assert 3 == len({"call", *ids})


def test_arguments_that_are_an_object_are_sent_back_as_text() -> None:
    """As some servers give them; null is no arguments."""
    items = [call(call_id="a", arguments={"place": "attic"}), call(call_id="b", arguments=None)]

    assert ['{"place": "attic"}', "{}"] == [item["arguments"] for item in sendable(items)]


def test_a_name_that_no_tool_can_have_is_sent_back_as_one_that_it_can() -> None:
    """A strict server refuses the whole thread otherwise."""
    assert "functions_look_" == sendable([call(call_id="a", name="functions.look!")])[0]["name"]


def test_thoughts_are_sent_back_only_with_what_they_led_to() -> None:
    """Those before something that is not sent back are left out with it."""
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}
    items = [thought, {"type": "web_search_call", "id": "ws_1"}, {**thought, "id": "rs_2"}, call(call_id="a")]

    assert ["rs_2", None] == [item.get("id") for item in sendable(items)]


async def test_a_remote_call_that_was_done_is_sent_back_as_done(tmp_path: Path) -> None:
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


async def test_work_of_the_server_may_be_silent_for_longer(tmp_path: Path) -> None:
    """A picture takes its time, and nothing is heard meanwhile: it is not asked for again."""
    script = Heard()
    script.enqueue(Hosted("image_generation_call", seconds=0.4), "There.")
    limits = Limits(idle=0.2, run=TIMEOUT)
    async with core(tmp_path, ScriptedModel(script), limits=limits) as spool:
        await spool.say("1", "Draw")
        await spool.idle()

        assert ["There."] == spool.platform.answers
    assert 1 == len(script.requests)


async def test_silence_after_the_work_is_silence(tmp_path: Path) -> None:
    """What is done does not count any more: the model is asked anew."""
    script = Heard()
    script.enqueue(Hosted("image_generation_call"), Wait(TIMEOUT), "Never.")
    script.enqueue("There.")
    limits = Limits(idle=0.2, run=TIMEOUT)
    async with core(tmp_path, ScriptedModel(script), limits=limits) as spool:
        await spool.say("1", "Draw")
        await spool.idle()

        assert ["There."] == spool.platform.answers


@pytest.mark.parametrize("escape", [r"\ud83d", r"\ude00!", r"a\ud83d\ud83d"])
def test_half_of_a_character_becomes_one_that_can_be_stored(escape: str) -> None:
    """Neither the database nor a chat takes it: the answer would be lost."""
    kind = "response.output_text.delta"

    events = read([f'data: {{"type": "{kind}", "delta": "{escape}"}}\n\n'.encode()])

    assert events[0]["delta"].encode()
    assert "\ufffd" in events[0]["delta"]


def test_both_halves_of_a_character_stay_one() -> None:
    """As every JSON writer may escape it."""
    body = rb'data: {"type": "response.output_text.delta", "delta": "\ud83d\ude00"}' + b"\n\n"

    assert "😀" == read([body])[0]["delta"]


def test_items_that_are_named_anew_at_the_end_are_not_new() -> None:
    """Some servers do; each call would be carried out twice."""
    whole = {"response": {"output": [{"type": "message", "id": "new"}, call(call_id="other")]}}

    assert [] == unheard(whole, ["msg_1", "call_1"])
    assert 2 == len(unheard(whole, []))


@pytest.mark.parametrize("content", ["Hello", None, ["Hello"], [{"type": "output_text", "text": "Hello"}]])
def test_content_of_any_shape_is_read(content: Any) -> None:
    """Of a server that gives a text instead of parts, or nothing at all."""
    (made,) = sendable([{"type": "message", "content": content}]) or ({"content": ""},)

    assert made["content"] in ("Hello", "")


async def test_a_stored_response_of_a_later_round_is_followed_after_a_crash(tmp_path: Path) -> None:
    """In the background mode: the calls before are not repeated, and nothing is asked again."""
    looked: list[str] = []

    def peek(place: str) -> str:
        """Look somewhere."""
        looked.append(place)
        return "empty"

    script = Heard()
    script.enqueue(Call("peek", {"place": "attic"}))
    script.enqueue("It is ", Wait(0.3), "empty.")
    model = ScriptedModel(script, background=True)
    async with core(tmp_path, model, toolbox=Toolbox.of(peek)) as spool:
        await spool.say("1", "Look")
        await recorded(spool, "response:1")
        await killed(spool)
        await again(spool)
        await spool.idle()

        assert "It is empty." == spool.platform.answers[-1]
    assert ["attic"] == looked
    assert 2 == len(script.requests)
    assert sorted(model.discarded) == sorted({*model.discarded})
    assert 2 == len(model.discarded)


async def test_thoughts_of_a_round_come_back(tmp_path: Path) -> None:
    """They led to the call."""
    script = Heard()
    script.enqueue(Reason("Hm."), Say("One moment."), Call("look", {"place": "attic"}))
    script.enqueue("Empty.")
    async with served(tmp_path, script, toolbox=Toolbox.of(look)) as (spool, _):
        await spool.say("1", "Look")
        await spool.idle()
    sent = given(script.requests)
    assert "reasoning" in [item.get("type") for item in sent]
    assert json.dumps(sent)


async def test_many_long_results_leave_a_turn_that_a_history_can_hold(tmp_path: Path) -> None:
    """Else the next question would be asked without anything that was said before."""

    def dump(text: str) -> str:
        """A lot."""
        return "x" * 20_000

    script = Heard()
    for _ in range(8):
        script.enqueue(Call("dump", {"text": "y" * 9_000}), Call("dump", {"text": "y"}))
    script.enqueue("Enough.")
    async with core(tmp_path, ScriptedModel(script), toolbox=Toolbox.of(dump)) as spool:
        await spool.say("1", "Dump it")
        await spool.idle()
        items = await stored(spool)
        await spool.say("2", "And?")
        await spool.idle()
    assert 16 == len([item for item in items if item.get("type") == "function_call_output"])
    assert all(json.loads(item["arguments"]) for item in items if item.get("type") == "function_call")
    assert "Dump it" == given(script.requests)[0]["content"]


async def test_an_item_that_is_told_twice_is_one_call(tmp_path: Path) -> None:
    """By a stream that was taken up again a little too early."""
    looked: list[str] = []

    def peek(place: str) -> str:
        """Look somewhere."""
        looked.append(place)
        return "empty"

    script = Heard()
    script.enqueue(Call("peek", {"place": "attic"}, id="call_1"))
    script.enqueue("Empty.")
    async with core(tmp_path, Stammering(script), toolbox=Toolbox.of(peek)) as spool:
        await spool.say("1", "Look")
        await spool.idle()

        assert ["Empty."] == spool.platform.answers
    assert ["attic"] == looked


class Stammering(ScriptedModel):
    """Says each item twice."""

    async def stream(self, prompt: Prompt, *, resume: str | None = None) -> AsyncGenerator[ModelEvent, None]:
        """See `core.ports.Model`."""
        async with aclosing(super().stream(prompt, resume=resume)) as events:
            async for event in events:
                yield event
                if isinstance(event, ItemDone):
                    yield event


ODD: list[dict[str, Any]] = [
    {},
    {"type": None},
    {"type": ["message"]},
    {"type": "function_call"},
    {"type": "function_call", "call_id": 7, "name": None, "arguments": None},
    {"type": "mcp_approval_request"},
    {"type": "mcp_list_tools", "tools": None},
    {"type": "image_generation_call", "result": 123},
    {"type": "image_generation_call", "result": "é"},
    {"type": "message", "content": [None, "x", {"text": None}]},
    {"type": "message", "content": [{"annotations": [{"type": "container_file_citation"}, None]}]},
    {"type": "reasoning", "summary": None},
    {"type": "web_search_call", "status": "failed", "action": None},
    {"type": "what there may be one day", "id": 5},
]


@pytest.mark.parametrize("item", ODD, ids=json.dumps)
async def test_an_odd_item_costs_no_answer(tmp_path: Path, item: dict[str, Any]) -> None:
    """Whatever a server sends besides its words, these are shown."""
    limits = Limits(idle=TIMEOUT, run=TIMEOUT, approval=0.05)
    async with core(tmp_path, Odd(item), limits=limits) as spool:
        await spool.say("1", "Hello")
        await spool.idle()

        assert [("completed", None)] == await spool.outcomes()
        assert "Hello." in (spool.platform.answers[-1] or "")


class Odd:
    """Sends that item with its first answer."""

    def __init__(self, item: dict[str, Any]) -> None:
        self._items = [item]

    async def stream(self, prompt: Prompt, *, resume: str | None = None) -> AsyncGenerator[ModelEvent, None]:
        """See `core.ports.Model`."""
        assert all(json.loads(item) for item in prompt.items)
        while self._items:
            item = self._items.pop()
            yield ItemAdded(item)
            yield ItemDone(item)
        yield TextDelta("Hello.")
        yield Finished("completed")

    async def discard(self, response_id: str) -> None:
        """See `core.ports.Model`."""

    async def close(self) -> None:
        """See `core.ports.Model`."""
