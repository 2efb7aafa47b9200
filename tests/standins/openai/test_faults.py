"""The OpenAI stand-in: refusals, failures and broken connections, as the real SDK meets them."""

from __future__ import annotations

import asyncio

import openai
import pytest

from standins.script.script import Fault, Say
from tests.standins.openai.clients import ASK, last_of, until_broken


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (429, "rate_limit_exceeded", openai.RateLimitError),
        (429, "credit_balance_exhausted", openai.RateLimitError),
        (503, "server_is_overloaded", openai.InternalServerError),
        (400, "context_length_exceeded", openai.BadRequestError),
    ],
)
async def test_a_scripted_refusal_is_an_api_error(script, api, client, status, code, error):
    """Status, code, Retry-After and request id reach the SDK's exception."""
    script.enqueue(Fault("refuse", code=code, status=status, retry_after=2))
    with pytest.raises(error) as caught:
        await client.responses.create(**ASK, stream=True)
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert caught.value.response.headers["retry-after"] == "2"
    assert caught.value.request_id
    assert api.requests[0].status == status


async def test_a_silent_end_has_no_terminal_event(script, api, client):
    script.enqueue(Say("Hm"), Fault("silent"))
    events = [event async for event in await client.responses.create(**ASK, stream=True)]
    assert events[-1].type == "response.output_text.delta"
    assert api.requests[0].finished_at is None


@pytest.mark.parametrize("stream", [True, False])
async def test_a_cut_breaks_the_connection(script, api, client, stream):
    script.enqueue(Say("Hm"), Fault("cut"))
    if stream:
        seen = await until_broken(await client.responses.create(**ASK, stream=True))
        assert seen[-1].type == "response.output_text.delta"
    else:
        with pytest.raises(openai.APIConnectionError):
            await client.responses.create(**ASK)
    assert api.requests[0].cut_at is not None


async def test_a_hang_keeps_the_connection_open(script, api, client):
    """When the client leaves, that is seen; all streams that are open can be cut."""
    for _ in range(2):
        script.enqueue(Say("Hm"), Fault("hang"))
    stream = await client.responses.create(**ASK, stream=True)
    await api.until(lambda: api.requests[0].tokens == 1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(last_of(stream), 0.05)
    assert api.requests[0].cut_at is None
    await stream.close()
    await api.until(lambda: api.requests[0].cut_at is not None)
    stream = await client.responses.create(**ASK, stream=True)
    await api.until(lambda: api.requests[1].tokens == 1)
    await api.cut()
    await until_broken(stream)


async def test_generation_stops_with_its_connection(script, api, client):
    script.delay = 0.005
    script.enqueue("a " * 2000)
    stream = await client.responses.create(**ASK, stream=True)
    await api.until(lambda: api.requests[0].tokens >= 3)
    await stream.close()
    await api.until(lambda: api.requests[0].cut_at is not None)
    assert api.requests[0].tokens < 1000
    assert api.requests[0].finished_at is None


async def test_offline_and_back_on_the_same_port(api, client):
    await client.responses.create(**ASK)
    await api.go_offline()
    with pytest.raises(openai.APIConnectionError):
        await client.responses.create(**ASK)
    await api.go_online()
    assert (await client.responses.create(**ASK)).status == "completed"


async def test_every_second_request_fails_until_it_is_over(script, api, client):
    trouble = api.fail("POST /responses", status=500, times=9, every=2)
    for number in range(3):
        if number != 1:
            with pytest.raises(openai.InternalServerError):
                await client.responses.create(**ASK)
        else:
            await client.responses.create(**ASK)
    trouble.times = 0
    for _ in range(2):
        await client.responses.create(**ASK)
