"""What clients may not do, in the words that their programs look for."""

from __future__ import annotations

from typing import Any

import pytest
from openai import APIStatusError, AsyncOpenAI, NotFoundError

from tests.web.clients import Api, talk

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


async def refused(asked: Any, status: int = 400) -> str:
    """The message of the refusal."""
    with pytest.raises(APIStatusError) as caught:
        await asked
    assert status == caught.value.status_code
    body: Any = caught.value.body
    assert {"message", "type", "param", "code"} == set(body)
    return str(body["message"])


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
