"""Files and vector stores through the real SDK, and forms no SDK sends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError

from standins.local import free_port
from standins.openai import OpenAIStandin
from tests.conftest import Product
from tests.web.clients import Api
from tests.web.serving import Serving

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
NAME = '../보고"서\n.txt'
LONG = bytes(range(256)) * 5000


async def test_a_file_comes_back_as_it_was_sent(api: Api, client: AsyncOpenAI) -> None:
    """Its name is only data; its bytes are never shown as a page; expiry and purpose are told."""
    life: Any = {"anchor": "created_at", "seconds": 3600}
    made = await client.files.create(file=(NAME, LONG), purpose="vision", expires_after=life)
    assert (len(LONG), "vision", made.created_at + 3600) == (made.bytes, made.purpose, made.expires_at)
    assert "보고" in made.filename
    async with client.files.with_streaming_response.content(made.id) as answer:
        assert LONG == await answer.read()
        headers = answer.headers
    assert ("application/octet-stream", "nosniff") == (
        headers["content-type"],
        headers["x-content-type-options"],
    )
    assert headers["content-disposition"].isascii()
    page = await client.files.list(purpose="vision", limit=1)
    assert [made] == page.data == [await client.files.retrieve(made.id)]
    assert (await client.files.delete(made.id)).deleted
    other = await api.client("other", "elsewhere")
    kept = await client.files.create(file=b"Example data", purpose="assistants")
    for asked, key in ((made.id, client), (kept.id, other)):
        with pytest.raises(NotFoundError, match=f"No such File object: {asked}"):
            await key.files.content(asked)


async def test_documents_are_found(openai: OpenAIStandin, client: AsyncOpenAI) -> None:
    """The SDK's own helpers upload, wait and search; no id of the model server shows."""
    store = await client.vector_stores.create(name="docs")
    files: Any = [("a.txt", b"kimchi is hot"), ("b.txt", b"rice is not")]
    batch = await client.vector_stores.file_batches.upload_and_poll(store.id, files=files)
    assert ("completed", 2) == (batch.status, batch.file_counts.completed)
    entry = await client.vector_stores.files.upload_and_poll(
        vector_store_id=store.id, file=("c.md", b"# tea")
    )
    assert "completed" == entry.status
    shown = await client.vector_stores.retrieve(store.id)
    assert (3, "completed", True) == (shown.file_counts.total, shown.status, shown.usage_bytes > 0)
    rule: Any = {"type": "or", "filters": [{"type": "eq", "key": "k", "value": 1}]}
    await client.vector_stores.files.update(entry.id, vector_store_id=store.id, attributes={"k": 1})
    for query, filters in (("tea", rule), (["tea"], None)):
        found = await client.vector_stores.search(
            store.id, query=query, **({"filters": filters} if filters else {})
        )
        assert [(entry.id, "c.md", "# tea")] == [
            (one.file_id, one.filename, one.content[0].text) for one in found.data
        ]
    assert [] == (await client.vector_stores.search(store.id, query="kimchi", filters=rule)).data
    listed = await client.vector_stores.files.list(store.id, filter="completed", order="asc", limit=2)
    assert (3, True) == (len([one async for one in listed]), listed.has_more)
    text = await client.vector_stores.files.content(entry.id, vector_store_id=store.id)
    assert ["# tea"] == [part.text for part in text.data]
    spec: Any = {"file_search": {"vector_stores": [{"file_ids": [entry.id], "metadata": {"a": "b"}}]}}
    thread = await client.beta.threads.create(tool_resources=spec)
    assert {"a": "b"} == (await client.vector_stores.retrieve(_store_of(thread))).metadata
    made = await client.beta.assistants.create(
        model="gpt-6-luna", tools=[{"type": "file_search"}], tool_resources=spec
    )
    assert _store_of(made) != _store_of(thread)
    with pytest.raises(NotFoundError):
        await client.beta.assistants.update(
            made.id, tool_resources={"file_search": {"vector_store_ids": ["vs_other"]}}
        )


def _store_of(made: Any) -> str:
    return str(made.tool_resources.file_search.vector_store_ids[0])


FIELDS = b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n'
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nabc\r\n'
END = b"--b--\r\n"


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (FIELDS + FILE + END, 200, "file-"),
        (FILE + FIELDS + END, 200, "file-"),
        (FILE + END, 400, "Missing required parameter: 'purpose'."),
        (FIELDS + END, 400, "Missing required parameter: 'file'."),
        (FIELDS + FILE + FILE + END, 400, "twice"),
        (FIELDS.replace(b"assistants", b"theft") + FILE + END, 400, "Invalid value: 'theft'."),
        (FIELDS.replace(b"assistants", b"x" * 5000) + FILE + END, 413, "4096"),
        (FIELDS.replace(b"purpose", b"purposes") + FILE + END, 400, "Unknown parameter: 'purposes'."),
        (FIELDS + FILE.replace(b"a.txt", b"a" * 600) + END, 400, "name too long"),
        (FIELDS + FILE.replace(b"abc", b"") + END, 400, "File is empty."),
        (FIELDS + FILE, 400, ""),
        (b"nothing", 400, "multipart"),
        (b"", 400, ""),
        (
            FIELDS
            + FILE.replace(b"\r\n\r\nabc", b"\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c--")
            + END,
            400,
            "",
        ),
    ],
)
async def test_forms_are_read_as_they_are(api: Api, body: bytes, status: int, word: str) -> None:
    """In either order; what is wrong is said, and nothing of it stays."""
    headers = {
        "Authorization": f"Bearer {await api.key('raw')}",
        "Content-Type": "multipart/form-data; boundary=b",
    }
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.post(f"{api.url}/files", data=body) as answer:
            told = await answer.text()
            assert (status, True) == (answer.status, word in told), told
        async with session.get(f"{api.url}/files") as answer:
            assert (status == 200) == bool((await answer.json())["data"])


async def test_too_large_is_refused_before_it_is_sent(product: Product, tmp_path: Any) -> None:
    """By what the request says of itself, and while it is read where it says nothing."""
    port = free_port()
    async with product(http=f"127.0.0.1:{port}", openai_features="portable", api_upload_mb=1):
        api = Api(f"http://127.0.0.1:{port}/v1", tmp_path / "data")
        key = await api.key("me")
        head = f"POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        head += "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 2000000\r\n\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode())
        assert b"413" in await asyncio.wait_for(reader.readline(), 5)
        writer.close()

        async def endless() -> AsyncIterator[bytes]:
            yield FIELDS + FILE.removesuffix(b"abc\r\n")
            for _ in range(3):
                yield b"x" * 2**20

        headers = {"Authorization": f"Bearer {key}", "Content-Type": "multipart/form-data; boundary=b"}
        async with aiohttp.ClientSession(headers=headers) as session:
            answer = await session.post(f"{api.url}/files", data=endless())
            assert (413, "1048576") == (answer.status, (await answer.text()).split("limit (")[1][:7])
        async with api.stack:
            client = await api.known(key)
            with pytest.raises(BadRequestError, match="file_search"):
                await client.vector_stores.create()


@pytest.mark.slow
async def test_a_file_that_was_answered_survives_a_kill(openai: OpenAIStandin, tmp_path: Any) -> None:
    """Its bytes too, with no model server; and a store finds it in the next process."""
    spool = Serving(tmp_path / "data", openai)
    await spool.start()
    async with spool.api.stack:
        client = await spool.api.client("me")
        made = await client.files.create(file=("a.txt", b"kimchi"), purpose="assistants")
        store = await client.vector_stores.create(file_ids=[made.id])
        await spool.kill()
        await spool.start()
        assert b"kimchi" == (await client.files.content(made.id)).content
        found = await client.vector_stores.search(store.id, query="kimchi")
        assert [made.id] == [one.file_id for one in found.data]
    await spool.stop()
