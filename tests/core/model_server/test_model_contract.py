"""core.ports.Model: every implementation behaves the same, whatever stands behind it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from core.errors import Permanent, Retryable
from core.model_server.model import Features, OpenAIModel
from core.ports import Model
from core.types import Alive, Finished, ItemAdded, ItemDone, ModelEvent, Prompt, Started, TextDelta
from standins.openai import OpenAIStandin
from standins.script.script import Beat, Call, Cite, Fault, Hosted, Reason, Say, Scenario
from tests.scripted_model import ScriptedModel

MODELS: tuple[type[Model], ...] = (ScriptedModel, OpenAIModel)
"""mypy checks the shape of each."""

FOREGROUND = ["scripted", "openai full", "openai portable"]
BACKGROUND = ["scripted background", "openai background"]
PROMPT = Prompt(
    model="gpt-6-luna",
    instructions="Be kind.",
    items=(
        json.dumps({"role": "user", "content": "Hi"}),
        json.dumps({"role": "assistant", "content": "Hello"}),
        json.dumps({"role": "user", "content": "안녕"}),
    ),
    cache_key="thread_1",
    user="hash",
)

every = pytest.mark.parametrize("kind", FOREGROUND + BACKGROUND)
in_foreground = pytest.mark.parametrize("kind", FOREGROUND)
in_background = pytest.mark.parametrize("kind", BACKGROUND)


@asynccontextmanager
async def a_model(kind: str, script: Scenario) -> AsyncIterator[Model]:
    """A model of that kind that says what the script says."""
    if kind.startswith("scripted"):
        yield ScriptedModel(script, background=kind in BACKGROUND)
        return
    async with OpenAIStandin(script, portable=kind == "openai portable") as api:
        features = Features(full=kind != "openai portable", background=kind in BACKGROUND)
        model = OpenAIModel(api_key="sk-any", base_url=api.base_url, features=features)
        try:
            yield model
        finally:
            await model.close()


async def read(model: Model, resume: str | None = None) -> tuple[list[ModelEvent], Exception | None]:
    """The events of an answer but signs of life, and the error it ended with."""
    events: list[ModelEvent] = []
    try:
        async with aclosing(model.stream(PROMPT, resume=resume)) as stream:
            async for event in stream:
                if not isinstance(event, Alive):
                    events.append(event)
    except (Retryable, Permanent) as error:
        return events, error
    return events, None


async def answer(kind: str, *beats: Beat | str) -> tuple[list[ModelEvent], Exception | None]:
    """What a model of that kind makes of these beats."""
    script = Scenario()
    script.enqueue(*beats)
    async with a_model(kind, script) as model:
        return await read(model)


def text(events: list[ModelEvent]) -> str:
    """What was said."""
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@every
async def test_an_answer_is_its_deltas_and_one_ending(kind):
    """In order, with nothing behind the ending, which has the usage in the product's own words."""
    events, error = await answer(kind, Say("Hel"), Say("lo 한 \n"), Say(" "), Say("😀"))
    assert error is None
    deltas = [event.text for event in events if isinstance(event, TextDelta)]
    assert ["Hel", "lo 한 \n", " ", "😀"] == deltas
    assert isinstance(events[-1], Finished)
    assert ("completed", "") == (events[-1].ending, events[-1].reason)
    assert {"input_tokens": 6, "output_tokens": 3, "cached_tokens": 0}.items() <= (
        events[-1].usage or {}
    ).items()
    assert 1 == sum(isinstance(event, Finished) for event in events)


@every
async def test_nothing_said_is_an_answer(kind):
    """Whether it is a good one is not the model's to decide. It was given the prompt as it is."""
    script = Scenario()
    script.enqueue()
    async with a_model(kind, script) as model:
        events, error = await read(model)
    assert error is None
    assert ("", "completed") == (text(events), getattr(events[-1], "ending", None))
    assert [("Be kind.", [json.loads(item) for item in PROMPT.items])] == script.requests


@every
async def test_an_incomplete_answer_is_an_answer(kind):
    """With its reason and its usage."""
    events, error = await answer(kind, Say("Hm"), Fault("incomplete", code="max_output_tokens"))
    assert error is None
    assert isinstance(events[-1], Finished)
    assert ("Hm", "incomplete", "max_output_tokens") == (text(events), events[-1].ending, events[-1].reason)
    assert events[-1].usage


@every
@pytest.mark.parametrize(
    ("fault", "kind_of_error", "notice"),
    [
        (Fault("refuse", code="rate_limit_exceeded", status=429, retry_after=7), Retryable, ""),
        (Fault("refuse", code="insufficient_quota", status=429, retry_after=7), Permanent, "billing"),
        (Fault("refuse", code="invalid_api_key", status=401), Permanent, "model_auth"),
        (Fault("failed", code="server_error"), Retryable, ""),
        (Fault("failed", code="invalid_prompt"), Permanent, "model_refused"),
        (Fault("error", code="slow_down"), Retryable, ""),
        (Fault("error", code="context_length_exceeded"), Permanent, "too_long"),
    ],
)
async def test_a_fault_means_the_same_everywhere(kind, fault, kind_of_error, notice):
    """The kind of error, its code, its notice, and the wait that was asked for."""
    _, error = await answer(kind, *([] if fault.kind == "refuse" else [Say("Hm")]), fault)
    assert isinstance(error, kind_of_error)
    if isinstance(error, Retryable):
        assert (fault.code, fault.retry_after) == (error.code, error.retry_after)
    else:
        assert (fault.code, notice) == (getattr(error, "code", ""), getattr(error, "notice", ""))


@in_foreground
@pytest.mark.parametrize("fault", ["cut", "silent"])
async def test_a_broken_stream_is_worth_another_try(kind, fault):
    """What was said before it was read; nothing can be resumed, so nothing offers to be."""
    events, error = await answer(kind, Say("Hel"), Fault("cut" if fault == "cut" else "silent"), Say("lo"))
    assert isinstance(error, Retryable)
    assert "Hel".startswith(text(events))
    assert not [event for event in events if isinstance(event, Started | Finished)]


@in_background
@pytest.mark.parametrize("fault", ["cut", "silent"])
async def test_a_broken_stream_of_a_background_response_loses_nothing(kind, fault):
    """The same response is read to its end: by the model itself, or by whoever resumes it."""
    script = Scenario()
    script.enqueue(Say("Hel"), Fault("cut" if fault == "cut" else "silent"), Say("lo"))
    async with a_model(kind, script) as model:
        events, error = await read(model)
        if error:
            assert isinstance(events[0], Started)
            events, error = await read(model, events[0].response_id)
    assert error is None
    assert "Hello" == text(events)
    assert 1 == len(script.requests)


@in_background
async def test_a_background_response_can_be_read_again(kind):
    """From its first event, as after a crash. Once discarded (also twice) it is to be asked anew."""
    script = Scenario()
    script.enqueue("one two three")
    async with a_model(kind, script) as model:
        first, _ = await read(model)
        assert isinstance(first[0], Started)
        again, error = await read(model, first[0].response_id)
        for _ in range(2):
            await model.discard(first[0].response_id)
        _, gone = await read(model, first[0].response_id)

    assert error is None
    assert first == again
    assert 1 == len(script.requests)
    assert isinstance(gone, Retryable)
    assert "response_gone" == gone.code


@every
async def test_answers_at_once_do_not_mix(kind):
    """One model serves all runs of the process."""
    said = {f"{word} {word} {word}" for word in ("one", "two", "three", "four", "five")}
    script = Scenario(delay=0.001)
    for words in said:
        script.enqueue(words)
    async with a_model(kind, script) as model:
        answers = await asyncio.gather(*(read(model) for _ in said))
    assert said == {text(events) for events, _ in answers}


TOOLS: dict[str, tuple[Beat, ...]] = {
    "calls": (Reason("Hm"), Say("One moment."), Call("clock", {"zone": "UTC"}), Call("dice", "{")),
    "search": (
        Hosted("file_search_call", {"queries": ["tea"], "results": [{"file_id": "file-1"}]}),
        Say("Tea."),
        Cite({"type": "file_citation", "file_id": "file-1", "filename": "tea.txt"}),
    ),
    "code": (
        Hosted("code_interpreter_call", {"code": "1"}, produces=[("a.csv", b"1")]),
        Say("[a.csv](sandbox:/mnt/data/a.csv)"),
        Cite({"type": "container_file_citation", "filename": "a.csv"}),
    ),
    "picture": (Hosted("image_generation_call"),),
    "mcp": (Hosted("mcp_approval_request", {"server_label": "docs", "name": "drop"}),),
    "cut short": (Call("clock"), Say("Hm"), Fault("incomplete", code="max_output_tokens")),
}
IDS = re.compile(r"\b(msg|fc|call|rs|fs|ci|ig|mcpr|cntr|cfile)_[0-9a-f]+")
SEALED = re.compile(r'(?<="encrypted_content": ")[^"]+')


def comparable(events: list[ModelEvent]) -> list[str]:
    """Events of tools, without what is never the same twice."""
    shown = []
    for event in events:
        if isinstance(event, ItemAdded | ItemDone):
            text = SEALED.sub("…", IDS.sub(r"\1_", json.dumps(event.item, sort_keys=True)))
            shown.append(f"{type(event).__name__} {text}")
        elif not isinstance(event, Started):
            shown.append(repr(event))
    return shown


@pytest.mark.parametrize("beats", TOOLS.values(), ids=TOOLS)
async def test_items_are_the_same_everywhere(beats):
    """Whoever plays a script gives the same items, texts and ending, in the same order."""
    told = []
    for kind in FOREGROUND + BACKGROUND:
        events, error = await answer(kind, *beats)
        assert error is None
        told.append(comparable(events))
    assert told == [told[0]] * len(told)
    assert any(line.startswith("ItemDone") for line in told[0])
