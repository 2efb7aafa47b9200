"""/v1/assistants over the real SDK: what clients may do, with which assistants, and what they are told."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from bots.web.frame.old import incoming, outgoing
from core.store import assistants, audit
from core.store.database import FILE, Database
from core.types import SETTINGS_ID
from tests.web.clients import MODEL, Api

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
FUNCTION: dict[str, Any] = {"type": "function", "function": {"name": "not_written_anywhere"}}


async def refusal(request: Any) -> tuple[int, Any, Any]:
    """Status, code and param."""
    with pytest.raises(openai.APIStatusError) as raised:
        await request
    return raised.value.status_code, raised.value.code, raised.value.param


async def test_an_assistant_is_made_changed_and_deleted(client):
    """Functions nobody has written here are the client's; names may be there twice, or not at all."""
    made = await client.beta.assistants.create(
        model=MODEL, name="HelpBot", instructions="한국어로 답해.", tools=[FUNCTION], metadata={"a": "b"}
    )
    twin = await client.beta.assistants.create(model=MODEL, name="HelpBot")
    nameless = await client.beta.assistants.create(model=MODEL)

    changed = await client.beta.assistants.update(made.id, name=None, description="helps", temperature=1)

    assert changed == await client.beta.assistants.retrieve(made.id)
    assert (None, "helps", "한국어로 답해.", {"a": "b"}, 1) == (
        *(changed.name, changed.description, changed.instructions, changed.metadata),
        changed.temperature,
    )
    listed = [one.id async for one in client.beta.assistants.list(limit=1, order="asc")]
    assert listed == [SETTINGS_ID, made.id, twin.id, nameless.id]
    assert (True, "assistant.deleted") == (
        (gone := await client.beta.assistants.delete(twin.id)).deleted,
        gone.object,
    )
    assert (404, None, None) == await refusal(client.beta.assistants.retrieve(twin.id))


async def test_pages_go_both_ways(client):
    made = [(await client.beta.assistants.create(model=MODEL)).id for _ in range(4)]

    async def page(**asked: Any) -> tuple[list[str], bool]:
        found = await client.beta.assistants.list(**asked)
        return [one.id for one in found.data], found.has_more

    assert (made[:0:-1], True) == await page(limit=3)
    assert ([made[0], SETTINGS_ID], False) == await page(after=made[1])
    assert ([made[2], made[1]], True) == await page(before=made[0], limit=2)
    assert ([made[1], made[2]], True) == await page(before=made[3], limit=2, order="asc")
    await client.beta.assistants.delete(made[0])
    assert (404, None, None) == await refusal(client.beta.assistants.list(after=made[0]))


async def test_who_sees_and_changes_which(api: Api, client):
    """Another project's is as if it were not there; the operator's is seen, and changed by admins alone."""
    other, admin = await api.client("other", "elsewhere"), await api.client("admin", admin=True)
    mine = (await client.beta.assistants.create(model=MODEL)).id

    for request in (
        other.beta.assistants.retrieve(mine),
        other.beta.assistants.update(mine, name="x"),
        other.beta.assistants.delete(mine),
    ):
        assert (404, None, None) == await refusal(request)
    assert [SETTINGS_ID] == [one.id async for one in other.beta.assistants.list()]
    db = Database(api.data / FILE)
    theirs = (await db(lambda tx: assistants.create(tx, {"name": "Ops", "model": MODEL}, 1.0))).id
    assert "Ops" == (await other.beta.assistants.retrieve(theirs)).name
    assert (403, "assistant_of_operator", None) == await refusal(other.beta.assistants.delete(theirs))
    assert "Dev" == (await admin.beta.assistants.update(theirs, name="Dev")).name
    assert [("admin", "assistants.update", theirs)] == [
        (one.actor, one.action, one.object) for one in await db(lambda tx: audit.newest(tx, 1))
    ]
    db.close()
    for one in (client, admin):
        assert (400, "assistant_of_settings", None) == await refusal(one.beta.assistants.delete(SETTINGS_ID))


async def test_models_that_ended_are_replaced_and_unknown_ones_are_not(client):
    raw = await client.beta.assistants.with_raw_response.create(model="gpt-4", reasoning_effort="minimal")

    made = raw.parse()
    assert ("gpt-6.1-terra", "gpt-4 -> gpt-6.1-terra") == (made.model, raw.headers["spool-model-replaced"])
    with pytest.raises(openai.BadRequestError, match="Use gpt-6-luna instead") as raised:
        await client.beta.assistants.update(made.id, model="gpt-6-lunar")
    assert ("model_not_found", "model") == (raised.value.code, raised.value.param)
    unchanged = await client.beta.assistants.with_raw_response.update(made.id, model="gpt-6-luna")
    assert "spool-model-replaced" not in unchanged.headers
    assert "gpt-6-luna" in [one.id async for one in client.models.list()]
    assert (404, "model_not_found", "model") == await refusal(client.models.retrieve("gpt-4"))


async def test_programs_of_the_first_version_are_understood(client):
    """Its SDK had `file_ids`, and files of an assistant under an address of their own."""
    file = (await client.files.create(file=("n.txt", b"hello"), purpose="assistants")).id
    headers = {"OpenAI-Beta": "assistants=v1"}

    async def post(path: str, body: dict[str, Any]) -> Any:
        return await client.post(path, body=body, cast_to=object, options={"headers": headers})

    made = await post("/assistants", {"model": MODEL, "tools": [{"type": "retrieval"}], "file_ids": [file]})
    files = f"/assistants/{made['id']}/files"
    thread = (await client.beta.threads.create()).id
    said = await post(f"/threads/{thread}/messages", {"role": "user", "content": "hi", "file_ids": [file]})

    assert [{"type": "retrieval"}] == made["tools"]
    assert ([file], [file], False) == (made["file_ids"], said["file_ids"], "tool_resources" in made)
    now = await client.beta.assistants.retrieve(made["id"])
    assert ("file_search", 1) == (now.tools[0].type, len(now.tool_resources.file_search.vector_store_ids))
    assert [file] == [one["id"] for one in (await client.get(files, cast_to=object))["data"]]
    assert (await client.delete(f"{files}/{file}", cast_to=object))["deleted"]
    assert (404, None, None) == await refusal(client.get(f"{files}/{file}", cast_to=object))
    assert "assistant.file" == (await post(files, {"file_id": file}))["object"]
    assert file == (await client.get(f"{files}/{file}", cast_to=object))["id"]


def test_what_the_first_version_sent_and_read():
    message = {"role": "user", "content": "hi", "file_ids": ["file-1"]}
    both = [{"type": "file_search"}, {"type": "code_interpreter"}]
    now = {"role": "user", "content": "hi", "attachments": [{"file_id": "file-1", "tools": both}]}
    assert {"thread": {"messages": [now]}} == incoming({"thread": {"messages": [message]}})
    assert {
        "tools": [{"type": "file_search"}],
        "tool_resources": {
            "code_interpreter": {"file_ids": ["file-1"]},
            "file_search": {"vector_stores": [{"file_ids": ["file-1"]}]},
        },
    } == incoming({"tools": [{"type": "retrieval"}], "file_ids": ["file-1"]})
    listed = {"object": "list", "data": [{"object": "thread.message", "attachments": now["attachments"]}]}
    assert {"object": "list", "data": [{"object": "thread.message", "file_ids": ["file-1"]}]} == outgoing(
        listed
    )
    calls = [{"id": "call_1", "type": "file_search", "file_search": {}}]
    step = {"object": "thread.run.step", "step_details": {"type": "tool_calls", "tool_calls": calls}}
    assert "retrieval" == outgoing(step)["step_details"]["tool_calls"][0]["type"]
    details = {"type": "tool_calls", "tool_calls": [{"index": 0, **calls[0]}]}
    delta = outgoing({"object": "thread.run.step.delta", "delta": {"step_details": details}})
    former = {"index": 0, "id": "call_1", "type": "retrieval", "retrieval": {}}
    assert [former] == delta["delta"]["step_details"]["tool_calls"]
    assert {"tools": "x", "file_ids": 5} == incoming(json.loads('{"tools": "x", "file_ids": 5}'))
