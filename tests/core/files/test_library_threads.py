"""core.files.library for threads: a store for each, which expires, and which nobody else can ever reach."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import Permanent
from core.files.documents import source
from core.files.library import Library
from core.store import vector_stores
from standins.openai import OpenAIStandin
from tests.core.files.shelved import ANN, BEN, findable

DAY = 86400.0


async def keep(library: Library, owner: str, name: str) -> str:
    """A person sends a document that says its own name."""
    return await library.keep(owner, name, name.encode(), days=7)


def inside(api: OpenAIStandin, store: str) -> list[str]:
    """The names of the documents in a store."""
    return sorted(entry.file.name for entry in api.stores.find(store).entries.values())


async def test_each_thread_has_a_store_of_its_own(api, library):
    """The same bytes of two people are two files; the store is for seven days, they are for thirty."""
    ann, ben = await keep(library, ANN, "plan.txt"), await keep(library, BEN, "plan.txt")
    assert ann != ben
    assert ["plan.txt"] == inside(api, ann) == inside(api, ben)
    assert [30 * DAY] * 2 == [pytest.approx(one.expires_at - one.created_at) for one in api.files.uploaded]
    assert 7 == api.stores.find(ann).days
    stores = await asyncio.gather(*(keep(library, ANN, f"{n}.txt") for n in range(4)))
    assert {ann} == {*stores}
    with pytest.raises(Permanent):
        await keep(library, ANN, "b.pdf")
    assert ["0.txt", "1.txt", "2.txt", "3.txt", "plan.txt"] == inside(api, ann)


async def test_a_store_that_expired_is_none(api, library):
    """A request that named it would be refused. A document makes it live longer; nobody is asked."""
    await keep(library, ANN, "a.txt")
    api.clock.skip(5 * DAY)
    store = await keep(library, ANN, "b.txt")
    api.clock.skip(6 * DAY)
    before = len(api.exchanges)
    assert (store, None) == (await library.store(ANN), await library.store(BEN))
    assert before == len(api.exchanges)
    api.clock.skip(2 * DAY)
    assert None is await library.store(ANN)


async def test_a_store_that_was_used_lives_on(api, library):
    """The server knows of searches that we do not; it is asked once, not each time."""
    store = await keep(library, ANN, "a.txt")
    api.clock.skip(6 * DAY)
    api.stores.use(store)
    api.clock.skip(2 * DAY)
    assert store == await library.store(ANN)
    before = len(api.exchanges)
    assert store == await library.store(ANN)
    assert before == len(api.exchanges)


async def test_a_new_document_brings_back_those_of_an_expired_store(api, library):
    """As long as their bytes are there, without another upload."""
    old = await keep(library, ANN, "a.txt")
    api.clock.skip(8 * DAY)
    new = await keep(library, ANN, "b.txt")
    assert old != new
    assert (["a.txt", "b.txt"], 2) == (inside(api, new), len(api.files.uploaded))


async def test_bytes_that_expired_are_not_missed(api, library):
    """The new document is kept all the same; sent again, the old one is uploaded again."""
    await keep(library, ANN, "a.txt")
    api.clock.skip(31 * DAY)
    assert ["b.txt"] == inside(api, await keep(library, ANN, "b.txt"))
    assert ["a.txt", "b.txt"] == inside(api, await keep(library, ANN, "a.txt"))


async def test_a_lost_upload_of_a_thread_is_never_taken_up(api, db, library, service):
    """A file of that name and size may be another person's."""
    ours = source("plan.txt", b"of Ann")
    now = api.clock.now()
    await db(lambda tx: vector_stores.begin(tx, ANN, ours.digest, ours.name, ours.size, now))
    await service.upload("plan.txt", b"of Ben", purpose="assistants")
    store = await library.keep(ANN, "plan.txt", b"of Ann", days=7)
    assert [b"of Ann"] == [entry.file.content for entry in api.stores.find(store).entries.values()]


@pytest.mark.parametrize("case", ["expiring", "recorded", "wanted twice", "two alike", "too old"])
async def test_a_lost_upload_of_an_assistant_must_be_certain(api, db, library, service, case):
    """A file that could be anybody else's is left alone: the document is uploaded again."""
    document, now = source("plan.txt", b"of Bot"), api.clock.now()
    await db(lambda tx: vector_stores.begin(tx, "asst_1", document.digest, document.name, document.size, now))
    if case == "too old":
        api.clock.skip(2 * 3600)
    id = await service.upload(
        "plan.txt", b"of Ben", purpose="assistants", seconds=3600 if case == "expiring" else None
    )
    if case == "recorded":
        await db(lambda tx: vector_stores.begin(tx, ANN, "other", "plan.txt", 6, now))
        await db(lambda tx: vector_stores.uploaded(tx, ANN, "other", id))
    if case == "wanted twice":
        await db(lambda tx: vector_stores.begin(tx, "asst_2", "other", "plan.txt", 6, now))
    if case == "two alike":
        await service.upload("plan.txt", b"of Eve", purpose="assistants")

    await library.add("asst_1", document)

    (store,) = api.stores.all
    assert [b"of Bot"] == [entry.file.content for entry in api.stores.find(store).entries.values()]


async def test_a_table_of_a_person_can_be_searched(api, library):
    """Although file search knows no such ending."""
    store = await library.keep(ANN, "table.csv", b"part,stock\nbolt,120\n", days=7)
    assert ["table.csv.txt"] == [found["filename"] for found in api.stores.found([store], "bolt")]


async def test_dropping_leaves_nothing(api, library):
    """Neither here nor at the server; other people's things stay."""
    await keep(library, ANN, "a.txt")
    store = await keep(library, BEN, "b.txt")
    await library.drop(ANN)
    await library.drop(ANN)
    assert (None, []) == (await library.store(ANN), await library.documents(ANN))
    assert ([store], ["b.txt"]) == (list(api.stores.all), [file.name for file in api.files.kept.values()])
    assert ["b.txt"] == findable(api, "b.txt")
