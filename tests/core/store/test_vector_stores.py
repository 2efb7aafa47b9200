"""core.store.vector_stores: what is remembered of documents, and that nobody reads another's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.store import vector_stores as stores
from core.store.database import Database, Execute
from core.store.vector_stores import Document, Store

ANN, BEN = "asst_ann", "asst_ben"


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database."""
    made = Database(tmp_path / "db.sqlite3")
    yield made
    made.close()


def begun(tx: Execute, owner: str = ANN, digest: str = "d1", name: str = "a.txt", now: float = 5.0) -> None:
    """An upload of three bytes begins."""
    stores.begin(tx, owner, digest, name, 3, now)


async def test_an_owner_has_no_store_at_first(db):
    """Nor a document."""
    assert (None, []) == await db(lambda tx: (stores.store(tx, ANN), stores.documents(tx, ANN)))


async def test_a_store_is_its_owners_alone(db):
    """Another owner does not see it."""
    await db(lambda tx: stores.open_store(tx, ANN, "vs_1", 9.0))

    assert (Store("vs_1", 9.0), None) == await db(lambda tx: (stores.store(tx, ANN), stores.store(tx, BEN)))


async def test_use_makes_a_store_live_longer(db):
    """Until the time that is given."""

    def work(tx: Execute) -> Store | None:
        stores.open_store(tx, ANN, "vs_1", 9.0)
        stores.used(tx, ANN, 20.0)
        return stores.store(tx, ANN)

    assert Store("vs_1", 20.0) == await db(work)


async def test_a_document_goes_from_waiting_to_completed(db):
    """Each step is a state."""

    def work(tx: Execute) -> list[Document]:
        begun(tx)
        seen = stores.documents(tx, ANN)
        stores.uploaded(tx, ANN, "d1", "file-1")
        seen += stores.documents(tx, ANN)
        stores.completed(tx, ANN, "d1", "file-1")
        return seen + stores.documents(tx, ANN)

    assert [
        Document("d1", "a.txt", 3, None, "waiting", None, 5.0),
        Document("d1", "a.txt", 3, "file-1", "uploaded", None, 5.0),
        Document("d1", "a.txt", 3, "file-1", "completed", None, 5.0),
    ] == await db(work)


async def test_only_the_file_that_was_indexed_is_completed(db):
    """Not one that took its place meanwhile."""

    def work(tx: Execute) -> str:
        begun(tx)
        stores.uploaded(tx, ANN, "d1", "file-2")
        stores.completed(tx, ANN, "d1", "file-1")
        (document,) = stores.documents(tx, ANN)
        return document.status

    assert "uploaded" == await db(work)


async def test_a_failed_document_is_at_no_server(db):
    """It has a reason instead of an id."""

    def work(tx: Execute) -> Document | None:
        begun(tx)
        stores.uploaded(tx, ANN, "d1", "file-1")
        stores.failed(tx, ANN, "d1", "broken")
        return stores.document(tx, ANN, "d1")

    assert Document("d1", "a.txt", 3, None, "failed", "broken", 5.0) == await db(work)


async def test_a_new_try_forgets_the_old_reason(db):
    """And notes when it began, and the newest name."""

    def work(tx: Execute) -> Document | None:
        begun(tx)
        stores.failed(tx, ANN, "d1", "broken")
        begun(tx, name="b.txt", now=7.0)
        return stores.document(tx, ANN, "d1")

    assert Document("d1", "b.txt", 3, None, "waiting", None, 7.0) == await db(work)


async def test_nothing_is_searchable_in_a_new_store(db):
    """What was completed in the former one is only uploaded now; others' documents are untouched."""

    def work(tx: Execute) -> list[str]:
        for owner in (ANN, BEN):
            stores.open_store(tx, owner, f"vs_{owner}", None)
            begun(tx, owner)
            stores.uploaded(tx, owner, "d1", f"file-{owner}")
            stores.completed(tx, owner, "d1", f"file-{owner}")
        stores.open_store(tx, ANN, "vs_new", None)
        return [document.status for owner in (ANN, BEN) for document in stores.documents(tx, owner)]

    assert ["uploaded", "completed"] == await db(work)


async def test_documents_are_listed_by_name(db):
    """Of one owner; two may have the same name."""

    def work(tx: Execute) -> list[str]:
        begun(tx, digest="d1", name="b.txt")
        begun(tx, digest="d2", name="a.txt", now=6.0)
        begun(tx, digest="d3", name="a.txt", now=4.0)
        begun(tx, BEN, digest="d4")
        return [document.digest for document in stores.documents(tx, ANN)]

    assert ["d3", "d2", "d1"] == await db(work)


async def test_removing_takes_one_document(db):
    """Of its owner only, although another has the same bytes."""

    def work(tx: Execute) -> list[int]:
        begun(tx)
        begun(tx, BEN)
        stores.remove(tx, ANN, "d1")
        return [len(stores.documents(tx, owner)) for owner in (ANN, BEN)]

    assert [0, 1] == await db(work)


async def test_closing_leaves_nothing_of_the_owner(db):
    """Neither store nor documents; another's stay."""

    def work(tx: Execute) -> list[tuple[bool, int]]:
        for owner in (ANN, BEN):
            stores.open_store(tx, owner, "vs", None)
            begun(tx, owner)
        stores.close_store(tx, ANN)
        return [(stores.store(tx, owner) is None, len(stores.documents(tx, owner))) for owner in (ANN, BEN)]

    assert [(True, 0), (False, 1)] == await db(work)


async def test_uploads_without_an_end_are_counted_over_all_owners(db):
    """By name and size, whoever owns them; not those that ended."""

    def work(tx: Execute) -> int:
        begun(tx)
        begun(tx, BEN)
        begun(tx, digest="d2", name="other.txt")
        begun(tx, digest="d3")
        stores.uploaded(tx, ANN, "d3", "file-3")
        return stores.waiting(tx, "a.txt", 3)

    assert 2 == await db(work)


async def test_known_files_are_those_of_documents_and_of_attachments(db):
    """A file of the server that has a record is nobody else's to take."""

    def work(tx: Execute) -> set[str]:
        begun(tx)
        stores.uploaded(tx, ANN, "d1", "file-1")
        tx.execute("INSERT INTO threads (id, created_at, origin) VALUES ('thread_1', 0, 'new')")
        tx.execute(
            "INSERT INTO files (id, source, thread_id, name, type, kind, size, remote, created_at) "
            "VALUES ('file_1', 's', 'thread_1', 'n', 't', 'text', 1, 'file-2', 0)"
        )
        return stores.known(tx, {"file-1", "file-2", "file-3"})

    assert {"file-1", "file-2"} == await db(work)
