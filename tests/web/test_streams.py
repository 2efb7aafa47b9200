"""Streams: which events, in which order, and what becomes of a reader that is slow or goes away."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from openai import AsyncOpenAI

from standins.script.script import Call, Fault, Say, Scenario, Wait
from tests.web.clients import LOOKUP, Api, ended, first, order, talk, texts, told

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
BEGINS = ["run.created", "run.queued", "run.in_progress"]
STEP = ["run.step.created", "run.step.in_progress"]
MESSAGE = [*STEP, "message.created", "message.in_progress", "message.delta*"]
SAYS = [*MESSAGE, "message.completed", "run.step.completed"]
CALLS = [*STEP, "run.step.delta*"]


@pytest.mark.parametrize(
    ("answer", "events"),
    [
        ((Say("Hi "), Say("you.")), [*BEGINS, *SAYS, "run.completed"]),
        ((Call("lookup_city", {"city": "Seoul"}),), [*BEGINS, *CALLS, "run.requires_action"]),
        (
            (Say("Let me see."), Call("lookup_city", {})),
            [*BEGINS, *SAYS, *CALLS, "run.requires_action"],
        ),
        (
            (Say("Half"), Fault("incomplete", code="max_output_tokens")),
            [*BEGINS, *MESSAGE, "message.incomplete", "run.step.completed", "run.incomplete"],
        ),
        ((Fault("refuse", code="invalid_request_error", status=400),), [*BEGINS, "run.failed"]),
    ],
    ids=["says", "calls", "says-and-calls", "cut-short", "refused"],
)
async def test_the_order_of_events(client: AsyncOpenAI, script: Scenario, answer: Any, events: list[str]):
    assistant, thread = await talk(client, tools=[LOOKUP])
    script.enqueue(*answer)
    stream = await client.beta.threads.runs.create(thread, assistant_id=assistant, stream=True)
    assert events == order(await told(stream))


async def test_a_thread_made_along_comes_first_and_outputs_go_on(client: AsyncOpenAI, script: Scenario):
    assistant, _ = await talk(client, tools=[LOOKUP])
    script.enqueue(Call("lookup_city", '{"city": "서울"}', id="call_1"))
    begun = await told(
        await client.beta.threads.create_and_run(
            assistant_id=assistant, thread={"messages": [{"role": "user", "content": "hi"}]}, stream=True
        )
    )
    assert ["created", *BEGINS, *CALLS, "run.requires_action"] == order(begun)
    deltas = [event.data for event in begun if event.event == "thread.run.step.delta"]
    pieces = [call for delta in deltas for call in delta.delta.step_details.tool_calls]
    assert ("lookup_city", "", None) == (
        pieces[0].function.name,
        pieces[0].function.arguments,
        pieces[0].function.output,
    )
    assert '{"city": "서울"}' == "".join(piece.function.arguments or "" for piece in pieces)
    assert [] == next(e for e in begun if e.event == "thread.run.step.created").data.step_details.tool_calls
    run = begun[-1].data
    done = await told(
        await client.beta.threads.runs.submit_tool_outputs(
            run.id,
            thread_id=run.thread_id,
            tool_outputs=[{"tool_call_id": pieces[0].id, "output": "large"}],
            stream=True,
        )
    )
    goes_on = ["run.step.completed", "run.queued", "run.in_progress", *SAYS, "run.completed"]
    assert goes_on == order(done)
    assert "large" == done[0].data.step_details.tool_calls[0].function.output


async def test_what_is_streamed_is_what_is_stored(client: AsyncOpenAI, script: Scenario):
    assistant, thread = await talk(client)
    script.enqueue(*[Say(piece) for piece in ("한", "글 ", "👩", "\u200d", "💻", "`code`\n\n", " end ")])
    events = await told(await client.beta.threads.runs.create(thread, assistant_id=assistant, stream=True))
    created = next(event.data for event in events if event.event == "thread.message.created")
    assert [] == created.content
    deltas = [event.data.delta.content[0] for event in events if event.event == "thread.message.delta"]
    said = "".join(delta.text.value for delta in deltas)
    stored: Any = await client.beta.threads.messages.retrieve(created.id, thread_id=thread)
    assert said == stored.content[0].text.value == "한글 👩\u200d💻`code`\n\n end "
    last = next(event.data for event in events if event.event == "thread.message.completed")
    assert last.model_dump() == stored.model_dump()
    run = await client.beta.threads.runs.retrieve(events[-1].data.id, thread_id=thread)
    assert events[-1].data.model_dump() == run.model_dump()


async def test_a_client_that_goes_away_does_not_stop_the_run(client: AsyncOpenAI, script: Scenario):
    assistant, thread = await talk(client)
    script.enqueue(Say("One. "), Wait(0.3), Say("Two."))
    stream = await client.beta.threads.runs.create(thread, assistant_id=assistant, stream=True)
    run = (await first(stream, "thread.message.delta")).data
    await stream.close()
    listed = await client.beta.threads.runs.list(thread)
    assert "completed" == (await ended(client, thread, listed.data[0].id)).status
    assert run
    assert ("assistant", "One. Two.") == (await texts(client, thread))[-1]


async def test_a_reader_that_never_reads_is_cut_off(api: Api, client: AsyncOpenAI, script: Scenario):
    """And its run ends all the same, while others read theirs."""
    assistant, thread = await talk(client)
    script.enqueue(*[Say("x" * 5_000) for _ in range(800)])
    address = urlsplit(api.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1)
    body = json.dumps({"assistant_id": assistant, "stream": True}).encode()
    head = (
        f"POST /v1/threads/{thread}/runs HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json"
    )
    head += f"\r\nAuthorization: Bearer {client.api_key}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await asyncio.sleep(0.2)
    other, own = await talk(client)
    events = await told(await client.beta.threads.runs.create(own, assistant_id=other, stream=True))
    assert "thread.run.completed" == events[-1].event
    listed = await client.beta.threads.runs.list(thread)
    assert "completed" == (await ended(client, thread, listed.data[0].id)).status
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        async with asyncio.timeout(10):
            await reader.readexactly(800 * 5_000)
    writer.close()


async def test_the_words_on_the_wire(api: Api, client: AsyncOpenAI):
    assistant, thread = await talk(client)
    headers = {"Authorization": f"Bearer {client.api_key}"}
    body = {"assistant_id": assistant, "stream": True}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{api.url}/threads/{thread}/runs", json=body) as answer,
    ):
        text = await answer.text()
    assert "text/event-stream" == answer.content_type
    assert "no-cache" == answer.headers["Cache-Control"]
    assert text.startswith("event: thread.run.created\ndata: {")
    assert answer.headers["x-request-id"]
    assert text.endswith("event: done\ndata: [DONE]\n\n")
