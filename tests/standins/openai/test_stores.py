"""The OpenAI stand-in: vector stores, as the real SDK fills and searches them."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai.types import VectorStore
from openai.types.vector_stores import VectorStoreFile

from standins.script.script import Hosted, Say
from tests.standins.openai.clients import ASK, undeclared

DAY = 86_400


async def uploaded(client: openai.AsyncOpenAI, name: str, content: bytes = b"x") -> str:
    return (await client.files.create(file=(name, content), purpose="assistants")).id


async def added(client: openai.AsyncOpenAI, store: VectorStore, name: str, content: bytes = b"x") -> Any:
    """A file in the store, once it is indexed."""
    upload = client.vector_stores.files.upload_and_poll
    return await upload(vector_store_id=store.id, file=(name, content))


async def test_a_store_is_made_found_and_deleted(api, client):
    expiry: Any = {"anchor": "last_active_at", "days": 7}
    store = await client.vector_stores.create(name="Ann", expires_after=expiry, metadata={"a": "b"})
    assert await client.vector_stores.retrieve(store.id) == store
    assert undeclared(VectorStore.model_validate(store.to_dict())) == set()
    assert (store.name, store.status, store.metadata) == ("Ann", "completed", {"a": "b"})
    assert store.expires_at == store.created_at + 7 * DAY
    assert (await client.vector_stores.delete(store.id)).deleted
    assert api.stores.all == {}


async def test_a_document_is_indexed_a_moment_later_and_can_be_removed(client):
    store = await client.vector_stores.create(name="x")
    file = await uploaded(client, "note.md", b"# tea")
    begun = await client.vector_stores.files.create(vector_store_id=store.id, file_id=file)
    done = await client.vector_stores.files.poll(file, vector_store_id=store.id)
    store = await client.vector_stores.retrieve(store.id)
    assert (begun.status, done.status) == ("in_progress", "completed")
    assert undeclared(VectorStoreFile.model_validate(done.to_dict())) == set()
    assert (store.file_counts.completed, store.file_counts.total) == (1, 1)
    assert (await client.vector_stores.files.delete(file, vector_store_id=store.id)).deleted
    with pytest.raises(openai.NotFoundError):
        await client.vector_stores.files.retrieve(file, vector_store_id=store.id)
    assert file in [one.id async for one in client.files.list()]


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
    file = await added(client, await client.vector_stores.create(name="x"), name, content)
    assert (file.status, file.last_error.code) == ("failed", code)


async def test_a_deleted_file_is_in_no_store(client):
    file = await uploaded(client, "a.txt")
    store = await client.vector_stores.create(name="x", file_ids=[file])
    await client.files.delete(file)
    assert (await client.vector_stores.retrieve(store.id)).file_counts.total == 0


async def test_an_unused_store_expires(api, client):
    """It is shown as expired, and neither filled nor searched any more."""
    expiry: Any = {"anchor": "last_active_at", "days": 1}
    store = await client.vector_stores.create(name="x", expires_after=expiry)
    tools: Any = [{"type": "file_search", "vector_store_ids": [store.id]}]
    for _ in range(2):
        api.clock.skip(DAY - 60)
        await client.responses.create(**ASK, tools=tools)
    api.clock.skip(DAY)
    assert (await client.vector_stores.retrieve(store.id)).status == "expired"
    file = await uploaded(client, "a.txt")
    with pytest.raises(openai.BadRequestError, match="expired"):
        await client.vector_stores.files.create(vector_store_id=store.id, file_id=file)
    with pytest.raises(openai.BadRequestError, match="expired"):
        await client.responses.create(**ASK, tools=tools)


async def test_indexing_can_fail_for_no_reason(api, client):
    """With the code the test asks for; removed and added again it may succeed."""
    api.stores.errors["a.txt"] = "server_error"
    store = await client.vector_stores.create(name="x")
    failed = await added(client, store, "a.txt")
    del api.stores.errors["a.txt"]
    await client.vector_stores.files.delete(failed.id, vector_store_id=store.id)
    again = await client.vector_stores.files.create_and_poll(failed.id, vector_store_id=store.id)
    assert (failed.last_error.code, again.status) == ("server_error", "completed")


async def test_a_search_finds_only_what_is_in_its_stores(script, client):
    """The documents in which a word of the query stands, of the stores that the request names."""
    include: Any = ["file_search_call.results"]
    for name in ("ann", "bob"):
        script.enqueue(Hosted("file_search_call", {"queries": ["green tea"]}), Say("Hm"))
        store = await client.vector_stores.create(name=name)
        for topic in ("tea", "cars"):
            await added(client, store, f"{name}-{topic}.txt", topic.encode())
        tools: Any = [{"type": "file_search", "vector_store_ids": [store.id]}]
        found: Any = await client.responses.create(**ASK, tools=tools, include=include)
        assert [result.filename for result in found.output[0].results] == [f"{name}-tea.txt"]


async def test_batches_searches_and_texts(api, client):
    """As many as were put in; a batch belongs to its store; filters compare attributes."""
    store = await client.vector_stores.create(name="x")
    files = [await uploaded(client, f"{word}.md", word.encode()) for word in ("tea", "coffee")]
    given: Any = [{"file_id": files[0], "attributes": {"n": 1}}, {"file_id": files[1]}]
    batch = await client.vector_stores.file_batches.create(store.id, files=given)
    batch = await client.vector_stores.file_batches.poll(batch.id, vector_store_id=store.id)
    assert ("completed", 2) == (batch.status, batch.file_counts.completed)
    rule: Any = {"type": "gte", "key": "n", "value": 1}
    found = await client.vector_stores.search(store.id, query="tea coffee", filters=rule)
    assert [("tea.md", {"n": 1.0})] == [(one.filename, one.attributes) for one in found.data]
    text = await client.vector_stores.files.content(files[1], vector_store_id=store.id)
    assert ["coffee"] == [part.text for part in text.data]
    other = await client.vector_stores.create(name="y")
    assert [other.id, store.id] == [one.id async for one in client.vector_stores.list(limit=1)]
    with pytest.raises(openai.NotFoundError):
        await client.vector_stores.file_batches.retrieve(batch.id, vector_store_id=other.id)


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("", {"chunking_strategy": {"type": "static"}}, "chunking_strategy.static"),
        ("", {"metadata": {"k": "x" * 513}}, "metadata.k"),
        ("/search", {"query": []}, "query"),
        ("/search", {"query": "a", "max_num_results": 51}, "max_num_results"),
        ("/files", {"file_id": "f", "attributes": {"k": []}}, "attributes.k"),
        (
            "/file_batches",
            {
                "chunking_strategy": {
                    "type": "static",
                    "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 51},
                }
            },
            "chunking_strategy.static",
        ),
    ],
)
async def test_stores_keep_the_apis_bounds(client, path, body, param):
    store = await client.vector_stores.create(name="x")
    with pytest.raises(openai.BadRequestError) as caught:
        await client.post(
            f"/vector_stores/{store.id}{path}" if path else "/vector_stores", cast_to=object, body=body
        )
    assert param == caught.value.param
