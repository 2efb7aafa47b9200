"""core.api.stores: the model server's vector stores under our ids, and nothing that is somebody else's."""

from __future__ import annotations

import json

import pytest

from core.api.page import Page
from core.api.refusal import Refusal
from core.store import usage
from tests.core.api.stored import ANN, BEN

NO_STORE = "No vector store found with id '{}'."


async def refusal(call) -> tuple[int, str]:
    """Status and words of what is refused."""
    with pytest.raises(Refusal) as caught:
        await call
    return caught.value.status, caught.value.message


async def test_a_store_finds_what_is_in_it(spool):
    """Files, attributes, chunking, search, text; every id is ours."""
    sizes = {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}}
    files = [await spool.file(f"{word}.txt", word.encode()) for word in ("kimchi", "bulgogi")]
    store = await spool.store(files[0], name="food", metadata={"a": "b"}, chunking_strategy=sizes)
    entry = await spool.stores.add(ANN, store, {"file_id": files[1], "attributes": {"hot": True}})
    assert (files[1], store, "in_progress") == (entry["id"], entry["vector_store_id"], entry["status"])
    await spool.indexed(store)
    told = [
        await spool.stores.get(ANN, store),
        await spool.stores.files(ANN, store, Page(order="asc")),
        await spool.stores.search(ANN, store, {"query": "kimchi"}),
        await spool.stores.text(ANN, store, files[0]),
        await spool.stores.modify_file(ANN, store, files[1], {"attributes": {"hot": False, "n": 2}}),
        await spool.stores.modify(ANN, store, {"name": "meals", "metadata": {"c": "d"}}),
    ]
    paid = await spool.db(lambda tx: usage.totals(tx, 0.0, "person", "UTC"))
    assert ("key:ann", 2) == (*paid, paid["key:ann"].requests)
    assert ({"a": "b"}, 2) == (told[0]["metadata"], told[0]["file_counts"]["completed"])
    assert (files, sizes) == ([one["id"] for one in told[1]["data"]], told[1]["data"][0]["chunking_strategy"])
    assert [(files[0], "kimchi.txt", 1.0)] == [
        (one["file_id"], one["filename"], one["score"]) for one in told[2]["data"]
    ]
    assert [{"type": "text", "text": "kimchi"}] == told[2]["data"][0]["content"] == told[3]["data"]
    assert ({"hot": False, "n": 2}, "meals", {"c": "d"}) == (
        told[4]["attributes"],
        told[5]["name"],
        told[5]["metadata"],
    )
    assert not [id for id in spool.remotes() if id in json.dumps(told)]


async def test_batches_are_followed(spool):
    """Both ways to name files together, none at all, and stopping."""
    files = [await spool.file(f"{number}.txt") for number in range(3)]
    store = await spool.store()
    spool.api.stores.indexing = 60
    batch = await spool.stores.add_batch(
        ANN, store, {"file_ids": files[:2], "files": [{"file_id": files[2]}], "attributes": {"a": 1.5}}
    )
    assert ("in_progress", 3, store) == (
        batch["status"],
        batch["file_counts"]["total"],
        batch["vector_store_id"],
    )
    page = await spool.stores.files(ANN, store, Page(order="asc", after=files[0]), "in_progress", batch["id"])
    assert (files[1:], {"a": 1.5}) == ([one["id"] for one in page["data"]], page["data"][0]["attributes"])
    await spool.stores.cancel_batch(ANN, store, batch["id"])
    assert "cancelled" == (await spool.stores.batch(ANN, store, batch["id"]))["status"]
    assert 0 == (await spool.stores.add_batch(ANN, store, {}))["file_counts"]["total"]
    other = await spool.store()
    assert (404, f"No file batch found with id '{batch['id']}' in vector store '{other}'.") == await refusal(
        spool.stores.batch(ANN, other, batch["id"])
    )


async def test_nobody_elses_store_exists(spool):
    """Word for word as for an id that never was; nor one that the server does not have any more."""
    file = await spool.file()
    stores = [await spool.store(file) for _ in range(3)]
    for id, key in ((stores[0], BEN), ("vs_x", ANN)):
        for call in (
            spool.stores.get(key, id),
            spool.stores.delete(key, id),
            spool.stores.modify(key, id, {}),
            spool.stores.search(key, id, {"query": "a"}),
            spool.stores.files(key, id, Page()),
            spool.stores.add(key, id, {"file_id": file}),
            spool.stores.batch(key, id, "vsfb_x"),
            spool.stores.all(key, Page(after=id)),
        ):
            assert (404, NO_STORE.format(id)) == await refusal(call)
    assert (404, f"No such File object: {file}") == await refusal(
        spool.stores.create(BEN, {"file_ids": [file]})
    )
    page = await spool.stores.all(ANN, Page(limit=2))
    assert (stores[:0:-1], True) == ([one["id"] for one in page["data"]], page["has_more"])
    page = await spool.stores.all(ANN, Page(limit=1, before=stores[0]))
    assert [stores[1]] == [one["id"] for one in page["data"]]
    spool.api.stores.all.pop(
        (
            await spool.db(
                lambda tx: tx.execute(
                    "SELECT remote FROM remote_objects WHERE id = ?", (stores[2],)
                ).fetchall()
            )
        )[0][0]
    )
    assert stores[1::-1] == [one["id"] for one in (await spool.stores.all(ANN, Page()))["data"]]


async def test_what_leaves_is_not_found(spool):
    """A file out of the store; a deleted file; a deleted store, whose files stay."""
    files = [await spool.file(f"{number}.txt") for number in range(2)]
    store = await spool.store(*files)
    missing = (404, f"No file found with id '{files[0]}' in vector store '{store}'.")
    assert (await spool.stores.remove(ANN, store, files[0]))["deleted"]
    for call in (spool.stores.file, spool.stores.remove, spool.stores.text):
        assert missing == await refusal(call(ANN, store, files[0]))
    await spool.uploads.delete(ANN, files[1])
    assert [] == (await spool.stores.files(ANN, store, Page()))["data"]
    assert [] == (await spool.stores.search(ANN, store, {"query": "kimchi"}))["data"]
    assert (await spool.stores.delete(ANN, store))["deleted"]
    assert ({}, files[0]) == (spool.api.stores.all, (await spool.uploads.get(ANN, files[0]))["id"])


async def test_a_server_that_cannot_search_does_not_cost_the_store(spool):
    """An unknown address of some servers is a 404, too."""
    store = await spool.store()
    spool.api.fail("POST /vector_stores/*/search", status=404, code="not_found")
    status, told = await refusal(spool.stores.search(ANN, store, {"query": "a"}))

    assert (400, True) == (status, told.endswith("does not know this operation on it."))
    assert store == (await spool.stores.get(ANN, store))["id"]


async def test_the_servers_reasons_come_with_our_ids(spool):
    """What it refuses is 400, what it cannot do now 503 or 429, what its operator must mend 502."""
    file = await spool.file(purpose="vision")
    store = await spool.store(expires_after={"anchor": "last_active_at", "days": 1})
    assert (400, f"File '{file}' has purpose 'vision': not for vector stores.") == await refusal(
        spool.stores.add(ANN, store, {"file_id": file})
    )
    ((outcome, error),) = await spool.db(lambda tx: tx.execute("SELECT outcome, error FROM usage").fetchall())
    assert ("refused", True) == (outcome, "purpose" not in error)
    spool.api.clock.skip(2 * 86_400)
    assert "expired" == (await spool.stores.get(ANN, store))["status"]
    assert (400, f"Vector store with id '{store}' is expired.") == await refusal(
        spool.stores.search(ANN, store, {"query": "a"})
    )
    for status, code, ours in (
        (500, "server_error", 503),
        (429, "rate_limit_exceeded", 429),
        (401, "invalid_api_key", 502),
    ):
        spool.api.fail("GET /vector_stores/*", status=status, code=code, times=3 if status != 401 else 1)
        assert ours == (await refusal(spool.stores.get(ANN, store)))[0]


async def test_a_store_whose_making_was_cut_does_not_stay(spool):
    """Its answer was lost and the process died: nobody saw it, and it goes from the server."""
    spool.api.fail("POST /vector_stores", lost=True)
    assert 503 == (await refusal(spool.stores.create(ANN, {"metadata": {"a": "b"}})))[0]
    assert 1 == len(spool.api.stores.all)
    await spool.again()
    kept = await spool.store(name="kept")
    await spool.stores.settle()
    assert ([kept], 1) == (
        [one["id"] for one in (await spool.stores.all(ANN, Page()))["data"]],
        len(spool.api.stores.all),
    )
