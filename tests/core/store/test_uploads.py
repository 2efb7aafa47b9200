"""core.store.uploads and remote_objects: whose they are, in which order, and what is left of them."""

from __future__ import annotations

from core.store import remote_objects as remotes
from core.store import uploads
from core.store.remote_objects import RemoteObject
from core.store.uploads import Upload


def kept(tx, id: str, project: str = "p", **more) -> Upload:
    """A file of three bytes in two parts."""
    for number, content in enumerate((b"ab", b"c")):
        uploads.add_part(tx, id, number, content)
    one = Upload(id, project, "a.txt", more.pop("purpose", "assistants"), 3, 5.0, **more)
    uploads.finish(tx, one)
    return one


def test_a_file_is_its_projects_until_it_expires(tx):
    """Nobody else's; its bytes come in parts, and behind the last there is nothing."""
    one = kept(tx, "file-1", expires_at=9.0)
    assert [one, None, None] == [
        uploads.get(tx, *asked)
        for asked in (("p", "file-1", 8.0), ("q", "file-1", 8.0), ("p", "file-1", 9.0))
    ]
    assert [b"ab", b"c", None] == [uploads.part(tx, "file-1", number) for number in range(3)]
    assert (b"abc", "file-2") == (
        uploads.content(tx, "file-1"),
        uploads.missing(tx, "p", ["file-1", "file-2"], 8.0),
    )
    uploads.expire(tx, 9.0)
    assert ["file-1"] == [one.id for one in uploads.left(tx)]


def test_files_are_listed_as_they_came(tx):
    """Newest first unless told; from a file on; of one purpose; another project's and deleted ones never."""
    for number in range(4):
        kept(tx, f"file-{number}", purpose="vision" if number == 2 else "assistants")
    kept(tx, "file-other", "q")
    uploads.delete(tx, "file-0")

    def found(**asked):
        return [one.id[-1] for one in uploads.all(tx, "p", 6.0, **asked)]

    assert (["3", "2", "1"], ["1", "2", "3"]) == (found(), found(ascending=True))
    assert (["2"], ["3"], ["2"]) == (
        found(after="file-3", limit=1),
        found(after="file-2", ascending=True),
        found(purpose="vision"),
    )


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


def test_parts_without_a_file_are_found(tx):
    """Of an upload that was cut by a kill; not those of whole files."""
    kept(tx, "file-1")
    uploads.add_part(tx, "file-cut", 0, b"x")
    assert ["file-cut"] == uploads.unfinished(tx)
    assert [True, False] == [uploads.drop_some(tx, "file-cut") for _ in range(2)]


def test_a_file_of_an_answer_is_kept_once(tx):
    """Also when the process died after it; of more bytes than one part."""
    content = b"x" * (uploads.PART + 1)
    for _ in range(2):
        uploads.add_output(tx, "file-1", "p", "run_1", "plot.png", content, 7.0)
    assert [
        Upload("file-1", "p", "plot.png", "assistants_output", len(content), 7.0, run="run_1")
    ] == uploads.all(tx, "p", 8.0)
    assert content == uploads.content(tx, "file-1")


def test_ids_are_translated_within_a_project(tx):
    """One that is not at the server has no id there; another project's file has none for us."""
    kept(tx, "file-1", remote=uploads.BEGUN)
    assert uploads.remote_of(tx, "file-1") is None
    uploads.set_remote(tx, "file-1", "file-srv")
    assert ("file-srv", None) == (uploads.remote_of(tx, "file-1"), uploads.remote_of(tx, "file-2"))
    asked = ["file-srv", "file-else"]
    assert ({"file-srv": "file-1"}, {}) == (
        uploads.of_remotes(tx, "p", asked),
        uploads.of_remotes(tx, "q", asked),
    )


def test_stores_are_listed_both_ways(tx):
    """Those of the project that were made, from a cursor on or before it; begun ones are seen by nobody."""
    for number in range(5):
        id = f"vs_{number}"
        remotes.begin(tx, id, "vector_store", "q" if number == 4 else "p", 5.0)
        if number != 3:
            remotes.made(tx, id, f"vs_srv{number}")

    def found(**asked):
        return [one.id[-1] for one in remotes.all(tx, "p", "vector_store", **asked)]

    assert (["2", "1", "0"], ["0", "1"]) == (found(), found(ascending=True, limit=2))
    assert (["1", "0"], ["1"], ["2"]) == (
        found(after="vs_2"),
        found(before="vs_0", limit=1),
        found(ascending=True, after="vs_1"),
    )
    assert (["vs_3"], None, "vs_srv1") == (
        [one.id for one in remotes.begun(tx)],
        remotes.remote_of(tx, "vs_3"),
        remotes.remote_of(tx, "vs_1"),
    )
    assert ["vs_3", "vs_4", None] == [
        remotes.missing(tx, "p", "vector_store", ids) for ids in (["vs_1", "vs_3"], ["vs_4"], ["vs_1"])
    ]
    remotes.delete(tx, "vs_1")
    assert remotes.get(tx, "p", "vector_store", "vs_1") is None
    assert RemoteObject("vs_2", "vector_store", "p", "vs_srv2", 5.0) == remotes.get(
        tx, "p", "vector_store", "vs_2"
    )
