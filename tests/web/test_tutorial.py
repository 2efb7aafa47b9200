"""The flow of the old tutorial, through the SDK as it is."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from openai import AssistantEventHandler, AsyncAssistantEventHandler, AsyncOpenAI, OpenAI
from typing_extensions import override

from standins.openai import OpenAIStandin
from standins.script.script import Call, Scenario, outputs
from tests.web.clients import LOOKUP, MODEL, Api, talk, texts

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
INSTRUCTIONS = "당신은 친절한 도우미입니다. 항상 한국어로 짧게 답하세요."


async def test_an_assistant_answers_in_a_thread(client: AsyncOpenAI, openai: OpenAIStandin, script: Scenario):
    beta = client.beta
    helper = await beta.assistants.create(name="HelpBot", instructions=INSTRUCTIONS, model=MODEL)
    assert [helper.id] == [one.id for one in (await beta.assistants.list()).data if one.name == "HelpBot"]
    thread = await beta.threads.create()
    await beta.threads.messages.create(thread.id, role="user", content="파이썬이 뭐예요? 🐍")
    script.enqueue("파이썬은 ", "쉬운 언어예요. 🐍👨‍👩‍👧")

    run = await beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=helper.id)

    assert ("completed", None) == (run.status, run.last_error)
    assert run.usage
    assert run.usage.total_tokens == run.usage.prompt_tokens + run.usage.completion_tokens > 0
    said = [("user", "파이썬이 뭐예요? 🐍"), ("assistant", "파이썬은 쉬운 언어예요. 🐍👨‍👩‍👧")]
    assert said == await texts(client, thread.id)
    assert INSTRUCTIONS == openai.requests[-1].body["instructions"]
    by_run = await beta.threads.messages.list(thread.id, run_id=run.id)
    assert [run.id] == [message.run_id for message in by_run.data]
    steps = await beta.threads.runs.steps.list(run.id, thread_id=thread.id)
    details = steps.data[0].step_details
    assert details.type == "message_creation"
    assert details.message_creation.message_id == by_run.data[0].id
    changed = await beta.assistants.update(helper.id, name="HelpBot 2", metadata={"team": "a"})
    assert ("HelpBot 2", {"team": "a"}, INSTRUCTIONS) == (
        changed.name,
        changed.metadata,
        changed.instructions,
    )
    assert (await beta.threads.delete(thread.id)).deleted
    assert (await beta.assistants.delete(helper.id)).deleted


class Heard(AssistantEventHandler):
    """What a synchronous handler is told."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.done, self.calls = "", "", list[Any]()

    @override
    def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        self.text += delta.value

    @override
    def on_text_done(self, text: Any) -> None:
        self.done = text.value

    @override
    def on_tool_call_done(self, tool_call: Any) -> None:
        self.calls.append(tool_call)


class AsyncHeard(AsyncAssistantEventHandler):
    """What an asynchronous one is told."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.done = "", ""

    @override
    async def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        self.text += delta.value

    @override
    async def on_text_done(self, text: Any) -> None:
        self.done = text.value


def _streamed(client: OpenAI, script: Scenario) -> None:
    """A function that the client carries out, all of it streamed."""
    helper = client.beta.assistants.create(model=MODEL, tools=[LOOKUP])  # type: ignore[list-item]
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "How large is Seoul?"}])
    script.enqueue(Call("lookup_city", {"city": "서울"}))
    script.enqueue(lambda items: f"It has {next(iter(outputs(items).values()))} people.")
    heard = Heard()
    with client.beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=helper.id, event_handler=heard
    ) as stream:
        stream.until_done()
    run = heard.current_run
    assert run
    assert run.status == "requires_action"
    assert run.required_action
    calls = run.required_action.submit_tool_outputs.tool_calls
    assert [({"city": "서울"}, "lookup_city")] == [
        (json.loads(c.function.arguments), c.function.name) for c in calls
    ]
    assert [c.id for c in calls] == [c.id for c in heard.calls]
    answer = Heard()
    with client.beta.threads.runs.submit_tool_outputs_stream(
        thread_id=thread.id,
        run_id=run.id,
        tool_outputs=[{"tool_call_id": calls[0].id, "output": "9.7 million"}],
        event_handler=answer,
    ) as stream:
        stream.until_done()
    assert "It has 9.7 million people." == answer.text == answer.done
    assert answer.current_run
    assert "completed" == answer.current_run.status


async def test_handlers_are_told_what_is_stored(api: Api, client: AsyncOpenAI, script: Scenario):
    with OpenAI(base_url=api.url, api_key=client.api_key, max_retries=0) as sync:
        await asyncio.to_thread(_streamed, sync, script)
    assistant, thread = await talk(client)
    script.enqueue("가나다 👩‍💻 ", "끝.")
    async with client.beta.threads.runs.stream(
        thread_id=thread, assistant_id=assistant, event_handler=(heard := AsyncHeard())
    ) as stream:
        await stream.until_done()
    assert ("assistant", heard.text) == (await texts(client, thread))[-1]
    assert "가나다 👩‍💻 끝." == heard.text == heard.done


async def test_both_ways_of_polling_end_at_once(client: AsyncOpenAI, script: Scenario):
    """`create_and_poll` sleeps as long as the server says, which is short."""
    assistant, thread = await talk(client, tools=[LOOKUP])
    script.enqueue(Call("lookup_city", {"city": "Seoul"}), Call("lookup_city", {"city": "Busan"}))
    script.enqueue(lambda items: " ".join(outputs(items).values()))
    loop = asyncio.get_running_loop()
    began = loop.time()
    run = await client.beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)
    assert "requires_action" == run.status
    assert run.required_action
    calls = run.required_action.submit_tool_outputs.tool_calls
    run = await client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id,
        thread_id=thread,
        tool_outputs=[{"tool_call_id": call.id, "output": f"{n}"} for n, call in enumerate(calls)],
    )
    assert ("completed", ("assistant", "0 1")) == (run.status, (await texts(client, thread))[-1])
    assert loop.time() - began < 1.5
