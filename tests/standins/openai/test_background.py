"""The OpenAI stand-in: responses that are kept, resumed, cancelled and deleted."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from standins.openai import OpenAIStandin, StoredResponse
from standins.script.script import Fault, Say
from tests.standins.openai.clients import ASK, EVENTS, raw_frames, undeclared, until_broken

BACKGROUND: dict[str, Any] = {"model": "gpt-6-luna", "input": "Good morning", "background": True}


def only(api: OpenAIStandin) -> StoredResponse:
    (stored,) = api.responses.values()
    return stored


async def followed(client: AsyncOpenAI, response_id: str, after: int) -> list[Any]:
    stream = await client.responses.retrieve(response_id, stream=True, starting_after=after)
    return [event async for event in stream]


async def test_a_background_stream_is_queued_first(client):
    """created and queued say "queued", then the usual sequence follows; all valid for the SDK."""
    frames = await raw_frames(client, background=True, extra_body={"store": True})
    assert [name for name, _ in frames[:3]] == ["response.created", "response.queued", "response.in_progress"]
    assert [data["response"]["status"] for _, data in frames[:3]] == ["queued", "queued", "in_progress"]
    assert [data["sequence_number"] for _, data in frames] == list(range(len(frames)))
    assert set().union(*(undeclared(EVENTS.validate_python(data)) for _, data in frames)) == {"obfuscation"}


async def test_a_cut_stream_is_resumed_where_it_stopped(script, client):
    """After a cut the same response goes on; only events after the last seen one come again."""
    script.enqueue(Say("Hel"), Fault("cut"), Say("lo"))
    seen = await until_broken(await client.responses.create(**BACKGROUND, stream=True))
    rest = await followed(client, seen[0].response.id, seen[-1].sequence_number)
    everything = [*seen, *rest]
    assert [event.sequence_number for event in everything] == list(range(len(everything)))
    assert (everything[-1].response.output_text, len(script.requests)) == ("Hello", 1)


@pytest.mark.parametrize("offline", [False, True])
async def test_generation_outlives_every_connection(script, api, client, offline):
    """Cut by the network or an outage, the response still gets to its end; it is fetched and followed."""
    script.delay = 0.02
    script.enqueue("one two three four five")
    stream = await client.responses.create(**BACKGROUND, stream=True)
    await api.until(lambda: api.requests[0].tokens >= 1)
    await (api.go_offline() if offline else api.cut())
    if offline:
        await api.until(lambda: only(api).status == "completed")
        await api.go_online()
    events = await followed(client, only(api).id, -1)
    await stream.close()
    assert [events[0].type, events[-1].type] == ["response.created", "response.completed"]
    assert (await client.responses.retrieve(only(api).id)).output_text == "one two three four five"
    assert api.requests[0].cut_at is not None
    assert api.requests[0].finished_at is not None


async def test_a_replay_can_leave_out_obfuscation(client):
    """include_obfuscation=false holds for the resumed stream whatever the first one had."""
    first = [event async for event in await client.responses.create(**BACKGROUND, stream=True)]
    again = [
        event
        async for event in await client.responses.retrieve(
            first[0].response.id, stream=True, include_obfuscation=False
        )
    ]
    assert any(event.model_extra for event in first)
    assert not any(event.model_extra for event in again)


async def test_only_background_responses_can_be_followed_or_cancelled(client):
    """And followed only those that were created as a stream."""
    response = await client.responses.create(**BACKGROUND)
    with pytest.raises(openai.BadRequestError, match="stream=true"):
        await client.responses.retrieve(response.id, stream=True)
    response = await client.responses.create(model="gpt-6-luna", input="Hi")
    with pytest.raises(openai.BadRequestError, match="synchronous"):
        await client.responses.cancel(response.id)


async def test_a_stream_is_kept_for_five_minutes_only(api, client):
    """Beyond the window following earns 400, while polling still works."""
    events = [event async for event in await client.responses.create(**BACKGROUND, stream=True)]
    assert api.stream_window == 300
    api.stream_window = 0.0
    with pytest.raises(openai.BadRequestError, match="no longer be streamed"):
        await client.responses.retrieve(events[0].response.id, stream=True)
    assert (await client.responses.retrieve(events[0].response.id)).status == "completed"


async def test_a_stuck_response_stays_queued_until_cancelled(api, client):
    """stuck_next(1) holds one response at "queued"; cancel ends it, and again; the next one runs."""
    api.stuck_next()
    stuck = await client.responses.create(**BACKGROUND)
    free = await client.responses.create(**BACKGROUND)
    await api.until(lambda: api.responses[free.id].status == "completed")
    assert (await client.responses.retrieve(stuck.id)).status == "queued"
    assert (await client.responses.cancel(stuck.id)).status == "cancelled"
    assert (await client.responses.cancel(stuck.id)).status == "cancelled"
    assert api.responses[stuck.id].cancelled
    assert api.requests[0].tokens == 0


async def test_cancelling_ends_the_stream_without_a_terminal_event(script, api, client):
    script.enqueue(Say("Hm"), Fault("hang"))
    stream = await client.responses.create(**BACKGROUND, stream=True)
    await api.until(lambda: api.requests[0].tokens == 1)
    await client.responses.cancel(only(api).id)
    events = [event async for event in stream]
    assert (events[-1].type, only(api).status) == ("response.output_text.delta", "cancelled")


async def test_a_deleted_response_is_gone(api, client):
    response = await client.responses.create(**BACKGROUND)
    await client.responses.delete(response.id)
    for call in (client.responses.retrieve, client.responses.cancel, client.responses.delete):
        with pytest.raises(openai.NotFoundError):
            await call(response.id)
    assert only(api).deleted


async def test_what_is_not_stored_cannot_be_fetched(api, client):
    lost = await client.responses.create(**ASK)
    kept = await client.responses.create(model="gpt-6-luna", input="Hi")
    with pytest.raises(openai.NotFoundError):
        await client.responses.retrieve(lost.id)
    assert (await client.responses.retrieve(kept.id)).output_text == "echo: Hi"
    assert list(api.responses) == [kept.id]
