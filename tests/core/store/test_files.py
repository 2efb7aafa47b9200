"""core.store.files: what came with messages and what answers bring along."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from core.store import files, runs, threads, vector_stores
from core.store.database import Execute
from core.types import File, RunId, ThreadId
from tests.core.fakes import HERE, store

PICTURE = File("cat.png", "image/png", b"cat", "picture")
CHART = File("cat.png", "image/png", b"cat")
REFUSED = ("a.zip", 9, "file_archive")
UNFINISHED = ["queued", "in_progress", "requires_action", "cancelling"]
ENDED = ["completed", "incomplete", "failed", "cancelled", "expired"]


def begun(tx: Execute, user: str = "U1", status: str = "queued") -> tuple[ThreadId, RunId]:
    """A thread and a run in it."""
    thread = threads.find_or_create(tx, HERE, user, "user", 1.0)
    run = runs.add(tx, thread, 1.0, lane=thread)
    tx.execute("UPDATE runs SET status = ? WHERE id = ?", (status, run))
    return thread, run


def test_a_file_is_stored_as_it_was_found():
    """With an id that tells what it names."""
    with store() as tx:
        thread, run = begun(tx)
        files.add(tx, "m/0", thread, run, PICTURE, 2.0)

        (found,) = files.at(tx, ["m/0"])

        assert found.id.startswith("file_")
        assert ("m/0", "cat.png", "image/png", "picture", 3, "", b"cat") == (
            *(found.source, found.name, found.type, found.kind, found.size, found.refused),
            found.content,
        )
        assert (None, None, None) == (found.transcript, found.remote, found.remote_until)


def test_a_refused_file_is_a_row_too():
    """With its name, its announced size and the reason."""
    with store() as tx:
        thread, run = begun(tx)
        files.add_refused(tx, "m/0", thread, run, *REFUSED, 2.0)

        (found,) = files.of_run(tx, run)

        assert ("a.zip", "", "", 9, "file_archive", None) == (
            *(found.name, found.type, found.kind, found.size),
            *(found.refused, found.content),
        )


def test_a_source_is_stored_once():
    """The first one stays."""
    with store() as tx:
        thread, run = begun(tx)
        files.add(tx, "m/0", thread, run, PICTURE, 2.0)
        (first,) = files.at(tx, ["m/0"])
        files.add_refused(tx, "m/0", thread, run, *REFUSED, 3.0)

        assert (first,) == files.of_run(tx, run)


def test_files_come_in_the_order_they_are_asked_for():
    """What is not stored is left out."""
    with store() as tx:
        thread, run = begun(tx)
        for source in ("m/0", "m/1", "m/2"):
            files.add(tx, source, thread, run, PICTURE, 2.0)

        assert ["m/2", "m/0"] == [file.source for file in files.at(tx, ["m/2", "m/9", "m/0"])]


def test_a_run_has_its_own_files():
    """In the order of their sources; not those of others, and not what its answer brings along."""
    with store() as tx:
        thread, run = begun(tx)
        _, other = begun(tx, "U2")
        files.add(tx, "m/1", thread, run, PICTURE, 2.0)
        files.add_refused(tx, "m/0", thread, run, *REFUSED, 3.0)
        files.add(tx, "n/0", thread, other, PICTURE, 2.0)
        files.add_output(tx, run, thread, "chart", CHART, 4.0)

        assert ["m/0", "m/1"] == [file.source for file in files.of_run(tx, run)]


def test_facts_come_without_bytes():
    """Where many files are looked through, nothing large is read."""
    with store() as tx:
        thread, run = begun(tx)
        files.add(tx, "m/0", thread, run, PICTURE, 2.0)
        (whole,) = files.at(tx, ["m/0"])
        facts = replace(whole, content=None)

        assert (facts,) == files.at(tx, ["m/0"], contents=False) == files.of_run(tx, run, contents=False)
        assert facts == files.get(tx, whole.id)
        assert b"cat" == files.content(tx, whole.id)


def test_an_unknown_file_is_none():
    """Neither facts nor bytes."""
    with store() as tx:
        assert (None, None) == (files.get(tx, "file_x"), files.content(tx, "file_x"))


@pytest.mark.parametrize("status", ENDED)
def test_a_run_that_is_over_gets_no_bytes(status):
    """Its file came too late: what it was is on record, the bytes are not."""
    with store() as tx:
        thread, run = begun(tx, status=status)
        files.add(tx, "m/0", thread, run, PICTURE, 2.0)

        (found,) = files.of_run(tx, run)

        assert ("picture", 3, None) == (found.kind, found.size, found.content)


def test_release_drops_the_bytes_of_one_run():
    """The facts stay, and so do the bytes of the next run."""
    with store() as tx:
        thread, run = begun(tx)
        _, other = begun(tx, "U2")
        files.add(tx, "m/0", thread, run, PICTURE, 2.0)
        files.add(tx, "n/0", thread, other, PICTURE, 2.0)
        files.add_output(tx, run, thread, "chart", CHART, 4.0)

        files.release(tx, run)

        assert [("cat.png", None)] == [(file.name, file.content) for file in files.of_run(tx, run)]
        assert [None] == [file.content for file in files.outputs(tx, run)]
        assert [b"cat"] == [file.content for file in files.of_run(tx, other)]


@pytest.mark.parametrize("status", UNFINISHED + ENDED)
def test_start_up_drops_what_nobody_needs(status):
    """A run may end in other ways than by being carried out; unfinished ones keep their files."""
    with store() as tx:
        thread, run = begun(tx)
        files.add(tx, "m/0", thread, run, PICTURE, 2.0)
        tx.execute("UPDATE runs SET status = ? WHERE id = ?", (status, run))

        files.release_ended(tx)

        (found,) = files.of_run(tx, run)
        assert (b"cat" if status in UNFINISHED else None) == found.content


def test_a_stored_file_can_still_be_refused():
    """A recording that nobody understood: the reason replaces everything else."""
    with store() as tx:
        thread, run = begun(tx)
        files.add(tx, "m/0", thread, run, File("v.ogg", "audio/ogg", b"ogg", "audio"), 2.0)
        (file,) = files.of_run(tx, run)

        files.refuse(tx, file.id, "audio_failed")

        (found,) = files.of_run(tx, run)
        assert ("v.ogg", "", "", "audio_failed", None) == (
            *(found.name, found.type, found.kind),
            *(found.refused, found.content),
        )


def test_a_transcript_replaces_the_recording():
    """What was said is all that is needed from then on."""
    with store() as tx:
        thread, run = begun(tx)
        files.add(tx, "m/0", thread, run, File("v.ogg", "audio/ogg", b"ogg", "audio"), 2.0)
        (file,) = files.of_run(tx, run)

        files.set_transcript(tx, file.id, "hello")

        (found,) = files.of_run(tx, run)
        assert ("audio", "hello", None) == (found.kind, found.transcript, found.content)


def test_a_thread_knows_what_the_server_still_has():
    """By the time they expire; only its own, the oldest first, without bytes."""
    with store() as tx:
        thread, run = begun(tx)
        other, _ = begun(tx, "U2")
        for number, (owner, until) in enumerate(
            [(thread, None), (thread, 50.0), (thread, 10.0), (other, None)]
        ):
            files.add(tx, f"m/{number}", owner, run, PICTURE, 9.0 - number)
            files.set_remote(tx, files.at(tx, [f"m/{number}"])[0].id, f"file-{number}", until)
        files.add(tx, "m/9", thread, run, PICTURE, 2.0)

        assert (None, ("file-1", "file-0")) == files.kept(tx, thread, 10.0)
        vector_stores.open_store(tx, thread, "vs-1", None)
        vector_stores.open_store(tx, other, "vs-2", 50.0)
        assert ("vs-1", ("file-1", "file-0")) == files.kept(tx, thread, 10.0)
        assert (("vs-2", ("file-3",)), (None, ("file-3",))) == (
            files.kept(tx, other, 49.0),
            files.kept(tx, other, 50.0),
        )


def test_an_output_is_recorded_once():
    """For each key of its run; a second time gives the first one. Another run may use the same key."""
    with store() as tx:
        thread, run = begun(tx)
        _, other = begun(tx, "U2")
        first = files.add_output(tx, run, thread, "chart", CHART, 2.0)
        again = files.add_output(tx, run, thread, "chart", File("b.png", "image/png", b"b"), 3.0)
        more = files.add_output(tx, run, thread, "table", File("t.csv", "text/csv", b"1,2"), 4.0)
        files.add_output(tx, other, thread, "chart", CHART, 2.0)

        assert first == again
        assert (first, more) == files.outputs(tx, run)
        assert ("output", "t.csv", "text/csv", 3, b"1,2") == (
            *(more.kind, more.name, more.type),
            *(more.size, more.content),
        )


def test_a_file_needs_a_thread():
    """The database itself refuses what belongs to nobody."""
    with store() as tx:
        _, run = begun(tx)

        with pytest.raises(sqlite3.IntegrityError):
            files.add(tx, "m/0", ThreadId("thread_x"), run, PICTURE, 2.0)
