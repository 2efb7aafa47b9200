"""tests.scripted_model: the scripted model behaves as one behind the Responses API does."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from typing import Any

import pytest

from core.errors import Permanent, Retryable
from core.ports import Model
from core.types import ItemAdded, ItemDone, ModelEvent, Prompt, Started, TextDelta
from standins.script.script import Call, Cite, Fault, Hosted, Say, Scenario, Wait
from tests.scripted_model import ScriptedModel

_: type[Model] = ScriptedModel

PROMPT = Prompt(
    model="gpt-6-luna",
    instructions="Be kind.",
    items=(json.dumps({"role": "user", "content": "Good morning"}),),
    cache_key="thread_1",
    user="hash",
)


async def played(model: ScriptedModel, *, resume: str | None = None) -> list[ModelEvent]:
    return [event async for event in model.stream(PROMPT, resume=resume)]


async def until_fault(
    model: ScriptedModel, *, resume: str | None = None
) -> tuple[list[ModelEvent], Retryable | Permanent]:
    events: list[ModelEvent] = []
    try:
        async for event in model.stream(PROMPT, resume=resume):
            events.append(event)
    except (Retryable, Permanent) as error:
        return events, error
    raise AssertionError("no fault")


def said(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_a_hang_waits_for_the_callers_deadline():
    """A hang neither ends nor fails on its own; cancelling gets the caller out."""
    scenario = Scenario()
    scenario.enqueue(Say("Hm"), Fault("hang"))
    events = ScriptedModel(scenario).stream(PROMPT)
    assert isinstance(await anext(events), ItemAdded)
    assert await anext(events) == TextDelta("Hm")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(events), 0.02)


async def test_a_refusal_after_the_start_is_a_mistake_in_the_script():
    """A server cannot refuse once the stream is open, so neither may a script."""
    scenario = Scenario()
    scenario.enqueue(Say("Hm"), Fault("refuse"))
    with pytest.raises(ValueError, match="first beat"):
        await played(ScriptedModel(scenario))


async def test_resuming_does_not_wait_again():
    """Time that passed since the start counts: a resumed answer is at once where the server is."""
    scenario = Scenario()
    scenario.enqueue(Wait(0.1), Say("Hello"))
    model = ScriptedModel(scenario, background=True)
    first = await played(model)
    assert isinstance(first[0], Started)
    began = time.monotonic()
    await played(model, resume=first[0].response_id)
    assert time.monotonic() - began < 0.08


async def test_a_response_that_is_not_kept_cannot_be_resumed():
    model = ScriptedModel(Scenario(), background=True)
    await played(model)
    _, error = await until_fault(model, resume="resp_other")
    assert isinstance(error, Retryable)
    assert error.code == "response_gone"


async def test_close_forgets_everything():
    model = ScriptedModel(Scenario(), background=True)
    started = (await played(model))[0]
    assert isinstance(started, Started)
    await model.close()
    assert model.closed
    _, error = await until_fault(model, resume=started.response_id)
    assert error.code == "response_gone"


def items(events: list[ModelEvent]) -> list[Any]:
    return [event.item for event in events if isinstance(event, ItemDone)]


async def test_without_parallel_calls_there_is_one():
    scenario = Scenario()
    scenario.enqueue(Call("clock"), Call("dice"))
    prompt = dataclasses.replace(PROMPT, options={"parallel_tool_calls": False})
    events = [event async for event in ScriptedModel(scenario).stream(prompt)]
    assert [item["name"] for item in items(events)] == ["clock"]


async def test_produced_files_are_kept_and_cited():
    scenario = Scenario()
    cite = Cite({"type": "container_file_citation", "filename": "a.csv"})
    scenario.enqueue(Hosted("code_interpreter_call", produces=[("a.csv", b"1")]), Say("a.csv"), cite)
    model = ScriptedModel(scenario, background=True)
    first = await played(model)
    assert isinstance(first[0], Started)
    again = await played(model, resume=first[0].response_id)
    cited = items(first)[-1]["content"][0]["annotations"][0]
    assert model.containers.files[cited["container_id"], cited["file_id"]] == ("a.csv", b"1")
    assert again == first


async def test_a_citation_needs_its_file():
    scenario = Scenario()
    scenario.enqueue(Say("a.csv"), Cite({"type": "container_file_citation", "filename": "a.csv"}))
    with pytest.raises(ValueError, match="nothing produced"):
        await played(ScriptedModel(scenario))
