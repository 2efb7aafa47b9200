"""The OpenAI stand-in over real sockets, driven by the real SDK: events, responses, records."""

from __future__ import annotations

import asyncio

import pytest
from openai.types.responses import Response

from standins.script.script import Fault, Say, Scenario
from tests.standins.openai.clients import ASK, EVENTS, last_of, raw_frames, served, undeclared


async def test_events_come_in_the_order_of_the_api(script, client):
    """Names, sequence numbers and frames are those of a real text answer; there is no [DONE]."""
    script.enqueue(Say("Hel"), Say("lo"))
    frames = await raw_frames(client)
    assert [name for name, _ in frames] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [data["sequence_number"] for _, data in frames] == list(range(len(frames)))
    assert all(name == data["type"] for name, data in frames)


@pytest.mark.parametrize(
    "ending", [None, Fault("failed"), Fault("error"), Fault("incomplete", code="content_filter")], ids=str
)
async def test_every_event_is_one_of_the_sdk(script, client, ending):
    """All events validate against the SDK's types and carry nothing undeclared but obfuscation."""
    script.enqueue(Say("Hel"), *([ending] if ending else []))
    frames = await raw_frames(client)
    assert frames[-1][0] in ("error", f"response.{ending.kind if ending else 'completed'}")
    for name, data in frames:
        extra = undeclared(EVENTS.validate_python(data))
        assert extra == ({"obfuscation"} if name.endswith("delta") else set())


async def test_the_last_event_carries_the_whole_response(script, client):
    """response.completed has the message, and usage whose parts add up."""
    script.enqueue(Say("Hel"), Say("lo"))
    frames = await raw_frames(client, instructions="Be kind.", metadata={"a": "b"})
    response = Response.model_validate(frames[-1][1]["response"])
    assert response.output_text == "Hello"
    assert response.instructions == "Be kind."
    assert response.metadata == {"a": "b"}
    assert response.usage is not None
    assert response.usage.output_tokens == 2
    assert response.usage.total_tokens == response.usage.input_tokens + 2


async def test_text_survives_the_wire(script, client):
    text = 'say "hi"\n\ndata: [DONE]\\ 안녕 👋\u2028'
    script.enqueue(Say(text))
    events = [event async for event in await client.responses.create(**ASK, stream=True)]
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == text


async def test_obfuscation_can_be_turned_off(client):
    """include_obfuscation=false leaves nothing undeclared on a delta."""
    frames = await raw_frames(client, stream_options={"include_obfuscation": False})
    assert not any("obfuscation" in data for _, data in frames)


async def test_without_streaming_the_response_comes_whole(script, client):
    script.enqueue("Hello there")
    response = await client.responses.create(**ASK)
    assert response.output_text == "Hello there"
    assert undeclared(Response.model_validate(response.to_dict())) == set()


async def test_the_limit_of_output_ends_an_answer(script, client):
    script.enqueue(Say("x" * 60), Say("y" * 60))
    response = await client.responses.create(**ASK, max_output_tokens=16)
    assert response.status == "incomplete"
    assert response.output_text == "x" * 60 + "y" * 4


async def test_requests_are_kept(api, client):
    await client.responses.create(**ASK, extra_headers={"X-Mark": "7"})
    assert api.requests[0].body == ASK
    assert api.requests[0].headers["x-mark"] == "7"


async def test_a_hundred_streams_at_once(script, api, client):
    for _ in range(100):
        script.enqueue("one two three")

    async def ask() -> str:
        last = await last_of(await client.responses.create(**ASK, stream=True))
        return str(last.response.output_text)

    texts = await asyncio.gather(*(ask() for _ in range(100)))
    assert texts == ["one two three"] * 100
    assert len(api.requests) == 100


async def test_a_stream_that_is_too_long_has_begun():
    script = Scenario()
    async with served(script, window=10) as (_, client):
        stream = await client.responses.create(**{**ASK, "input": "x" * 400}, stream=True)
        events = [event async for event in stream]
    assert [event.type for event in events] == ["response.created", "response.in_progress", "error"]
    assert events[-1].code == "context_length_exceeded"
    assert script.requests == []


async def test_a_portable_server_sends_no_field_of_openais_own():
    async with served(Scenario(), portable=True) as (_, client):
        events = [event async for event in await client.responses.create(**ASK, stream=True)]
    deltas = [event for event in events if event.type == "response.output_text.delta"]
    assert "".join(delta.delta for delta in deltas) == "echo: Good morning"
    assert not any(delta.model_extra for delta in deltas)


async def test_any_model():
    async with served(Scenario(), models=None) as (_, client):
        assert (await client.responses.create(**{**ASK, "model": "llama"})).model == "llama"


async def test_until_gives_up(api):
    with pytest.raises(TimeoutError):
        await api.until(lambda: False, timeout=0.01)
