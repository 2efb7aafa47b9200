"""The OpenAI stand-in: containers of the code interpreter."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from standins.script.script import Cite, Hosted, Say
from tests.standins.openai.clients import ASK

MINUTE = 60
RUN = Hosted("code_interpreter_call", {"code": "1"}, produces=[("a.csv", b"1,2")])


def code(container: Any) -> Any:
    return [{"type": "code_interpreter", "container": container}]


AUTO = code({"type": "auto"})


def container_of(response: Any) -> str:
    return str(response.output[0].container_id)


async def test_code_runs_in_the_named_one_or_in_one_of_its_own_with_what_it_was_given(script, api, client):
    for _ in range(3):
        script.enqueue(RUN, Say("a.csv"), Cite({"type": "container_file_citation", "filename": "a.csv"}))
    made = api.containers.create("x").id
    assert container_of(await client.responses.create(**ASK, tools=code(made))) == made
    given = await client.files.create(file=("in.txt", b"x"), purpose="user_data")
    tools = code({"type": "auto", "file_ids": [given.id]})
    one, other = [container_of(await client.responses.create(**ASK, tools=tools)) for _ in range(2)]
    assert len({made, one, other}) == 3
    files = api.containers.all[one].files.values()
    assert {(file.name, file.source) for file in files} == {("in.txt", "user"), ("a.csv", "assistant")}


async def test_a_conversation_goes_on_in_its_container(script, api, client):
    for _ in range(3):
        script.enqueue(RUN)
    first = container_of(await client.responses.create(**ASK, tools=AUTO))
    call: Any = {"type": "code_interpreter_call", "id": "ci_1", "code": "1", "container_id": first}
    call |= {"outputs": None, "status": "completed"}
    ask: Any = {**ASK, "input": [call, {"role": "user", "content": "Again"}], "tools": AUTO}
    assert container_of(await client.responses.create(**ask)) == first
    api.containers.expire(first)
    assert container_of(await client.responses.create(**ask)) != first


async def test_a_container_dies_when_it_is_idle(script, api, client):
    """20 minutes after its last use: its files are lost, and naming it is refused."""
    script.enqueue(RUN)
    name = container_of(await client.responses.create(**ASK, tools=AUTO))
    (file,) = api.containers.all[name].files
    content = client.containers.files.content.retrieve
    for _ in range(2):
        api.clock.skip(19 * MINUTE)
        assert await (await content(file, container_id=name)).aread() == b"1,2"
    api.clock.skip(20 * MINUTE)
    with pytest.raises(openai.NotFoundError, match="expired"):
        await content(file, container_id=name)
    with pytest.raises(openai.BadRequestError, match="expired"):
        await client.responses.create(**ASK, tools=code(name))
    assert api.containers.all[name].files == {}
