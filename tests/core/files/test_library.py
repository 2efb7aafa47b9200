"""files.library: documents of an assistant and of a thread, over the real service and a real database."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import Permanent, Retryable
from core.files.documents import source
from core.files.library import Added, Library
from core.ports import UNREADABLE
from core.store import assistants, vector_stores
from tests.core.files.shelved import findable, states, text, tools


async def test_an_added_document_can_be_found(api, db, library, bot, told):
    """When the call returns; the store is made with the first one, and the operator told of the tool once."""
    assert Added("a.txt", True) == await library.add(bot, text("a.txt"))
    assert (["a.txt"], {"a.txt": "completed"}) == (findable(api, "a.txt"), await states(library, bot))
    await library.add(bot, text("a.txt", "new"))
    assert ["a.txt", "a.txt"] == findable(api, "a.txt"), "their bytes tell them apart"
    (store,) = api.stores.all
    assert (["file_search"], [store]) == await tools(db, bot)
    assert ["HelpBot had no file_search tool: it was added."] == told


async def test_other_stores_of_the_assistant_stay(api, db, library):
    """So does how it searches."""
    search = {"type": "file_search", "file_search": {"max_num_results": 3}}
    resources = {"file_search": {"vector_store_ids": ["vs_old"]}, "code_interpreter": {}}
    given = {"name": "B", "model": "m", "tools": [search], "tool_resources": resources}
    bot = await db(lambda tx: assistants.create(tx, given, 0.0))
    await library.add(bot.id, text("a.txt"))
    changed = await db(lambda tx: assistants.get(tx, bot.id))
    assert changed is not None
    assert (search,) == changed.tools
    assert ["vs_old", *api.stores.all] == changed.tool_resources["file_search"]["vector_store_ids"]
    assert "code_interpreter" in changed.tool_resources


async def test_the_same_bytes_are_uploaded_once(api, library, bot):
    """Under whichever name; the first one stays. At the same time, the second waits for the first."""
    added = await asyncio.gather(*(library.add(bot, source("a.txt", b"same")) for _ in range(5)))
    assert [True, False, False, False, False] == sorted((one.new for one in added), reverse=True)
    assert Added("a.txt", False) == await library.add(bot, source("b.txt", b"same"))
    assert (1, 1) == (len(api.files.uploaded), len(api.stores.all))


async def test_many_documents_make_one_store(api, library, bot):
    """Although they come all at once."""
    await asyncio.gather(*(library.add(bot, text(f"{n}.txt")) for n in range(12)))
    assert (1, 12) == (len(api.stores.all), len(api.files.uploaded))


@pytest.mark.parametrize(
    "where", ["POST /files", "POST /vector_stores", "POST /vector_stores/*/files", "GET /vector_stores/*"]
)
@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_server_that_stumbles_is_asked_again(api, library, bot, where, status):
    """Whatever it stumbles over: the document is there once."""
    api.fail(where, status=status, code="rate_limit_exceeded" if status == 429 else "server_error")
    await library.add(bot, text("a.txt"))
    assert (["a.txt"], 1) == (findable(api, "a.txt"), len(api.files.uploaded))


async def test_an_upload_whose_answer_is_lost_is_found_again(api, library, bot):
    """It is used, not repeated."""
    api.fail("POST /files", lost=True)
    await library.add(bot, text("a.txt"))
    assert (["a.txt"], 1) == (findable(api, "a.txt"), len(api.files.uploaded))


async def test_a_server_that_stays_away_leaves_the_document_waiting(api, library, bot):
    """The same call goes on later; so it does after a refused upload."""
    await api.go_offline()
    with pytest.raises(Retryable, match="connection_error"):
        await library.add(bot, text("a.txt"))
    assert {"a.txt": "waiting"} == await states(library, bot)
    await api.go_online()
    api.fail("POST /files", status=400, code="bad")
    with pytest.raises(Permanent, match="bad"):
        await library.add(bot, text("a.txt"))
    assert {"a.txt": "failed"} == await states(library, bot)
    await library.add(bot, text("a.txt"))
    assert {"a.txt": "completed"} == await states(library, bot)


async def test_an_unreadable_document_fails_with_its_reason(api, library, bot):
    """And leaves nothing at the server."""
    with pytest.raises(Permanent) as caught:
        await library.add(bot, text("a.pdf"))
    (row,) = await library.documents(bot)
    why = "invalid_file: The file could not be parsed."
    assert (UNREADABLE, why, why, None) == (caught.value.notice, caught.value.code, row.error, row.remote)
    assert not api.files.kept


@pytest.mark.parametrize(("name", "restarted"), [("a.txt", True), ("c.txt", False)])
async def test_a_store_that_vanished_is_made_anew(api, db, service, library, bot, name, restarted):
    """With everything that was in it; nothing is uploaded again, and the assistant searches the new one."""
    for one in ("a.txt", "b.txt"):
        await library.add(bot, text(one))
    api.stores.all.clear()
    later = Library(db, service, clock=api.clock.now, pause=0.01) if restarted else library
    assert Added(name, True) == await later.add(bot, text(name))
    assert [] == await later.settle(bot)
    assert sorted({"a.txt", "b.txt", name}) == sorted(findable(api, "txt"))
    assert (["file_search"], list(api.stores.all)) == await tools(db, bot)
    assert len({"a.txt", "b.txt", name}) == len(api.files.uploaded)


async def test_bytes_that_vanished_at_the_server_are_uploaded_again(api, db, service, library, bot):
    """When they are at hand; else the document says what to do."""
    for name in ("a.txt", "b.txt"):
        await library.add(bot, text(name))
    api.stores.all.clear()
    for file in list(api.files.kept):
        api.files.delete(file)

    later = Library(db, service, clock=api.clock.now, pause=0.01)
    await later.add(bot, text("a.txt"))
    (left,) = await later.settle(bot)

    assert ["a.txt"] == findable(api, "txt")
    assert ("b.txt", "failed") == (left.name, left.status)
    assert "add it again" in (left.error or "")


async def test_removing_takes_a_document_from_the_server_too(api, library, bot):
    """Out of the store, and its bytes; twice is as good as once."""
    await library.add(bot, text("a.txt"))
    await library.add(bot, text("b.txt"))
    (row,) = [row for row in await library.documents(bot) if row.name == "a.txt"]
    await library.remove(bot, row.digest)
    await library.remove(bot, row.digest)
    assert (["b.txt"], {"b.txt": "completed"}) == (findable(api, "txt"), await states(library, bot))
    assert ["b.txt"] == [file.name for file in api.files.kept.values()]


async def test_removing_can_be_interrupted(api, library, bot):
    """While the server refuses, the document is still ours; the next try finishes."""
    await library.add(bot, text("a.txt"))
    (row,) = await library.documents(bot)
    api.fail("DELETE /files/*", status=400, code="bad")
    with pytest.raises(Permanent):
        await library.remove(bot, row.digest)
    assert {"a.txt": "completed"} == await states(library, bot)
    await library.remove(bot, row.digest)
    assert ({}, 0) == (await states(library, bot), len(api.files.kept))


async def test_an_upload_that_was_never_recorded_is_removed_with_its_document(api, library, bot, service, db):
    """Although we never learned its id."""
    now = api.clock.now()
    await db(lambda tx: vector_stores.begin(tx, bot, text("a.txt").digest, "a.txt", text("a.txt").size, now))
    await service.upload("a.txt", b"a.txt ", purpose="assistants")
    await library.remove(bot, text("a.txt").digest)
    assert not api.files.kept
