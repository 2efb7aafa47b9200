"""runs.response and model_server.events with servers that are odd: silences, repetitions, any shape."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest

from core.runs.rounds import sendable
from core.runs.run_context import Limits
from core.texts import TEXTS
from core.tools import Toolbox
from core.types import Finished, ItemAdded, ItemDone, ModelEvent, Prompt, TextDelta
from standins.openai.events import FORMS
from standins.script.script import Call, Say, Wait
from tests.core.fakes import TIMEOUT, Heard
from tests.core.served import looking, served
from tests.core.whole import core
from tests.scripted_model import ScriptedModel


def call(**more: Any) -> dict[str, Any]:
    """An output item that asks for a call."""
    return {"type": "function_call", "name": "look", "arguments": "{}", **more}


@pytest.mark.parametrize("content", ["Hello", None, ["Hello"], [{"type": "output_text", "text": "Hello"}]])
def test_content_of_any_shape_is_read(content):
    """Of a server that gives a text instead of parts, or nothing at all."""
    (made,) = sendable([{"type": "message", "content": content}]) or ({"content": ""},)
    assert made["content"] in ("Hello", "")


async def test_an_item_that_is_told_twice_is_one_call(tmp_path):
    """By a stream that was taken up again a little too early."""
    looked: list[str] = []

    def peek(place: str) -> str:
        """Look somewhere."""
        looked.append(place)
        return "empty"

    script = Heard(Call("peek", {"place": "attic"}, id="call_1"), "Empty.")
    async with core(tmp_path, Stammering(script), toolbox=Toolbox.of(peek)) as spool:
        await spool.ask("1", "Look")
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
async def test_an_odd_item_costs_no_answer(tmp_path, item):
    """Whatever a server sends besides its words, these are shown."""
    limits = Limits(idle=TIMEOUT, run=TIMEOUT, approval=0.05)
    async with core(tmp_path, Odd(item), limits=limits) as spool:
        await spool.ask("1", "Hello")
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


@pytest.mark.parametrize("thinking", [True, False])
async def test_a_server_that_talks_is_not_silent(tmp_path, thinking):
    """For three times the idle time nothing of the answer comes, but thoughts or comments do."""
    script = Heard()
    word = "<think>Hm" if thinking else ""
    script.enqueue(
        *(beat for _ in range(12) for beat in (Say(word), Wait(0.1))), Say("</think>" * thinking + "At last.")
    )
    limits = Limits(idle=0.4, run=TIMEOUT)
    async with served(tmp_path, script, portable=True, limits=limits) as (spool, api):
        api.keepalive = None if thinking else 0.05
        await spool.ask("1", "Think")
        assert ["At last."] == spool.platform.answers
    assert 1 == len(script.requests)


@pytest.mark.parametrize("form", FORMS)
async def test_an_answer_is_whole_in_every_form(tmp_path, form):
    """Its call is carried out, and its words are shown once, without thoughts and remembered so."""
    script = Heard(["<think>Hm</think>Let me look. ", looking()], "Empty.")

    def look(place: str) -> str:
        """Look somewhere."""
        return f"nothing in the {place}"

    async with served(tmp_path, script, portable=True, toolbox=Toolbox.of(look)) as (spool, api):
        api.form = form
        await spool.ask("1", "Look")
        assert ["Let me look. \n\nEmpty."] == spool.platform.answers
        assert "nothing in the attic" in json.dumps(script.requests[-1])
        assert "Hm" not in json.dumps([script.requests[-1], await spool.rows("SELECT item FROM items")])


@pytest.mark.parametrize("form", FORMS)
async def test_an_endless_answer_has_an_honest_end(tmp_path, form):
    """Whether it comes word by word or at once; what is shown is what is remembered."""
    script = Heard([*(Say("word ") for _ in range(9_000))])
    async with served(tmp_path, script, portable=True) as (spool, api):
        api.form = form
        await spool.ask("1", "Talk")
        assert [f"{'word ' * 8_000}\n\n{TEXTS['en']['answer_limit']}"] == spool.platform.answers
        assert [("incomplete", "answer_limit")] == await spool.outcomes()
        assert ("assistant", "word " * 8_000) == (await spool.items())[-1]


async def test_an_answer_of_exactly_the_length_is_whole(tmp_path):
    """And one of several rounds has one length."""
    script = Heard("a" * 40_000, ["b" * 30_000, Call("look")], "c" * 10_000)
    async with served(tmp_path, script, portable=True) as (spool, _):
        await spool.say("1")
        await spool.ask("2")
        assert "a" * 40_000 == spool.platform.answers[0]
        note = TEXTS["en"]["answer_limit"]
        assert f"{'b' * 30_000}\n\n{'c' * 9_998}\n\n{note}" == spool.platform.answers[1]


async def test_no_more_calls_are_carried_out_than_can_be_meant(tmp_path):
    """Of one response; the model sees which were, in pairs, and the answer goes on."""
    looked: list[int] = []

    def look(place: int) -> str:
        """Look somewhere."""
        looked.append(place)
        return "empty"

    script = Heard([*(looking(place) for place in range(300))], "Empty.")
    async with served(tmp_path, script, portable=True, toolbox=Toolbox.of(look)) as (spool, _):
        await spool.ask("1", "Look")
        assert ["Empty."] == spool.platform.answers
    assert [*range(128)] == sorted(looked)
    assert 128 == json.dumps(script.requests[-1]).count('"function_call_output"')
