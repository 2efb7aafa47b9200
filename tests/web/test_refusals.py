"""What clients may not do, in the words that their programs look for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from openai import APIStatusError, AsyncOpenAI, NotFoundError

from standins.script.script import Call, Say, Scenario, Wait
from tests.web.clients import LOOKUP, Api, ended, talk, texts

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


async def refused(asked: Any, status: int = 400) -> str:
    """The message of the refusal."""
    with pytest.raises(APIStatusError) as caught:
        await asked
    assert status == caught.value.status_code
    body: Any = caught.value.body
    assert {"message", "type", "param", "code"} == set(body)
    return str(body["message"])


async def test_while_a_run_is_under_way(client: AsyncOpenAI, script: Scenario):
    assistant, thread = await talk(client)
    runs, messages = client.beta.threads.runs, client.beta.threads.messages
    script.enqueue(Say("One. "), Wait(5), Say("Two."))
    run = (await runs.create(thread, assistant_id=assistant)).id
    second = await refused(messages.create(thread, role="user", content="more"))
    assert f"Can't add messages to {thread} while a run {run} is active." == second
    again = await refused(runs.create(thread, assistant_id=assistant))
    assert f"Thread {thread} already has an active run {run}." == again
    outputs = runs.submit_tool_outputs(run, thread_id=thread, tool_outputs=[{"tool_call_id": "call_1"}])
    assert (await refused(outputs)).endswith(" do not accept tool outputs.")
    await runs.cancel(run, thread_id=thread)
    assert "cancelled" == (await ended(client, thread, run, "cancelled")).status
    assert "Cannot cancel run with status 'cancelled'." == await refused(runs.cancel(run, thread_id=thread))
    late = runs.submit_tool_outputs(run, thread_id=thread, tool_outputs=[{"tool_call_id": "call_1"}])
    assert 'Runs in status "cancelled" do not accept tool outputs.' == await refused(late)
    left = (await messages.list(thread)).data[0]
    assert ("assistant", "incomplete") == (left.role, left.status)
    assert left.incomplete_details
    assert "run_cancelled" == left.incomplete_details.reason
    await messages.create(thread, role="user", content="again")


async def test_outputs_are_all_given_at_once_and_once(client: AsyncOpenAI, script: Scenario):
    assistant, thread = await talk(client, tools=[LOOKUP])
    script.enqueue(Call("lookup_city", id="call_a"), Call("lookup_city", id="call_b"))
    script.enqueue("Done.")
    submit = client.beta.threads.runs.submit_tool_outputs
    run = await client.beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)
    assert run.required_action
    a, b = (call.id for call in run.required_action.submit_tool_outputs.tool_calls)
    given = [{"tool_call_id": call, "output": "x"} for call in (a, b)]
    wanted = f"Expected tool outputs for call_ids ['{a}', '{b}'], got "
    for wrong, got in ((given[:1], f"['{a}']"), ([*given, given[0]], f"['{a}', '{b}', '{a}']")):
        asked = submit(run.id, thread_id=thread, tool_outputs=wrong)  # type: ignore[arg-type]
        assert wanted + got == await refused(asked)
    await submit(run.id, thread_id=thread, tool_outputs=given)  # type: ignore[arg-type]
    twice = submit(run.id, thread_id=thread, tool_outputs=given)  # type: ignore[arg-type]
    assert "do not accept tool outputs" in await refused(twice)
    assert "completed" == (await ended(client, thread, run.id)).status
    assert ("assistant", "Done.") == (await texts(client, thread))[-1]


async def test_ten_runs_at_one_thread(client: AsyncOpenAI, script: Scenario):
    """One is begun, nine hear which one is under way."""
    assistant, thread = await talk(client)
    script.enqueue(Wait(0.5), Say("Once."))
    asked = [client.beta.threads.runs.create(thread, assistant_id=assistant) for _ in range(10)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    begun = [one for one in found if not isinstance(one, BaseException)]
    assert 1 == len(begun)
    told = {str(one.body["message"]) for one in found if isinstance(one, APIStatusError)}  # type: ignore[index]
    assert {f"Thread {thread} already has an active run {begun[0].id}."} == told
    await ended(client, thread, begun[0].id)
    assert 1 == len([role for role, _ in await texts(client, thread) if role == "assistant"])


CASES: list[tuple[str, str, dict[str, Any] | None, str]] = [
    ("GET", "/assistants/asst_no", None, "No assistant found with id 'asst_no'."),
    ("GET", "/threads/thread_no", None, "No thread found with id 'thread_no'."),
    (
        "POST",
        "/threads/thread_no/messages",
        {"role": "user", "content": "x"},
        "No thread found with id 'thread_no'.",
    ),
    ("GET", "/threads/thread_no/messages", None, "No thread found with id 'thread_no'."),
    ("GET", "/threads/{thread}/messages/msg_no", None, "No message found with id 'msg_no'."),
    ("GET", "/threads/{thread}/runs/run_no", None, "No run found with id 'run_no'."),
    ("POST", "/threads/{thread}/runs", {"assistant_id": "asst_no"}, "No assistant found with id 'asst_no'."),
    ("DELETE", "/threads/thread_no", None, "No thread found with id 'thread_no'."),
]


@pytest.mark.parametrize(("method", "path", "body", "message"), CASES)
async def test_what_does_not_exist(client: AsyncOpenAI, method: str, path: str, body: Any, message: str):
    _, thread = await talk(client)
    given = {"body": body} if body is not None else {}
    asked = getattr(client, method.lower())(path.format(thread=thread), cast_to=object, **given)
    assert message == await refused(asked, 404)


async def test_two_projects_do_not_see_each_other(api: Api, client: AsyncOpenAI):
    """What another project has is, word for word, what does not exist."""
    assistant, thread = await talk(client)
    run = await client.beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)
    message = (await client.beta.threads.messages.list(thread)).data[0].id
    step = (await client.beta.threads.runs.steps.list(run.id, thread_id=thread)).data[0].id
    same, other = await api.client("colleague"), await api.client("stranger", "elsewhere", admin=True)
    assert thread == (await same.beta.threads.retrieve(thread)).id
    beta = other.beta
    for asked in (
        beta.threads.retrieve(thread),
        beta.threads.update(thread, metadata={}),
        beta.threads.delete(thread),
        beta.threads.messages.list(thread),
        beta.threads.messages.retrieve(message, thread_id=thread),
        beta.threads.messages.create(thread, role="user", content="hi"),
        beta.threads.runs.list(thread),
        beta.threads.runs.retrieve(run.id, thread_id=thread),
        beta.threads.runs.cancel(run.id, thread_id=thread),
        beta.threads.runs.create(thread, assistant_id=assistant),
        beta.threads.runs.steps.list(run.id, thread_id=thread),
        beta.threads.runs.steps.retrieve(step, thread_id=thread, run_id=run.id),
    ):
        assert f"No thread found with id '{thread}'." == await refused(asked, 404)
    with pytest.raises(NotFoundError):
        await beta.assistants.retrieve(assistant)
    listed = await other.get("/threads", cast_to=object)
    assert [] == listed["data"]  # type: ignore[index]
    assert [thread] == [one["id"] for one in (await same.get("/threads", cast_to=object))["data"]]  # type: ignore[index]
    own = await beta.threads.create()
    for id in (message, run.id):
        assert await refused(beta.threads.messages.retrieve(id, thread_id=own.id), 404)
        assert await refused(beta.threads.runs.retrieve(id, thread_id=own.id), 404)


async def test_lists_go_both_ways_within_one_second(client: AsyncOpenAI):
    thread = (await client.beta.threads.create()).id
    messages = client.beta.threads.messages
    ids = [(await messages.create(thread, role="user", content=f"{n}")).id for n in range(5)]

    async def page(**query: Any) -> tuple[list[str], bool]:
        found = await messages.list(thread, **query)
        return [one.id for one in found.data], bool(found.has_more)

    back = ids[::-1]
    assert (back, False) == await page()
    assert (back[:2], True) == await page(limit=2)
    assert (back[2:4], True) == await page(limit=2, after=back[1])
    assert (back[4:], False) == await page(limit=2, after=back[3])
    assert (ids[:2], True) == await page(limit=2, order="asc")
    assert (ids[3:], False) == await page(limit=2, order="asc", after=ids[2])
    assert (ids[1:3], True) == await page(limit=2, order="asc", before=ids[3])
    assert (back[:2], False) == await page(limit=2, before=back[2])
    assert back == [one.id async for one in messages.list(thread, limit=2)]
    other = (await client.beta.threads.create(messages=[{"role": "user", "content": "x"}])).id
    foreign = (await messages.list(other)).data[0].id
    await messages.delete(ids[0], thread_id=thread)
    for cursor in (foreign, ids[0], "msg_no"):
        assert f"No message found with id '{cursor}'." == await refused(
            messages.list(thread, after=cursor), 404
        )
    for limit in (0, 101, -1):
        await refused(messages.list(thread, limit=limit))


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({}, "assistant_id", "missing_required_parameter"),
        ({"assistant_id": 5}, "assistant_id", "invalid_type"),
        ({"assistant_id": "a", "colour": 1}, "colour", "unknown_parameter"),
        ({"assistant_id": "a", "temperature": "1"}, "temperature", "invalid_type"),
        ({"assistant_id": "a", "metadata": {"k" * 65: ""}}, None, None),
        (
            {"assistant_id": "a", "metadata": {str(n): "" for n in range(17)}},
            "metadata",
            "object_above_max_properties",
        ),
        (
            {"assistant_id": "a", "tools": [{"type": "code_interpreter"}] * 129},
            "tools",
            "array_above_max_length",
        ),
        ({"assistant_id": "a", "instructions": "x" * 256_001}, "instructions", "string_above_max_length"),
        (
            {"assistant_id": "a", "tools": [{"type": "function", "function": {}}]},
            "tools[0].function.name",
            None,
        ),
        (
            {"assistant_id": "a", "truncation_strategy": {"type": "auto", "last_messages": 1}},
            "truncation_strategy",
            None,
        ),
        (
            {"assistant_id": "a", "response_format": {"type": "json_schema"}},
            "response_format.json_schema",
            None,
        ),
        (
            {"assistant_id": "a", "max_completion_tokens": 255},
            "max_completion_tokens",
            "integer_below_min_value",
        ),
        ({"assistant_id": "a", "stream": "yes"}, "stream", "invalid_type"),
    ],
)
async def test_bodies_that_do_not_fit(client: AsyncOpenAI, body: dict[str, Any], param: Any, code: Any):
    _, thread = await talk(client)
    with pytest.raises(APIStatusError) as caught:
        await client.post(f"/threads/{thread}/runs", body=body, cast_to=object)
    told: Any = caught.value.body
    assert (400, "invalid_request_error") == (caught.value.status_code, told["type"])
    assert param in (None, told["param"])
    assert code in (None, told["code"])
    assert "Value error" not in told["message"]
