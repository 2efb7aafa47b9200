"""The OpenAI stand-in: refusals, failures and broken connections, as the real SDK meets them."""

from __future__ import annotations

import asyncio

import openai
import pytest

from standins.script.script import Fault, Say, Scenario
from tests.standins.openai_client import ASK, last_of, served, until_broken


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (429, "rate_limit_exceeded", openai.RateLimitError),
        (429, "credit_balance_exhausted", openai.RateLimitError),
        (503, "server_is_overloaded", openai.InternalServerError),
        (400, "context_length_exceeded", openai.BadRequestError),
    ],
)
async def test_a_scripted_refusal_is_an_api_error(status, code, error):
    """Status, code, Retry-After and request id reach the SDK's exception."""
    scenario = Scenario()
    scenario.enqueue(Fault("refuse", code=code, status=status, retry_after=2))
    async with served(scenario) as (api, client):
        with pytest.raises(error) as caught:
            await client.responses.create(**ASK, stream=True)

    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert caught.value.response.headers["retry-after"] == "2"
    assert caught.value.request_id
    assert api.requests[0].status == status


async def test_a_failure_is_yielded_not_raised():
    """The SDK hands response.failed on as an event; its response says why."""
    scenario = Scenario()
    scenario.enqueue(Say("Hm"), Fault("failed", code="server_error"))
    async with served(scenario) as (_, client):
        events = [event async for event in await client.responses.create(**ASK, stream=True)]

    last = events[-1]
    assert last.type == "response.failed"
    assert last.response.error is not None
    assert last.response.error.code == "server_error"


async def test_a_silent_end_has_no_terminal_event():
    """The stream just stops, without an exception."""
    scenario = Scenario()
    scenario.enqueue(Say("Hm"), Fault("silent"))
    async with served(scenario) as (api, client):
        events = [event async for event in await client.responses.create(**ASK, stream=True)]

    assert events[-1].type == "response.output_text.delta"
    assert api.requests[0].finished_at is None


async def test_a_cut_breaks_the_connection():
    """The client has what was said before and then a connection error."""
    scenario = Scenario()
    scenario.enqueue(Say("Hm"), Fault("cut"))
    async with served(scenario) as (api, client):
        seen = await until_broken(await client.responses.create(**ASK, stream=True))

    assert seen[-1].type == "response.output_text.delta"
    assert api.requests[0].cut_at is not None


async def test_a_cut_without_streaming_breaks_the_connection():
    """The same for an answer in one piece."""
    scenario = Scenario()
    scenario.enqueue(Say("Hm"), Fault("cut"))
    async with served(scenario) as (_, client):
        with pytest.raises(openai.APIConnectionError):
            await client.responses.create(**ASK)


async def test_a_hang_keeps_the_connection_open():
    """Nothing comes any more; when the client leaves, that is seen."""
    scenario = Scenario()
    scenario.enqueue(Say("Hm"), Fault("hang"))
    async with served(scenario) as (api, client):
        stream = await client.responses.create(**ASK, stream=True)
        await api.until(lambda: api.requests[0].tokens == 1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(last_of(stream), 0.05)
        assert api.requests[0].cut_at is None
        await stream.close()
        await api.until(lambda: api.requests[0].cut_at is not None)

    assert api.requests[0].tokens == 1


async def test_generation_stops_with_its_connection():
    """A foreground answer nobody reads is not generated any further."""
    scenario = Scenario(delay=0.005)
    scenario.enqueue("a " * 2000)
    async with served(scenario) as (api, client):
        stream = await client.responses.create(**ASK, stream=True)
        await api.until(lambda: api.requests[0].tokens >= 3)
        await stream.close()
        await api.until(lambda: api.requests[0].cut_at is not None)

    assert api.requests[0].tokens < 1000
    assert api.requests[0].finished_at is None


async def test_all_live_streams_can_be_cut():
    """cut() breaks what is open; the next request is served."""
    scenario = Scenario()
    scenario.enqueue(Say("Hm"), Fault("hang"))
    async with served(scenario) as (api, client):
        stream = await client.responses.create(**ASK, stream=True)
        await api.until(lambda: api.requests[0].tokens == 1)
        await api.cut()
        await until_broken(stream)

        assert (await client.responses.create(**ASK)).output_text == "echo: Good morning"


async def test_offline_and_back_on_the_same_port():
    """Offline nobody can connect; online again the same address serves."""
    async with served(Scenario()) as (api, client):
        await client.responses.create(**ASK)
        await api.go_offline()
        with pytest.raises(openai.APIConnectionError):
            await client.responses.create(**ASK)
        await api.go_online()

        assert (await client.responses.create(**ASK)).status == "completed"


async def test_a_fault_inside_a_background_response_is_kept():
    """Whoever polls a failed background response is told why it failed."""
    scenario = Scenario()
    scenario.enqueue(Say("Hm"), Fault("failed", code="rate_limit_exceeded"))
    async with served(scenario) as (api, client):
        response = await client.responses.create(model="gpt-6-luna", input="Hi", background=True)
        await api.until(lambda: api.responses[response.id].status == "failed")
        polled = await client.responses.retrieve(response.id)

    assert polled.error is not None
    assert polled.error.code == "rate_limit_exceeded"
