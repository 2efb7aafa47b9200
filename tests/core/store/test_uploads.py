"""core.store.uploads: what is kept of a file, and what is left of it. `tests/core/api` has the rest."""

from __future__ import annotations

from core.store import uploads
from core.store.paging import Page
from core.store.uploads import Upload


def kept(tx, id: str, project: str = "p", **more) -> Upload:
    """A file of three bytes in two parts."""
    for number, content in enumerate((b"ab", b"c")):
        uploads.add_part(tx, id, number, content)
    one = Upload(id, project, "a.txt", more.pop("purpose", "assistants"), 3, 5.0, **more)
    uploads.finish(tx, one)
    return one


def test_a_deleted_file_is_remembered_until_nothing_is_left(tx):
    """Nobody's at once; its bytes go a few parts at a time, another's never. Then its last trace."""
    kept(tx, "file-1", remote="file-srv")
    for number in range(2, 20):
        uploads.add_part(tx, "file-1", number, b"x")
    assert not uploads.drop_some(tx, "file-1")
    uploads.forget(tx, "file-1")
    uploads.delete(tx, "file-1")
    assert (None, {}, 1) == (
        uploads.get(tx, "p", "file-1", 6.0),
        uploads.of_remotes(tx, "p", ["file-srv"]),
        len(uploads.left(tx)),
    )
    assert [True, True, True, False] == [uploads.drop_some(tx, "file-1") for _ in range(4)]
    assert b"" == uploads.content(tx, "file-1")
    uploads.forget(tx, "file-1")
    assert [] == uploads.left(tx)


def test_a_file_of_an_answer_is_kept_once(tx):
    """Also when the process died after it; of more bytes than one part."""
    content = b"x" * (uploads.PART + 1)
    for _ in range(2):
        uploads.add_output(tx, "file-1", "p", "run_1", "plot.png", content, 7.0)
    assert [
        Upload("file-1", "p", "plot.png", "assistants_output", len(content), 7.0, run="run_1")
    ] == uploads.page(tx, "p", 8.0, Page())[0]
    assert content == uploads.content(tx, "file-1")
