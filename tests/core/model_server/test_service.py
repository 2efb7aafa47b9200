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


async def test_it_is_a_service(service):
    """It has the shape of the port."""
    ported: Service = service
    assert ported is service


async def test_an_upload_is_a_file_for_good(api, service):
    """Without an end, for vector stores, under its own name."""
    id = await service.upload("한글 보고서.txt", "안녕".encode(), purpose="assistants")
    (file,) = api.files.uploaded
    assert (id, "한글 보고서.txt", "assistants", None) == (file.id, file.name, file.purpose, file.expires_at)
    assert "안녕".encode() == file.content


@pytest.mark.parametrize(("seconds", "life"), [(60, 3600), (7200, 7200), (10**9, 30 * 86400)])
async def test_a_life_is_one_the_server_takes(api, service, seconds, life):
    """At least an hour, at most thirty days."""
    await service.upload("a.txt", b"a", purpose="user_data", seconds=seconds)
    (file,) = api.files.uploaded
    assert file.expires_at == pytest.approx(file.created_at + life)


async def test_a_path_is_read_while_it_is_sent(api, service, tmp_path):
    """Progress is told piece by piece, up to all of it."""
    path = tmp_path / "big.txt"
    path.write_bytes(b"x" * 300_000)
    told: list[int] = []

    await service.upload("big.txt", path, purpose="assistants", progress=told.append)

    assert [300_000] == [len(file.content) for file in api.files.uploaded]
    assert told == sorted(told)
    assert len(set(told)) > 2
    assert 300_000 == told[-1]


async def test_a_path_that_is_not_there_is_no_fault_of_the_server(service):
    """It is the system's own error."""
    with pytest.raises(FileNotFoundError):
        await service.upload("a.txt", Path("missing.txt"), purpose="assistants")


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_an_upload_is_never_repeated(api, service, status):
    """Whether it took effect is for the caller to find out."""
    api.fail("POST /files", status=status, code="rate_limit_exceeded", retry_after=7)
    with pytest.raises(Retryable) as caught:
        await service.upload("a.txt", b"a", purpose="assistants")
    assert (1, 7.0) == (api.asked("POST /files"), caught.value.retry_after)


async def test_an_answer_that_is_lost_is_a_connection_error(api, service):
    """The upload is there all the same."""
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


async def test_forgetting_twice_is_as_good_as_once(api, service):
    """What is not there is forgotten."""
    id = await service.upload("a.txt", b"a", purpose="assistants")
    await service.forget(id)
    await service.forget(id)
    assert not api.files.kept


async def test_a_store_expires_after_its_days(api, service):
    """It is then not there any more."""
    store = await service.create_store("Spool thread_1", days=7)
    assert await service.has_store(store)
    api.clock.skip(8 * 86400)
    assert not await service.has_store(store)


async def test_a_store_without_days_stays(api, service):
    """It never expires."""
    store = await service.create_store("Spool asst_1")
    api.clock.skip(1000 * 86400)
    assert await service.has_store(store)


async def test_a_store_that_was_deleted_is_not_there(service):
    """Deleting it twice is as good as once."""
    store = await service.create_store("Spool asst_1")
    await service.delete_store(store)
    await service.delete_store(store)
    assert not await service.has_store(store)


async def test_an_indexed_document_can_be_found(api, service):
    """When the call returns, not some time later."""
    api.stores.indexing = 0.05
    store = await service.create_store("s")
    file = await service.upload("a.txt", b"the answer is 42", purpose="assistants")
    await service.index(store, file)
    assert [file] == [found["file_id"] for found in api.stores.found([store], "answer")]


async def test_indexing_may_be_repeated(api, service):
    """A lost answer or an overloaded server does no harm."""
    store = await service.create_store("s")
    file = await service.upload("a.txt", b"the answer is 42", purpose="assistants")
    api.fail("POST /vector_stores/*/files", lost=True)
    api.fail("GET /vector_stores/*/files/*", status=503, code="server_is_overloaded")
    await service.index(store, file)
    assert [file] == list(api.stores.find(store).entries)


async def test_what_is_new_may_be_unknown_for_a_moment(api, service):
    """Not all of the servers have heard of it at once: it is asked for again before it counts as gone."""
    store = await service.create_store("s")
    file = await service.upload("a.txt", b"the answer is 42", purpose="assistants")
    api.fail("POST /vector_stores/*/files", status=404, code="", times=2)
    api.fail("GET /vector_stores/*/files/*", status=404, code="", times=2)
    await service.index(store, file)
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
    """Byte for byte, also when the server stumbles first."""
    container = api.containers.create("c")
    file = container.put("chart.png", b"\x89PNG" * 1000, "assistant", api.clock.now())
    api.fail("GET /containers/*")
    assert file.content == await service.produced(container.id, file.id)


async def test_a_produced_file_that_is_too_large_is_not_read_to_its_end(api, service):
    """The limit is in bytes."""
    container = api.containers.create("c")
    file = container.put("big.bin", b"x" * 1_000_001, "assistant", api.clock.now())
    with pytest.raises(TooLarge) as caught:
        await service.produced(container.id, file.id, limit=1_000_000)
    assert 1_000_000 == caught.value.limit
    assert file.content == await service.produced(container.id, file.id, limit=1_000_001)


async def test_an_expired_container_has_nothing_any_more(api, service):
    """It is asked once: nothing brings it back."""
    container = api.containers.create("c")
    file = container.put("chart.png", b"png", "assistant", api.clock.now())
    api.containers.expire(container.id)
    error = await refused(api, service.produced(container.id, file.id))
    assert (GONE, 1) == (error.notice, len(api.exchanges))


async def test_speech_becomes_text(api, service):
    """With the model that is set; an ending the server does not know becomes one it knows."""
    assert "" != await service.transcribe("voice.OPUS", OGG)
    (made,) = api.transcriptions
    assert ("gpt-transcribe", "voice.ogg", OGG) == (made.model, made.name, made.content)


async def test_what_is_no_recording_is_refused(api, service):
    """With the server's reason for the log."""
    error = await refused(api, service.transcribe("voice.ogg", b"no sound"))
    assert "corrupted" in error.code


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
