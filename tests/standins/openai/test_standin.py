"""The OpenAI stand-in over real sockets, driven by the real SDK: events, responses, records."""

from __future__ import annotations

import pytest
from openai.types.responses import Response

from standins.script.script import Call, Hosted, Reason, Say, Scenario
from tests.standins.openai.clients import ASK, raw_frames, served, undeclared


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


@pytest.mark.parametrize("text", ["Hello", 'say "hi"\n\ndata: [DONE]\\ 안녕 👋\u2028'])
async def test_the_response_is_whole_however_it_comes(script, api, client, text):
    """The message, and usage whose parts add up: in deltas, in the last event, and without a stream."""
    more = {"instructions": "Be kind.", "metadata": {"a": "b"}}
    for _ in range(2):
        script.enqueue(Say(text[:3]), Say(text[3:]))
    frames = await raw_frames(client, **more, stream_options={"include_obfuscation": False})
    whole = await client.responses.create(**ASK, **more, extra_headers={"X-Mark": "7"})
    assert not any("obfuscation" in data for _, data in frames)
    deltas = [data["delta"] for name, data in frames if name == "response.output_text.delta"]
    assert deltas == [text[:3], text[3:]]
    for response in (Response.model_validate(frames[-1][1]["response"]), whole):
        assert undeclared(Response.model_validate(response.to_dict())) == set()
        assert response.usage is not None
        assert (response.output_text, response.instructions) == (text, "Be kind.")
        assert (response.metadata, response.usage.output_tokens) == ({"a": "b"}, -(-len(text) // 4))
        assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens
    assert (api.requests[1].body, api.requests[1].headers["x-mark"]) == ({**ASK, **more}, "7")


async def test_the_limit_of_output_ends_an_answer(script, client):
    script.enqueue(Say("x" * 60), Say("y" * 60))
    response = await client.responses.create(**ASK, max_output_tokens=16)
    assert (response.status, response.output_text) == ("incomplete", "x" * 60 + "y" * 4)


@pytest.mark.parametrize("beat", [Reason("hm"), Call("look", {"place": "x" * 80})])
async def test_thoughts_and_calls_are_output(script, client, beat):
    script.enqueue(beat, Say("never said"))
    response = await client.responses.create(**ASK, max_output_tokens=16)
    assert ("incomplete", "") == (response.status, response.output_text)
    assert response.usage.output_tokens <= 16


@pytest.mark.parametrize(("more", "calls"), [({"max_tool_calls": 2}, 2), ({"tool_choice": "none"}, 0)])
async def test_more_calls_of_its_tools_than_allowed_are_ignored(script, client, more, calls):
    script.enqueue(*[Hosted("web_search_call")] * 3, Say("Tea."))
    response = await client.responses.create(**ASK, tools=[{"type": "web_search"}], **more)
    assert ["web_search_call"] * calls == [one.type for one in response.output[:-1]]
    assert "Tea." == response.output_text


async def test_a_stream_that_is_too_long_has_begun():
    script = Scenario()
    async with served(script, window=10) as (_, client):
        stream = await client.responses.create(**{**ASK, "input": "x" * 400}, stream=True)
        events = [event async for event in stream]
    assert [event.type for event in events] == ["response.created", "response.in_progress", "error"]
    assert (events[-1].code, script.requests) == ("context_length_exceeded", [])


async def test_a_portable_server_sends_no_field_of_openais_own():
    async with served(Scenario(), portable=True) as (_, client):
        events = [event async for event in await client.responses.create(**ASK, stream=True)]
    deltas = [event for event in events if event.type == "response.output_text.delta"]
    assert "".join(delta.delta for delta in deltas) == "echo: Good morning"
    assert not any(delta.model_extra for delta in deltas)


async def test_any_model():
    async with served(Scenario(), models=None) as (_, client):
        assert (await client.responses.create(**{**ASK, "model": "llama"})).model == "llama"
