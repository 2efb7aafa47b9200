"""The OpenAI stand-in: files, as the real SDK uploads and finds them; faults on any address."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import openai
import pytest
from openai.types import FileDeleted, FileObject

from standins.script.picture import png
from tests.standins.openai.clients import ASK, undeclared

NOTE: Any = ("보고서 1.txt", b"buy tea", "text/plain")
HOUR = 3600


async def test_a_file_is_there_until_it_expires_or_is_deleted(api, client):
    file = await client.files.create(
        file=NOTE, purpose="user_data", expires_after={"anchor": "created_at", "seconds": HOUR}
    )
    assert undeclared(FileObject.model_validate(file.to_dict())) == set()
    assert (file.filename, file.bytes, file.purpose) == ("보고서 1.txt", 7, "user_data")
    assert (file.expires_at, api.files.uploaded[0].content) == (file.created_at + HOUR, b"buy tea")
    api.clock.skip(HOUR - 60)
    assert [one async for one in client.files.list()] == [file]
    api.clock.skip(61)
    assert [one async for one in client.files.list()] == []
    lasting = await client.files.create(file=NOTE, purpose="user_data")
    deleted = await client.files.delete(lasting.id)
    assert deleted == FileDeleted(id=lasting.id, deleted=True, object="file")
    with pytest.raises(openai.NotFoundError):
        await client.files.delete(lasting.id)


async def test_files_are_listed_in_pages(client):
    made = [await client.files.create(file=NOTE, purpose="assistants") for _ in range(3)]
    await client.files.create(file=NOTE, purpose="user_data")
    page = await client.files.list(purpose="assistants", limit=2)
    everything = [file.id async for file in page]
    assert (len(page.data), everything) == (2, [file.id for file in reversed(made)])


async def test_a_fault_hits_as_often_as_asked(api, client):
    api.fail("POST /files", status=503, code="server_is_overloaded", times=2, retry_after=1)
    for _ in range(2):
        with pytest.raises(openai.InternalServerError) as caught:
            await client.files.create(file=NOTE, purpose="user_data")
    await client.files.create(file=NOTE, purpose="user_data")
    assert (caught.value.code, caught.value.response.headers["retry-after"]) == ("server_is_overloaded", "1")
    assert (api.asked("POST /files"), [exchange.status for exchange in api.exchanges]) == (3, [503, 503, 200])


async def test_an_answer_can_be_lost_held_or_late(api, client):
    api.fail("POST /files", lost=True)
    with pytest.raises(openai.APIConnectionError):
        await client.files.create(file=NOTE, purpose="user_data")
    assert len(api.files.uploaded) == 1
    hold = api.hold("POST /files")
    upload = asyncio.create_task(client.files.create(file=NOTE, purpose="user_data"))
    await api.until(lambda: hold.waiting == 1)
    assert len(api.files.uploaded) == 1
    hold.release()
    await upload
    assert len(api.files.uploaded) == 2
    api.fail("POST /files", status=0, seconds=0.03)
    began = time.monotonic()
    await client.files.create(file=NOTE, purpose="user_data")
    assert time.monotonic() - began >= 0.03


async def test_a_picture_that_was_uploaded_is_one(client):
    file = await client.files.create(file=("a.png", png()), purpose="vision")
    part: Any = {"type": "input_image", "file_id": file.id}
    await client.responses.create(**{**ASK, "input": [{"role": "user", "content": [part]}]})
