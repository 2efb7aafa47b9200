"""runs.response and model_server.events with servers that are odd: silences, repetitions, any shape."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from core.model_server.items import unheard
from core.runs.rounds import sendable
from core.runs.run_context import Limits
from core.tools import Toolbox
from core.types import Finished, ItemAdded, ItemDone, ModelEvent, Prompt, TextDelta
from standins.script.script import Call, Hosted, Wait
from tests.core.fakes import TIMEOUT, Heard
from tests.core.model_server.test_events import read
from tests.core.whole import core
from tests.scripted_model import ScriptedModel


def call(**more: Any) -> dict[str, Any]:
    """An output item that asks for a call."""
    return {"type": "function_call", "name": "look", "arguments": "{}", **more}


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
