"""The OpenAI stand-in: responses that are kept, resumed, cancelled and deleted."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from standins.openai import OpenAIStandin, StoredResponse
from standins.script.script import Fault, Say, Scenario
from tests.standins.openai_client import ASK, EVENTS, raw_frames, served, undeclared, until_broken

BACKGROUND: dict[str, Any] = {"model": "gpt-6-luna", "input": "Good morning", "background": True}


def only(api: OpenAIStandin) -> StoredResponse:
    """The one response that is kept."""
    (stored,) = api.responses.values()
    return stored


async def followed(client: AsyncOpenAI, response_id: str, after: int) -> list[Any]:
    """The events of a resumed stream."""
    stream = await client.responses.retrieve(response_id, stream=True, starting_after=after)
    return [event async for event in stream]


async def test_a_background_stream_is_queued_first():
    """created and queued say "queued", then the usual sequence follows; all valid for the SDK."""
    async with served(Scenario()) as (_, client):
        frames = await raw_frames(client, background=True, extra_body={"store": True})
    assert [name for name, _ in frames[:3]] == ["response.created", "response.queued", "response.in_progress"]
    assert [data["response"]["status"] for _, data in frames[:3]] == ["queued", "queued", "in_progress"]
    assert [data["sequence_number"] for _, data in frames] == list(range(len(frames)))
    assert set().union(*(undeclared(EVENTS.validate_python(data)) for _, data in frames)) == {"obfuscation"}


async def test_a_cut_stream_is_resumed_where_it_stopped():
    """After a cut the same response goes on; only events after the last seen one come again."""
    scenario = Scenario()
    scenario.enqueue(Say("Hel"), Fault("cut"), Say("lo"))
    async with served(scenario) as (_, client):
        seen = await until_broken(await client.responses.create(**BACKGROUND, stream=True))
        rest = await followed(client, seen[0].response.id, seen[-1].sequence_number)
    everything = [*seen, *rest]
    assert [event.sequence_number for event in everything] == list(range(len(everything)))
    assert everything[-1].response.output_text == "Hello"
    assert len(scenario.requests) == 1


async def test_generation_outlives_every_connection():
    """Cut by the network, the response still gets to its end and is fetched whole."""
    scenario = Scenario(delay=0.005)
    scenario.enqueue("one two three four five")
    async with served(scenario) as (api, client):
        stream = await client.responses.create(**BACKGROUND, stream=True)
        await api.until(lambda: api.requests[0].tokens == 1)
        await api.cut()
        await api.until(lambda: only(api).status == "completed")
        response = await client.responses.retrieve(only(api).id)
        await stream.close()
    assert response.output_text == "one two three four five"
    assert api.requests[0].cut_at is not None
    assert api.requests[0].finished_at is not None


async def test_a_resumed_stream_follows_live():
    scenario = Scenario(delay=0.01)
    scenario.enqueue("one two three four five")
    async with served(scenario) as (api, client):
        first = await client.responses.create(**BACKGROUND, stream=True)
        await api.until(lambda: api.requests[0].tokens == 2)
        events = await followed(client, only(api).id, -1)
        await first.close()
    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"


async def test_a_replay_can_leave_out_obfuscation():
    """include_obfuscation=false holds for the resumed stream whatever the first one had."""
    async with served(Scenario()) as (_, client):
        first = [event async for event in await client.responses.create(**BACKGROUND, stream=True)]
        again = [
            event
            async for event in await client.responses.retrieve(
                first[0].response.id, stream=True, include_obfuscation=False
            )
        ]
    assert any(event.model_extra for event in first)
    assert not any(event.model_extra for event in again)


async def test_only_streamed_responses_can_be_followed():
    async with served(Scenario()) as (_, client):
        response = await client.responses.create(**BACKGROUND)
        with pytest.raises(openai.BadRequestError, match="stream=true"):
            await client.responses.retrieve(response.id, stream=True)


async def test_a_stream_is_kept_for_five_minutes_only():
    """Beyond the window following earns 400, while polling still works."""
    async with served(Scenario()) as (api, client):
        events = [event async for event in await client.responses.create(**BACKGROUND, stream=True)]
        assert api.stream_window == 300
        api.stream_window = 0.0
        with pytest.raises(openai.BadRequestError, match="no longer be streamed"):
            await client.responses.retrieve(events[0].response.id, stream=True)
        assert (await client.responses.retrieve(events[0].response.id)).status == "completed"


async def test_a_stuck_response_stays_queued_until_cancelled():
    """stuck_next(1) holds one response at "queued"; cancel ends it, and again; the next one runs."""
    async with served(Scenario()) as (api, client):
        api.stuck_next()
        stuck = await client.responses.create(**BACKGROUND)
        free = await client.responses.create(**BACKGROUND)
        await api.until(lambda: api.responses[free.id].status == "completed")
        assert (await client.responses.retrieve(stuck.id)).status == "queued"
        assert (await client.responses.cancel(stuck.id)).status == "cancelled"
        assert (await client.responses.cancel(stuck.id)).status == "cancelled"
    assert api.responses[stuck.id].cancelled
    assert api.requests[0].tokens == 0


async def test_cancelling_ends_the_stream_without_a_terminal_event():
    scenario = Scenario()
    scenario.enqueue(Say("Hm"), Fault("hang"))
    async with served(scenario) as (api, client):
        stream = await client.responses.create(**BACKGROUND, stream=True)
        await api.until(lambda: api.requests[0].tokens == 1)
        await client.responses.cancel(only(api).id)
        events = [event async for event in stream]
    assert events[-1].type == "response.output_text.delta"
    assert only(api).status == "cancelled"


async def test_foreground_responses_cannot_be_cancelled():
    """They are cancelled by closing the connection; the endpoint earns 400."""
    async with served(Scenario()) as (_, client):
        response = await client.responses.create(model="gpt-6-luna", input="Hi")
        with pytest.raises(openai.BadRequestError, match="synchronous"):
            await client.responses.cancel(response.id)


async def test_a_deleted_response_is_gone():
    """After delete nothing is found, and the stand-in remembers that it was deleted."""
    async with served(Scenario()) as (api, client):
        response = await client.responses.create(**BACKGROUND)
        await client.responses.delete(response.id)
        for call in (client.responses.retrieve, client.responses.cancel, client.responses.delete):
            with pytest.raises(openai.NotFoundError):
                await call(response.id)
    assert only(api).deleted


async def test_what_is_not_stored_cannot_be_fetched():
    async with served(Scenario()) as (api, client):
        lost = await client.responses.create(**ASK)
        kept = await client.responses.create(model="gpt-6-luna", input="Hi")
        with pytest.raises(openai.NotFoundError):
            await client.responses.retrieve(lost.id)
        assert (await client.responses.retrieve(kept.id)).output_text == "echo: Hi"
    assert list(api.responses) == [kept.id]


async def test_background_goes_on_while_offline():
    scenario = Scenario(delay=0.005)
    scenario.enqueue("one two three")
    async with served(scenario) as (api, client):
        stream = await client.responses.create(**BACKGROUND, stream=True)
        await api.go_offline()
        await api.until(lambda: only(api).status == "completed")
        await api.go_online()
        events = await followed(client, only(api).id, 0)
        await stream.close()
    assert events[-1].type == "response.completed"
