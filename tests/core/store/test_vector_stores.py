"""core.store.vector_stores: what is remembered of documents, and that nobody reads another's."""

from __future__ import annotations

from core.store import uploads
from core.store import vector_stores as stores
from core.store.database import Execute
from core.store.vector_stores import Document, Store

ANN, BEN = "asst_ann", "asst_ben"


def begun(tx: Execute, owner: str = ANN, digest: str = "d1", name: str = "a.txt", now: float = 5.0) -> None:
    """An upload of three bytes begins."""
    stores.begin(tx, owner, digest, name, 3, now)


def states(tx: Execute) -> list[list[str]]:
    """Of the documents of both."""
    return [[document.status for document in stores.documents(tx, owner)] for owner in (ANN, BEN)]


def test_a_store_is_its_owners_alone(tx):
    """At first there is none, nor a document; use makes it live until the time that is given."""
    assert (None, []) == (stores.store(tx, ANN), stores.documents(tx, ANN))
    stores.open_store(tx, ANN, "vs_1", 9.0)
    assert (Store("vs_1", 9.0), None) == (stores.store(tx, ANN), stores.store(tx, BEN))
    stores.used(tx, ANN, 20.0)
    assert Store("vs_1", 20.0) == stores.store(tx, ANN)


def test_a_document_goes_from_waiting_to_completed(tx):
    """Each step is a state; only the file that was indexed is completed, not one that took its place."""
    begun(tx)
    seen = stores.documents(tx, ANN)
    stores.uploaded(tx, ANN, "d1", "file-1")
    seen += stores.documents(tx, ANN)
    stores.completed(tx, ANN, "d1", "file-0")
    assert seen[1:] == stores.documents(tx, ANN)
    stores.completed(tx, ANN, "d1", "file-1")
    assert [
        Document("d1", "a.txt", 3, None, "waiting", None, 5.0),
        Document("d1", "a.txt", 3, "file-1", "uploaded", None, 5.0),
        Document("d1", "a.txt", 3, "file-1", "completed", None, 5.0),
    ] == seen + stores.documents(tx, ANN)


def test_a_failed_document_is_at_no_server(tx):
    """It has a reason instead of an id; a new try forgets it, notes when it began, and the newest name."""
    begun(tx)
    stores.uploaded(tx, ANN, "d1", "file-1")
    stores.failed(tx, ANN, "d1", "broken")
    assert Document("d1", "a.txt", 3, None, "failed", "broken", 5.0) == stores.document(tx, ANN, "d1")
    begun(tx, name="b.txt", now=7.0)
    assert Document("d1", "b.txt", 3, None, "waiting", None, 7.0) == stores.document(tx, ANN, "d1")


def test_nothing_is_searchable_in_a_new_store(tx):
    """What was completed is only uploaded now; closing leaves nothing; another's are untouched."""
    for owner in (ANN, BEN):
        stores.open_store(tx, owner, f"vs_{owner}", None)
        begun(tx, owner)
        stores.uploaded(tx, owner, "d1", f"file-{owner}")
        stores.completed(tx, owner, "d1", f"file-{owner}")
    stores.open_store(tx, ANN, "vs_new", None)
    assert [["uploaded"], ["completed"]] == states(tx)
    stores.close_store(tx, ANN)
    assert [[], ["completed"]] == states(tx)
    assert (None, Store("vs_asst_ben", None)) == (stores.store(tx, ANN), stores.store(tx, BEN))


def test_documents_are_listed_by_name(tx):
    """Of one owner; two may have the same name; removing takes one, although another has the same bytes."""
    for owner, digest, name, now in (
        *((ANN, "d1", "b.txt", 5.0), (ANN, "d2", "a.txt", 6.0), (ANN, "d3", "a.txt", 4.0)),
        *((BEN, "d4", "a.txt", 5.0), (BEN, "d3", "a.txt", 5.0)),
    ):
        begun(tx, owner, digest, name, now)
    assert ["d3", "d2", "d1"] == [document.digest for document in stores.documents(tx, ANN)]
    stores.remove(tx, ANN, "d3")
    assert ["d2", "d1"] == [document.digest for document in stores.documents(tx, ANN)]
    assert 2 == len(stores.documents(tx, BEN))


def test_uploads_without_an_end_are_counted_over_all_owners(tx):
    """By name and size, whoever owns them; not those that ended."""
    begun(tx)
    begun(tx, BEN)
    begun(tx, digest="d2", name="other.txt")
    begun(tx, digest="d3")
    stores.uploaded(tx, ANN, "d3", "file-3")
    assert 2 == stores.waiting(tx, "a.txt", 3)
    uploads.finish(tx, uploads.Upload("file-own", "p", "a.txt", "assistants", 3, 0.0, remote=uploads.BEGUN))
    assert 3 == stores.waiting(tx, "a.txt", 3)


def test_known_files_are_those_of_documents_and_of_attachments(tx):
    """A file of the server that has a record is nobody else's to take."""
    begun(tx)
    stores.uploaded(tx, ANN, "d1", "file-1")
    tx.execute("INSERT INTO threads (id, created_at, origin) VALUES ('thread_1', 0, 'new')").fetchall()
    tx.execute(
        "INSERT INTO files (id, source, thread_id, name, type, kind, size, remote, created_at) "
        "VALUES ('file_1', 's', 'thread_1', 'n', 't', 'text', 1, 'file-2', 0)"
    ).fetchall()
    uploads.finish(tx, uploads.Upload("file-own", "p", "n", "vision", 1, 0.0, remote="file-3"))
    assert {"file-1", "file-2", "file-3"} == stores.known(tx, {"file-1", "file-2", "file-3", "file-4"})
