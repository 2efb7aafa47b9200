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
from core.types import Finished, ItemAdded, ItemDone, ModelEvent, Prompt, Started, TextDelta
from standins.script.script import Call, Cite, Fault, Hosted, Reason, Say, Scenario, Wait
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
    """All events of one answer."""
    return [event async for event in model.stream(PROMPT, resume=resume)]


async def until_fault(
    model: ScriptedModel, *, resume: str | None = None
) -> tuple[list[ModelEvent], Retryable | Permanent]:
    """The events before the fault, and the fault."""
    events: list[ModelEvent] = []
    try:
        async for event in model.stream(PROMPT, resume=resume):
            events.append(event)
    except (Retryable, Permanent) as error:
        return events, error
    raise AssertionError("no fault")


def said(events: list[ModelEvent]) -> str:
    """The text of an answer."""
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_an_answer_is_started_said_and_finished():
    """A script without a fault gives Started, its deltas and a completed Finished."""
    scenario = Scenario()
    scenario.enqueue(Say("Hel"), Say("lo"))

    events = await played(ScriptedModel(scenario, background=True))

    assert isinstance(events[0], Started)
    assert isinstance(events[1], ItemAdded)
    assert events[2:4] == [TextDelta("Hel"), TextDelta("lo")]
    assert isinstance(events[4], ItemDone)
    assert isinstance(events[5], Finished)
    assert events[5].ending == "completed"


async def test_usage_is_an_estimate_of_four_characters_a_token():
    """Usage counts the instructions, the items and what was said."""
    scenario = Scenario()
    scenario.enqueue(Say("12345"))

    finished = (await played(ScriptedModel(scenario)))[-1]

    assert isinstance(finished, Finished)
    assert finished.usage == {"input_tokens": 2 + 3, "output_tokens": 2, "cached_tokens": 0}


async def test_the_script_is_given_the_decoded_items():
    """A script sees instructions and items as a server would."""
    scenario = Scenario()

    await played(ScriptedModel(scenario))

    assert scenario.requests == [("Be kind.", [{"role": "user", "content": "Good morning"}])]


async def test_an_empty_answer_is_completed():
    """A script that says nothing is an answer without text, not a fault."""
    scenario = Scenario()
    scenario.enqueue()

    events = await played(ScriptedModel(scenario))

    assert [type(event) for event in events] == [Finished]


async def test_a_refusal_starts_nothing():
    """An HTTP error comes instead of Started, with the wait the server asked for."""
    scenario = Scenario()
    scenario.enqueue(Fault("refuse", code="rate_limit_exceeded", status=429, retry_after=3))

    events, error = await until_fault(ScriptedModel(scenario))

    assert events == []
    assert isinstance(error, Retryable)
    assert error.retry_after == 3


async def test_a_billing_refusal_is_permanent():
    """The same status with a billing code is not retried."""
    scenario = Scenario()
    scenario.enqueue(Fault("refuse", code="credit_balance_exhausted", status=429))

    _, error = await until_fault(ScriptedModel(scenario))

    assert isinstance(error, Permanent)
    assert error.notice == "billing"


@pytest.mark.parametrize("kind", ["failed", "error"])
async def test_a_failure_under_way_is_decided_by_its_code(kind):
    """`response.failed` and `error` keep what was said before and mean what their code says."""
    scenario = Scenario()
    scenario.enqueue(Say("Hm"), Fault("failed" if kind == "failed" else "error", code="invalid_prompt"))

    events, error = await until_fault(ScriptedModel(scenario))

    assert said(events) == "Hm"
    assert isinstance(error, Permanent)
    assert error.notice == "model_refused"


async def test_the_default_failure_is_retried():
    """server_error passes."""
    scenario = Scenario()
    scenario.enqueue(Fault("failed"))

    events, error = await until_fault(ScriptedModel(scenario))

    assert events == []
    assert isinstance(error, Retryable)


async def test_an_incomplete_answer_says_why():
    """incomplete is an ending with a reason and usage, not an error."""
    scenario = Scenario()
    scenario.enqueue(Say("Hm"), Fault("incomplete", code="max_output_tokens"))

    finished = (await played(ScriptedModel(scenario)))[-1]

    assert isinstance(finished, Finished)
    assert (finished.ending, finished.reason) == ("incomplete", "max_output_tokens")
    assert finished.usage is not None


@pytest.mark.parametrize("kind", ["cut", "silent"])
async def test_a_stream_without_an_end_is_retried(kind):
    """A broken connection and a silent end are the same to a run."""
    scenario = Scenario()
    scenario.enqueue(Say("Hm"), Fault("cut" if kind == "cut" else "silent"))

    events, error = await until_fault(ScriptedModel(scenario))

    assert said(events) == "Hm"
    assert isinstance(error, Retryable)
    assert error.code == "stream_ended_early"


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


async def test_background_answers_are_repeated_from_the_first_event():
    """resume plays the same response again and asks the script nothing."""
    scenario = Scenario()
    scenario.enqueue(Say("Hel"), Say("lo"))
    model = ScriptedModel(scenario, background=True)
    first = await played(model)
    assert isinstance(first[0], Started)

    again = await played(model, resume=first[0].response_id)

    assert again == first
    assert len(scenario.requests) == 1


async def test_a_background_answer_outlives_a_broken_connection():
    """What follows the cut was generated meanwhile; the resumed stream does not break again."""
    scenario = Scenario()
    scenario.enqueue(Say("Hel"), Fault("cut"), Say("lo"))
    model = ScriptedModel(scenario, background=True)
    events, _ = await until_fault(model)
    assert isinstance(events[0], Started)

    again = await played(model, resume=events[0].response_id)

    assert said(again) == "Hello"


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
    """An unknown response is gone: ask anew."""
    model = ScriptedModel(Scenario(), background=True)
    await played(model)

    _, error = await until_fault(model, resume="resp_other")

    assert isinstance(error, Retryable)
    assert error.code == "response_gone"


async def test_a_discarded_response_is_gone():
    """discard forgets the response, and forgetting it twice is no error."""
    model = ScriptedModel(Scenario(), background=True)
    started = (await played(model))[0]
    assert isinstance(started, Started)

    await model.discard(started.response_id)
    await model.discard(started.response_id)

    _, error = await until_fault(model, resume=started.response_id)
    assert error.code == "response_gone"


async def test_close_forgets_everything():
    """A closed model keeps nothing."""
    model = ScriptedModel(Scenario(), background=True)
    started = (await played(model))[0]
    assert isinstance(started, Started)

    await model.close()

    assert model.closed
    _, error = await until_fault(model, resume=started.response_id)
    assert error.code == "response_gone"


def items(events: list[ModelEvent]) -> list[Any]:
    """The finished items of an answer."""
    return [event.item for event in events if isinstance(event, ItemDone)]


async def test_calls_are_items():
    """Several in one script are calls in parallel, each with an id of its own."""
    scenario = Scenario()
    scenario.enqueue(Call("clock", {"zone": "UTC"}), Call("dice", "{", id="call_7"))

    made = items(await played(ScriptedModel(scenario)))

    assert [(item["name"], item["arguments"]) for item in made] == [
        ("clock", '{"zone":"UTC"}'),
        ("dice", "{"),
    ]
    assert made[0]["call_id"].startswith("call_")
    assert made[1]["call_id"] == "call_7"


async def test_the_script_is_given_the_tools():
    """As they are in the prompt."""
    scenario = Scenario()
    tools = ({"type": "web_search"},)

    async for _ in ScriptedModel(scenario).stream(dataclasses.replace(PROMPT, tools=tools)):
        pass

    assert scenario.tools == [tools]


async def test_without_parallel_calls_there_is_one():
    """The option of the request holds here too."""
    scenario = Scenario()
    scenario.enqueue(Call("clock"), Call("dice"))
    prompt = dataclasses.replace(PROMPT, options={"parallel_tool_calls": False})

    events = [event async for event in ScriptedModel(scenario).stream(prompt)]

    assert [item["name"] for item in items(events)] == ["clock"]


async def test_a_hosted_tool_takes_its_time():
    """Between the beginning and the end of its item."""
    scenario = Scenario()
    scenario.enqueue(Hosted("web_search_call", seconds=0.03))
    began = time.monotonic()

    events = await played(ScriptedModel(scenario))

    assert [type(event) for event in events] == [ItemAdded, ItemDone, Finished]
    assert time.monotonic() - began >= 0.03


async def test_produced_files_are_kept_and_cited():
    """The citation leads to the bytes, also when the answer is repeated."""
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
    """A script that cites what nothing produced has a mistake in it."""
    scenario = Scenario()
    scenario.enqueue(Say("a.csv"), Cite({"type": "container_file_citation", "filename": "a.csv"}))

    with pytest.raises(ValueError, match="nothing produced"):
        await played(ScriptedModel(scenario))


async def test_a_citation_needs_a_text():
    """There is nothing to cite for before something is said."""
    scenario = Scenario()
    scenario.enqueue(Reason("Hm"), Cite({"type": "url_citation", "url": "https://a.example", "title": "A"}))

    with pytest.raises(ValueError, match="says something"):
        await played(ScriptedModel(scenario))
