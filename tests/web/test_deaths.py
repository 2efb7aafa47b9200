"""`spool serve` dies, and is started again: what was accepted ends once, what waits goes on waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from openai import APIError

from standins.openai import OpenAIStandin
from standins.script.script import Call, Say, Scenario, Wait, outputs
from tests.web.clients import LOOKUP, ended, first, talk, texts
from tests.web.serving import Serving

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
async def serving(tmp_path: Path, openai: OpenAIStandin) -> AsyncIterator[Serving]:
    serving = Serving(tmp_path / "data", openai)
    await serving.start()
    try:
        async with serving.api.stack:
            yield serving
    finally:
        assert "Traceback" not in await serving.stop()


async def test_killed_while_it_answers_and_while_it_waits(serving: Serving, script: Scenario):
    """What was answered with 200 ends by itself; what waits for its client is taken up by its outputs."""
    client = await serving.api.client("me")
    assistant, thread = await talk(client, tools=[LOOKUP])
    waiting = (await client.beta.threads.create(messages=[{"role": "user", "content": "hi"}])).id
    runs = client.beta.threads.runs
    script.enqueue(Call("lookup_city", {"city": "서울"}))
    waits = await runs.create_and_poll(thread_id=waiting, assistant_id=assistant)
    assert waits.required_action
    script.enqueue(Say("Half "), Wait(60))
    script.enqueue("Whole answer.")
    stream = await runs.create(thread, assistant_id=assistant, stream=True)
    run = (await first(stream, "thread.message.delta")) and (await runs.list(thread)).data[0].id
    await serving.kill()
    await serving.start()
    assert "completed" == (await ended(client, thread, run)).status
    assert [("user", "hello"), ("assistant", "Whole answer.")] == await texts(client, thread)
    assert 1 == len((await runs.steps.list(run, thread_id=thread)).data)
    again = await runs.retrieve(waits.id, thread_id=waiting)
    assert waits.model_dump() == again.model_dump()
    script.enqueue(lambda items: " ".join(outputs(items).values()))
    call = waits.required_action.submit_tool_outputs.tool_calls[0].id
    given = [{"tool_call_id": call, "output": "9.7 million"}]
    done = await runs.submit_tool_outputs_and_poll(
        run_id=waits.id,
        thread_id=waiting,
        tool_outputs=given,  # type: ignore[arg-type]
    )
    assert "completed" == done.status
    assert [("user", "hi"), ("assistant", "9.7 million")] == await texts(client, waiting)
    kinds = [step.type for step in (await runs.steps.list(waits.id, thread_id=waiting, order="asc")).data]
    assert ["tool_calls", "message_creation"] == kinds


async def test_a_stop_ends_streams_with_an_error_and_runs_go_on(serving: Serving, script: Scenario):
    client = await serving.api.client("me")
    assistant, thread = await talk(client)
    script.enqueue(Say("Half "), Wait(60))
    script.enqueue("Whole.")
    stream = await client.beta.threads.runs.create(thread, assistant_id=assistant, stream=True)
    await first(stream, "thread.message.delta")
    stopping = asyncio.create_task(serving.stop())
    with pytest.raises(APIError, match="goes on"):
        async for _ in stream:
            pass
    await stopping
    await serving.start()
    run = (await client.beta.threads.runs.list(thread)).data[0].id
    assert "completed" == (await ended(client, thread, run)).status
    assert ("assistant", "Whole.") == (await texts(client, thread))[-1]
