"""The OpenAI stand-in: files, as the real SDK uploads and finds them."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import openai
import pytest
from openai.types import FileDeleted, FileObject

from standins.openai import OpenAIStandin
from standins.script.script import Scenario
from tests.standins.openai_client import served, undeclared

NOTE: Any = ("note.txt", b"buy tea", "text/plain")
HOUR = 3600


async def test_an_upload_is_a_file_object():
    """With every field of the SDK's type, and kept with its bytes."""
    async with served(Scenario()) as (api, client):
        file = await client.files.create(
            file=NOTE, purpose="user_data", expires_after={"anchor": "created_at", "seconds": HOUR}
        )
        again = await client.files.retrieve(file.id)

    assert undeclared(FileObject.model_validate(file.to_dict())) == set()
    assert (file.filename, file.bytes, file.purpose) == ("note.txt", 7, "user_data")
    assert file.expires_at == file.created_at + HOUR
    assert again == file
    assert api.files.uploaded[0].content == b"buy tea"


async def test_names_may_be_in_any_script():
    """A name arrives as it was sent."""
    async with served(Scenario()) as (_, client):
        file = await client.files.create(file=("보고서 1.txt", b"x"), purpose="assistants")

    assert file.filename == "보고서 1.txt"


async def test_a_deleted_file_is_gone():
    """404, also for deleting it again."""
    async with served(Scenario()) as (_, client):
        file = await client.files.create(file=NOTE, purpose="user_data")
        deleted = await client.files.delete(file.id)
        for call in (client.files.retrieve, client.files.delete):
            with pytest.raises(openai.NotFoundError):
                await call(file.id)

    assert deleted == FileDeleted(id=file.id, deleted=True, object="file")


async def test_a_file_expires():
    """When its time is over, and not before."""
    async with served(Scenario()) as (api, client):
        file = await client.files.create(
            file=NOTE, purpose="user_data", expires_after={"anchor": "created_at", "seconds": HOUR}
        )
        api.clock.skip(HOUR - 60)
        await client.files.retrieve(file.id)
        api.clock.skip(61)
        with pytest.raises(openai.NotFoundError):
            await client.files.retrieve(file.id)


@pytest.mark.parametrize("purpose", ["user_data", "assistants", "vision"])
async def test_what_was_sent_cannot_be_downloaded(purpose):
    """400 for the purposes an assistant uses."""
    async with served(Scenario()) as (_, client):
        file = await client.files.create(file=NOTE, purpose=purpose)
        with pytest.raises(openai.BadRequestError, match=f"purpose: {purpose}"):
            await client.files.content(file.id)


async def test_other_files_can_be_downloaded():
    """A batch's, for example."""
    async with served(Scenario()) as (_, client):
        file = await client.files.create(file=NOTE, purpose="batch")
        content = await client.files.content(file.id)

    assert await content.aread() == b"buy tea"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"purpose": "fun"}, "purpose"),
        ({"expires_after": {"anchor": "created_at", "seconds": 3599}}, "expires_after.seconds"),
        ({"expires_after": {"anchor": "created_at", "seconds": 2_592_001}}, "expires_after.seconds"),
        ({"expires_after": {"anchor": "last_active_at", "seconds": HOUR}}, "expires_after.anchor"),
        ({"expires_after": {"anchor": "created_at"}}, "expires_after.seconds"),
        ({"file": ("empty.txt", b"")}, "file"),
    ],
)
async def test_bad_uploads_are_refused(fields, param):
    """400, with the parameter at fault; nothing is kept."""
    async with served(Scenario()) as (api, client):
        with pytest.raises(openai.BadRequestError) as caught:
            await client.files.create(**{"file": NOTE, "purpose": "user_data", **fields})

    assert caught.value.param == param
    assert api.files.uploaded == []


async def test_a_file_has_a_limit():
    """Counted while it is read."""
    async with served(Scenario()) as (api, client):
        api.files.limit = 6
        with pytest.raises(openai.APIStatusError) as caught:
            await client.files.create(file=NOTE, purpose="user_data")

    assert caught.value.status_code == 413


async def test_files_are_listed_in_pages():
    """Newest first, of one purpose."""
    async with served(Scenario()) as (_, client):
        made = [await client.files.create(file=NOTE, purpose="assistants") for _ in range(3)]
        await client.files.create(file=NOTE, purpose="user_data")
        page = await client.files.list(purpose="assistants", limit=2)
        everything = [file.id async for file in page]

    assert len(page.data) == 2
    assert everything == [file.id for file in reversed(made)]


async def test_a_fault_hits_as_often_as_asked():
    """Any path can fail, with any status."""
    async with served(Scenario()) as (api, client):
        api.fail("POST /files", status=503, code="server_is_overloaded", times=2, retry_after=1)
        for _ in range(2):
            with pytest.raises(openai.InternalServerError) as caught:
                await client.files.create(file=NOTE, purpose="user_data")
        await client.files.create(file=NOTE, purpose="user_data")

    assert caught.value.code == "server_is_overloaded"
    assert caught.value.response.headers["retry-after"] == "1"
    assert api.asked("POST /files") == 3
    assert [exchange.status for exchange in api.exchanges] == [503, 503, 200]


async def test_an_answer_can_be_lost():
    """What was asked for happened, but nobody is told."""
    async with served(Scenario()) as (api, client):
        api.fail("POST /files", lost=True)
        with pytest.raises(openai.APIConnectionError):
            await client.files.create(file=NOTE, purpose="user_data")

    assert len(api.files.uploaded) == 1


@pytest.mark.parametrize("path", ["/files", "/vector_stores", "/containers", "/models"])
async def test_nobody_comes_in_without_the_key(path):
    """401 everywhere."""
    async with served(Scenario(), api_key="sk-right") as (_, client):
        with pytest.raises(openai.AuthenticationError):
            await client.with_options(api_key="sk-wrong").get(path, cast_to=object)


@pytest.mark.parametrize("options", [{"portable": True}, {"hosted": False}])
async def test_a_server_without_hosted_tools_has_no_files(options):
    """The addresses are not there."""
    async with served(Scenario(), **options) as (_, client):
        with pytest.raises(openai.NotFoundError):
            await client.files.create(file=NOTE, purpose="user_data")


async def test_a_request_can_be_held():
    """Nothing of it happens until it is released."""
    async with served(Scenario()) as (api, client):
        hold = api.hold("POST /files")
        upload = asyncio.create_task(client.files.create(file=NOTE, purpose="user_data"))
        await api.until(lambda: hold.waiting == 1)
        assert api.files.uploaded == []
        hold.release()
        await upload

    assert len(api.files.uploaded) == 1


async def test_a_request_can_be_late():
    """Held back for a while, then served."""
    async with served(Scenario()) as (api, client):
        api.fail("POST /files", status=0, seconds=0.03)
        began = time.monotonic()
        await client.files.create(file=NOTE, purpose="user_data")

    assert time.monotonic() - began >= 0.03


@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data", "multipart/form-data; boundary=x"]
)
async def test_a_broken_form_is_refused(kind):
    """400 in the API's shape, whatever was sent."""
    async with OpenAIStandin(Scenario()) as api, aiohttp.ClientSession() as session:
        headers = {"Authorization": "Bearer k", "Content-Type": kind}
        async with session.post(f"{api.base_url}/files", headers=headers, data=b"no form") as answer:
            error = (await answer.json())["error"]

    assert answer.status == 400
    assert error["type"] == "invalid_request_error"
