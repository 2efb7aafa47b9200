"""Streams: which events, in which order, and what becomes of a reader that is slow or goes away."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlsplit

import aiohttp
import pytest
from openai import AsyncOpenAI

from standins.script.script import Say, Scenario, Wait
from tests.web.clients import Api, ended, first, talk, texts, told

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


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
