"""The OpenAI stand-in: vector stores, as the real SDK fills and searches them."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types import VectorStore
from openai.types.vector_stores import VectorStoreFile

from standins.script.script import Hosted, Say
from tests.standins.openai.clients import ASK, undeclared

DAY = 86_400


async def uploaded(client: AsyncOpenAI, name: str, content: bytes) -> str:
    return (await client.files.create(file=(name, content), purpose="assistants")).id


async def test_a_store_is_made_and_found(api, client):
    store = await client.vector_stores.create(
        name="Ann", expires_after={"anchor": "last_active_at", "days": 7}, metadata={"a": "b"}
    )
    again = await client.vector_stores.update(store.id, name="Bea")
    await client.vector_stores.retrieve(store.id)
    assert undeclared(VectorStore.model_validate(store.to_dict())) == set()
    assert (store.name, store.status, store.metadata) == ("Ann", "completed", {"a": "b"})
    assert store.expires_at == store.created_at + 7 * DAY
    assert (again.id, again.name, again.expires_at) == (store.id, "Bea", store.expires_at)
    assert list(api.stores.all) == [store.id]


async def test_a_document_is_indexed_a_moment_later(client):
    store = await client.vector_stores.create(name="x")
    file = await uploaded(client, "note.md", b"# tea")
    begun = await client.vector_stores.files.create(vector_store_id=store.id, file_id=file)
    done = await client.vector_stores.files.poll(file, vector_store_id=store.id)
    store = await client.vector_stores.retrieve(store.id)
    assert (begun.status, done.status) == ("in_progress", "completed")
    assert undeclared(VectorStoreFile.model_validate(done.to_dict())) == set()
    assert (store.file_counts.completed, store.file_counts.total) == (1, 1)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("data.bin", b"\0\1\2", "unsupported_file"),
        ("table.csv", b"a,b", "unsupported_file"),
        ("note", b"tea", "unsupported_file"),
        ("note.txt", b"\xff\0\xff", "invalid_file"),
        ("plan.pdf", b"no pdf", "invalid_file"),
    ],
)
async def test_what_cannot_be_read_fails(client, name, content, code):
    store = await client.vector_stores.create(name="x")
    file = await client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=(name, content))
    assert file.status == "failed"
    assert file.last_error is not None
    assert file.last_error.code == code


async def test_files_of_a_store_can_be_listed_and_removed(client):
    store = await client.vector_stores.create(name="x")
    good = await client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=("a.txt", b"x"))
    await client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=("a.bin", b"x"))
    listed = [file.id async for file in client.vector_stores.files.list(store.id, filter="completed")]
    gone = await client.vector_stores.files.delete(good.id, vector_store_id=store.id)
    with pytest.raises(openai.NotFoundError):
        await client.vector_stores.files.retrieve(good.id, vector_store_id=store.id)
    await client.files.retrieve(good.id)
    assert listed == [good.id]
    assert gone.deleted


async def test_a_deleted_file_is_in_no_store(client):
    file = await uploaded(client, "a.txt", b"x")
    store = await client.vector_stores.create(name="x", file_ids=[file])
    await client.files.delete(file)
    store = await client.vector_stores.retrieve(store.id)
    assert store.file_counts.total == 0


async def test_an_unused_store_expires(api, client):
    """It is shown as expired, and neither filled nor searched any more."""
    store = await client.vector_stores.create(name="x", expires_after={"anchor": "last_active_at", "days": 1})
    tools: Any = [{"type": "file_search", "vector_store_ids": [store.id]}]
    api.clock.skip(DAY - 60)
    await client.responses.create(**ASK, tools=tools)
    api.clock.skip(DAY - 60)
    await client.responses.create(**ASK, tools=tools)
    api.clock.skip(DAY)
    store = await client.vector_stores.retrieve(store.id)
    file = await uploaded(client, "a.txt", b"x")
    with pytest.raises(openai.BadRequestError, match="expired"):
        await client.vector_stores.files.create(vector_store_id=store.id, file_id=file)
    with pytest.raises(openai.BadRequestError, match="expired"):
        await client.responses.create(**ASK, tools=tools)
    assert store.status == "expired"


async def test_stores_are_listed(api, client):
    made = [(await client.vector_stores.create(name=name)).id for name in "abc"]
    listed = [store.id async for store in client.vector_stores.list()]
    await client.vector_stores.delete(made[0])
    assert listed == made[::-1]
    assert list(api.stores.all) == made[1:]


async def test_indexing_can_fail_for_no_reason(api, client):
    """With the code the test asks for; removed and added again it may succeed."""
    api.stores.errors["a.txt"] = "server_error"
    store = await client.vector_stores.create(name="x")
    failed = await client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=("a.txt", b"x"))
    del api.stores.errors["a.txt"]
    await client.vector_stores.files.delete(failed.id, vector_store_id=store.id)
    again = await client.vector_stores.files.create_and_poll(failed.id, vector_store_id=store.id)
    assert failed.last_error is not None
    assert failed.last_error.code == "server_error"
    assert again.status == "completed"


async def test_a_search_finds_only_what_is_in_its_stores(script, client):
    """The documents in which a word of the query stands, of the stores that the request names."""
    for _ in range(2):
        script.enqueue(Hosted("file_search_call", {"queries": ["green tea"]}), Say("Hm"))
    stores = []
    for name in ("ann", "bob"):
        store = await client.vector_stores.create(name=name)
        for topic in ("tea", "cars"):
            await client.vector_stores.files.upload_and_poll(
                vector_store_id=store.id, file=(f"{name}-{topic}.txt", topic.encode())
            )
        stores.append(store.id)
    found: list[Any] = [
        await client.responses.create(
            **ASK,
            tools=[{"type": "file_search", "vector_store_ids": [store]}],
            include=["file_search_call.results"],
        )
        for store in stores
    ]
    names = [[result.filename for result in response.output[0].results] for response in found]
    assert names == [["ann-tea.txt"], ["bob-tea.txt"]]
