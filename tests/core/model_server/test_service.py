"""model_server.service over real sockets: what is sent, what may be repeated, what each refusal means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from core.errors import Permanent, Retryable, TooLarge
from core.model_server.service import OpenAIService
from core.ports import GONE, UNREADABLE, ModelFacts, Service
from standins.openai import OpenAIStandin
from standins.script.script import Scenario

OGG = b"OggS and more"


@pytest.fixture
async def api() -> AsyncIterator[OpenAIStandin]:
    """The model server."""
    async with OpenAIStandin(Scenario()) as standin:
        yield standin


@pytest.fixture
async def service(api: OpenAIStandin) -> AsyncIterator[OpenAIService]:
    """The service, for that server, in a hurry."""
    made = OpenAIService(api_key="sk-test", base_url=api.base_url, pause=0.01)
    yield made
    await made.close()


async def refused(api: OpenAIStandin, call: Any) -> Permanent:
    """What the call raises."""
    with pytest.raises(Permanent) as caught:
        await call
    return caught.value


@pytest.mark.parametrize(("seconds", "life"), [(None, None), (60, 3600), (7200, 7200), (10**9, 30 * 86400)])
async def test_an_upload_is_a_file(api, service, seconds, life):
    """For good, or an hour to thirty days as the server takes. Forgetting twice is as good as once."""
    ported: Service = service
    id = await ported.upload("한글 보고서.txt", "안녕".encode(), purpose="assistants", seconds=seconds)
    (file,) = api.files.uploaded
    assert (id, "한글 보고서.txt", "assistants") == (file.id, file.name, file.purpose)
    assert "안녕".encode() == file.content
    assert file.expires_at == (life and pytest.approx(file.created_at + life))
    for _ in range(2):
        await service.forget(id)
    assert not api.files.kept


async def test_a_path_is_read_while_it_is_sent(api, service, tmp_path):
    """Progress is told piece by piece, up to all of it. One that is not there is the system's own error."""
    path = tmp_path / "big.txt"
    path.write_bytes(b"x" * 300_000)
    told: list[int] = []
    await service.upload("big.txt", path, purpose="assistants", progress=told.append)
    assert [300_000] == [len(file.content) for file in api.files.uploaded]
    assert told == sorted(told)
    assert len(set(told)) > 2
    assert 300_000 == told[-1]
    with pytest.raises(FileNotFoundError):
        await service.upload("a.txt", Path("missing.txt"), purpose="assistants")


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_an_upload_is_never_repeated(api, service, status):
    """Whether it took effect is for the caller to find out: where the answer was lost, it is there."""
    api.fail("POST /files", status=status, code="rate_limit_exceeded", retry_after=7)
    with pytest.raises(Retryable) as caught:
        await service.upload("a.txt", b"a", purpose="assistants")
    assert (1, 7.0) == (api.asked("POST /files"), caught.value.retry_after)
    api.fail("POST /files", lost=True)
    with pytest.raises(Retryable, match="connection_error"):
        await service.upload("a.txt", b"a", purpose="assistants")
    assert 1 == len(await service.uploads("assistants", 0))


async def test_uploads_are_listed_from_a_time_on(api, service):
    """Of one purpose, newest first; who expires is told."""
    await service.upload("old.txt", b"old", purpose="assistants")
    api.clock.skip(100)
    since = api.clock.now() - 50
    await service.upload("other.txt", b"other", purpose="user_data")
    await service.upload("one.txt", b"one", purpose="assistants")
    await service.upload("two.txt", b"to be gone", purpose="assistants", seconds=3600)
    listed = await service.uploads("assistants", since)
    assert [("two.txt", 10, False), ("one.txt", 3, True)] == [(up.name, up.size, up.lasting) for up in listed]


async def test_a_store_expires_after_its_days(api, service):
    """It is then not there any more; one without days stays. Deleting twice is as good as once."""
    dated, store = await service.create_store("Spool thread_1", days=7), await service.create_store("s")
    assert await service.has_store(dated)
    api.clock.skip(8 * 86400)
    assert not await service.has_store(dated)
    api.clock.skip(1000 * 86400)
    assert await service.has_store(store)
    for _ in range(2):
        await service.delete_store(store)
    assert not await service.has_store(store)


STUMBLES: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({"lost": True}, {"status": 503, "code": "server_is_overloaded"}),
    ({"status": 404, "code": "", "times": 2}, {"status": 404, "code": "", "times": 2}),
)


@pytest.mark.parametrize(("posted", "read"), STUMBLES)
async def test_indexing_may_be_repeated(api, service, posted, read):
    """After a lost answer, or while not all servers know of the store; then it can be found."""
    api.stores.indexing = 0.05
    store = await service.create_store("s")
    file = await service.upload("a.txt", b"the answer is 42", purpose="assistants")
    api.fail("POST /vector_stores/*/files", **posted)
    api.fail("GET /vector_stores/*/files/*", **read)
    await service.index(store, file)
    assert [file] == list(api.stores.find(store).entries)
    assert [file] == [found["file_id"] for found in api.stores.found([store], "answer")]


async def test_an_unreadable_document_says_why(api, service):
    """In the server's words; and it does not stay in the store."""
    store = await service.create_store("s")
    file = await service.upload("a.pdf", b"no pdf", purpose="assistants")
    error = await refused(api, service.index(store, file))
    assert (UNREADABLE, "invalid_file: The file could not be parsed.") == (error.notice, error.code)
    assert not api.stores.find(store).entries


async def test_indexing_is_waited_for_only_so_long(api):
    """The same call may be made again later."""
    api.stores.indexing = 60.0
    hasty = OpenAIService(api_key="sk-test", base_url=api.base_url, pause=0.01, patience=0.05)
    try:
        store = await hasty.create_store("s")
        file = await hasty.upload("a.txt", b"a", purpose="assistants")
        with pytest.raises(Retryable, match="indexing_timeout"):
            await hasty.index(store, file)
    finally:
        await hasty.close()


async def test_a_store_or_a_file_that_vanished_is_gone(api, service):
    """Deleted or expired: the same notice."""
    store, dated = await service.create_store("s"), await service.create_store("d", days=1)
    file = await service.upload("a.txt", b"a", purpose="assistants")
    api.clock.skip(2 * 86400)
    gone = [
        await refused(api, service.index(store, "file-none")),
        await refused(api, service.index("vs_none", file)),
        await refused(api, service.index(dated, file)),
    ]
    assert [GONE, GONE, GONE] == [error.notice for error in gone]


async def test_a_document_is_taken_out_of_its_store(api, service):
    """Once or twice; the file stays."""
    store = await service.create_store("s")
    file = await service.upload("a.txt", b"a", purpose="assistants")
    await service.index(store, file)
    await service.unindex(store, file)
    await service.unindex(store, file)
    assert (0, 1) == (len(api.stores.find(store).entries), len(api.files.kept))


async def test_a_produced_file_is_downloaded(api, service):
    """Byte for byte, also when the server stumbles; not to its end if too large, nor once expired."""
    container = api.containers.create("c")
    file = container.put("big.bin", b"\x89PNG" * 250_000, "assistant", api.clock.now())
    api.fail("GET /containers/*")
    assert file.content == await service.produced(container.id, file.id, limit=1_000_000)
    with pytest.raises(TooLarge) as caught:
        await service.produced(container.id, file.id, limit=999_999)
    assert 999_999 == caught.value.limit

    api.containers.expire(container.id)
    before = len(api.exchanges)
    error = await refused(api, service.produced(container.id, file.id))
    assert (GONE, 1) == (error.notice, len(api.exchanges) - before)


async def test_speech_becomes_text(api, service):
    """With the model that is set and an ending the server knows; what is none is refused with its reason."""
    assert "" != await service.transcribe("voice.OPUS", OGG)
    (made,) = api.transcriptions
    assert ("gpt-transcribe", "voice.ogg", OGG) == (made.model, made.name, made.content)
    assert "corrupted" in (await refused(api, service.transcribe("voice.ogg", b"no sound"))).code


async def test_openai_tells_when_a_model_ends(api, service):
    """Not how much it can read."""
    models = await service.models()
    assert ModelFacts(date(2027, 1, 14), None) == models["gpt-4o"]
    assert ModelFacts() == models["gpt-6-luna"]


async def test_calls_run_side_by_side(api, service):
    """A slow one holds up nobody."""
    api.fail("GET /vector_stores/vs_slow", status=404, seconds=30.0)
    slow = asyncio.create_task(service.has_store("vs_slow"))
    await asyncio.sleep(0)
    assert "gpt-6-luna" in await asyncio.wait_for(service.models(), 5)
    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)
