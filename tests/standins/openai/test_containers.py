"""The OpenAI stand-in: containers of the code interpreter."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai.types import ContainerRetrieveResponse
from openai.types.containers import FileRetrieveResponse

from standins.script.script import Cite, Hosted, Say
from tests.standins.openai.clients import ASK, undeclared

MINUTE = 60
AUTO: Any = [{"type": "code_interpreter", "container": {"type": "auto"}}]
RUN = Hosted("code_interpreter_call", {"code": "1"}, produces=[("a.csv", b"1,2")])


def container_of(response: Any) -> str:
    return str(response.output[0].container_id)


async def test_a_container_is_made_found_and_used(script, client):
    script.enqueue(RUN)
    made = await client.containers.create(name="x", memory_limit="4g")
    container = await client.containers.retrieve(made.id)
    tools: Any = [{"type": "code_interpreter", "container": made.id}]
    answer = await client.responses.create(**ASK, tools=tools)
    listed = [one.id async for one in client.containers.list()]
    assert undeclared(ContainerRetrieveResponse.model_validate(container.to_dict())) == set()
    assert listed == [made.id] == [container_of(answer)]
    assert (container.status, container.memory_limit, container.name) == ("running", "4g", "x")


async def test_code_runs_in_one_of_its_own_with_the_files_it_was_given(script, client):
    for _ in range(2):
        script.enqueue(RUN, Say("a.csv"), Cite({"type": "container_file_citation", "filename": "a.csv"}))
    given = await client.files.create(file=("in.txt", b"x"), purpose="user_data")
    tools: Any = [{"type": "code_interpreter", "container": {"type": "auto", "file_ids": [given.id]}}]
    answers = [await client.responses.create(**ASK, tools=tools) for _ in range(2)]
    name = container_of(answers[0])
    files = [file async for file in client.containers.files.list(name)]
    assert name != container_of(answers[1])
    assert {(file.path, file.source) for file in files} == {
        ("/mnt/data/in.txt", "user"),
        ("/mnt/data/a.csv", "assistant"),
    }
    assert all(undeclared(FileRetrieveResponse.model_validate(file.to_dict())) == set() for file in files)


async def test_a_conversation_goes_on_in_its_container(script, api, client):
    for _ in range(3):
        script.enqueue(RUN)
    first = container_of(await client.responses.create(**ASK, tools=AUTO))
    call: Any = {
        "type": "code_interpreter_call",
        "id": "ci_1",
        "code": "1",
        "container_id": first,
        "outputs": None,
        "status": "completed",
    }
    ask: Any = {**ASK, "input": [call, {"role": "user", "content": "Again"}], "tools": AUTO}
    second = container_of(await client.responses.create(**ask))
    api.containers.expire(first)
    third = container_of(await client.responses.create(**ask))
    assert second == first
    assert third != first


async def test_a_container_dies_when_it_is_idle(api, client):
    """20 minutes after its last use: its files are lost, and naming it is refused."""
    made = await client.containers.create(name="x")
    file = await client.containers.files.create(made.id, file=("a.txt", b"x"))
    api.clock.skip(19 * MINUTE)
    await client.containers.files.retrieve(file.id, container_id=made.id)
    api.clock.skip(19 * MINUTE)
    await client.containers.files.content.retrieve(file.id, container_id=made.id)
    api.clock.skip(20 * MINUTE)
    with pytest.raises(openai.NotFoundError, match="expired"):
        await client.containers.files.content.retrieve(file.id, container_id=made.id)
    with pytest.raises(openai.BadRequestError, match="expired"):
        await client.responses.create(**ASK, tools=[{"type": "code_interpreter", "container": made.id}])
    dead = await client.containers.retrieve(made.id)
    assert dead.status == "expired"


async def test_uploaded_files_are_copied_in(client):
    file = await client.files.create(file=("a.txt", b"x"), purpose="user_data")
    made = await client.containers.create(name="x", file_ids=[file.id])
    other = await client.containers.create(name="y")
    copy = await client.containers.files.create(other.id, file_id=file.id)
    content = await client.containers.files.content.retrieve(copy.id, container_id=other.id)
    paths = [file.path async for file in client.containers.files.list(made.id)]
    assert await content.aread() == b"x"
    assert paths == ["/mnt/data/a.txt"]


async def test_a_container_can_be_deleted(client):
    made = await client.containers.create(name="x")
    file = await client.containers.files.create(made.id, file=("a.txt", b"x"))
    await client.containers.files.delete(file.id, container_id=made.id)
    with pytest.raises(openai.NotFoundError):
        await client.containers.files.retrieve(file.id, container_id=made.id)
    await client.containers.delete(made.id)
    with pytest.raises(openai.NotFoundError):
        await client.containers.retrieve(made.id)
