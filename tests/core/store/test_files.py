"""core.store.files: what came with messages and what answers bring along."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from core.store import files, runs, threads, vector_stores
from core.store.database import Execute
from core.types import File, RunId, ThreadId
from tests.core.fakes import HERE

PICTURE = File("cat.png", "image/png", b"cat", "picture")
CHART = File("cat.png", "image/png", b"cat")
REFUSED = ("a.zip", 9, "file_archive")
UNFINISHED = ["queued", "in_progress", "requires_action", "cancelling"]
ENDED = ["completed", "incomplete", "failed", "cancelled", "expired"]


def begun(tx: Execute, user: str = "U1", status: str = "queued") -> tuple[ThreadId, RunId]:
    """A thread and a run in it."""
    thread = threads.find_or_create(tx, HERE, user, "user", 1.0)
    run = runs.add(tx, thread, 1.0, lane=thread)
    tx.execute("UPDATE runs SET status = ? WHERE id = ?", (status, run)).fetchall()
    return thread, run


def test_a_file_is_stored_as_it_was_found(tx):
    """With an id that tells what it names; where many are looked through, nothing large is read."""
    thread, run = begun(tx)
    files.add(tx, "m/0", thread, run, PICTURE, 2.0)
    (found,) = files.at(tx, ["m/0"])
    facts = replace(found, content=None)

    assert found.id.startswith("file_")
    assert ("m/0", "cat.png", "image/png", "picture") == (found.source, found.name, found.type, found.kind)
    assert (3, "", b"cat") == (found.size, found.refused, found.content)
    assert (None, None, None) == (found.transcript, found.remote, found.remote_until)
    assert (facts,) == files.at(tx, ["m/0"], contents=False) == files.of_run(tx, run, contents=False)
    assert (facts, b"cat") == (files.get(tx, found.id), files.content(tx, found.id))
    assert (None, None) == (files.get(tx, "file_x"), files.content(tx, "file_x"))


def test_a_refused_file_is_a_row_too(tx):
    """With its name, its announced size and the reason; a source is stored once, the first one stays."""
    thread, run = begun(tx)
    files.add_refused(tx, "m/0", thread, run, *REFUSED, 2.0)
    files.add(tx, "m/0", thread, run, PICTURE, 2.0)
    files.add(tx, "m/1", thread, run, PICTURE, 2.0)
    files.add_refused(tx, "m/1", thread, run, *REFUSED, 3.0)
    found, stays = files.of_run(tx, run)
    assert ("a.zip", "", "", 9) == (found.name, found.type, found.kind, found.size)
    assert ("file_archive", None) == (found.refused, found.content)
    assert ("", b"cat") == (stays.refused, stays.content)


def test_files_come_in_the_order_they_are_asked_for(tx):
    """Without those that are not stored; a run has its own by their sources, none that its answer brings."""
    thread, run = begun(tx)
    _, other = begun(tx, "U2")
    for source, owner in (("m/1", run), ("m/0", run), ("m/2", run), ("n/0", other)):
        files.add(tx, source, thread, owner, PICTURE, 2.0)
    files.add_output(tx, run, thread, "chart", CHART, 4.0)
    assert ["m/2", "m/0"] == [file.source for file in files.at(tx, ["m/2", "m/9", "m/0"])]
    assert ["m/0", "m/1", "m/2"] == [file.source for file in files.of_run(tx, run)]


@pytest.mark.parametrize("status", UNFINISHED + ENDED)
def test_bytes_are_kept_for_runs_that_are_not_over(tx, status):
    """A file that comes too late is only on record; a start drops those of runs that ended in other ways."""
    thread, run = begun(tx)
    files.add(tx, "m/0", thread, run, PICTURE, 2.0)
    tx.execute("UPDATE runs SET status = ? WHERE id = ?", (status, run)).fetchall()
    files.add(tx, "m/1", thread, run, PICTURE, 2.0)
    ended = status in ENDED
    assert [b"cat", None if ended else b"cat"] == [file.content for file in files.of_run(tx, run)]
    files.release_ended(tx)
    for found in files.of_run(tx, run):
        assert ("picture", 3, None if ended else b"cat") == (found.kind, found.size, found.content)


def test_release_drops_the_bytes_of_one_run(tx):
    """The facts stay, and so do the bytes of the next run."""
    thread, run = begun(tx)
    _, other = begun(tx, "U2")
    files.add(tx, "m/0", thread, run, PICTURE, 2.0)
    files.add(tx, "n/0", thread, other, PICTURE, 2.0)
    files.add_output(tx, run, thread, "chart", CHART, 4.0)
    files.release(tx, run)
    assert [("cat.png", None)] == [(file.name, file.content) for file in files.of_run(tx, run)]
    assert [None] == [file.content for file in files.outputs(tx, run)]
    assert [b"cat"] == [file.content for file in files.of_run(tx, other)]


def test_a_stored_recording_is_understood_or_refused(tx):
    """The reason replaces everything else; what was said replaces the bytes."""
    thread, run = begun(tx)
    for source in ("m/0", "m/1"):
        files.add(tx, source, thread, run, File("v.ogg", "audio/ogg", b"ogg", "audio"), 2.0)
    mute, clear = files.of_run(tx, run)
    files.refuse(tx, mute.id, "audio_failed")
    files.set_transcript(tx, clear.id, "hello")
    mute, clear = files.of_run(tx, run)
    assert ("v.ogg", "", "", "audio_failed") == (mute.name, mute.type, mute.kind, mute.refused)
    assert ("audio", "hello") == (clear.kind, clear.transcript)
    assert (None, None) == (mute.content, clear.content)


def test_a_thread_knows_what_the_server_still_has(tx):
    """By the time they expire; only its own, the oldest first, without bytes."""
    thread, run = begun(tx)
    other, _ = begun(tx, "U2")
    for number, (owner, until) in enumerate([(thread, None), (thread, 50.0), (thread, 10.0), (other, None)]):
        files.add(tx, f"m/{number}", owner, run, PICTURE, 9.0 - number)
        files.set_remote(tx, files.at(tx, [f"m/{number}"])[0].id, f"file-{number}", until)
    files.add(tx, "m/9", thread, run, PICTURE, 2.0)
    assert (None, ("file-1", "file-0")) == files.kept(tx, thread, 10.0)
    vector_stores.open_store(tx, thread, "vs-1", None)
    vector_stores.open_store(tx, other, "vs-2", 50.0)
    assert ("vs-1", ("file-1", "file-0")) == files.kept(tx, thread, 10.0)
    assert ("vs-2", ("file-3",)) == files.kept(tx, other, 49.0)
    assert (None, ("file-3",)) == files.kept(tx, other, 50.0)


def test_an_output_is_recorded_once(tx):
    """For each key of its run; a second time gives the first one. Another run may use the same key."""
    thread, run = begun(tx)
    _, other = begun(tx, "U2")
    first = files.add_output(tx, run, thread, "chart", CHART, 2.0)
    again = files.add_output(tx, run, thread, "chart", File("b.png", "image/png", b"b"), 3.0)
    more = files.add_output(tx, run, thread, "table", File("t.csv", "text/csv", b"1,2"), 4.0)
    files.add_output(tx, other, thread, "chart", CHART, 2.0)
    assert first == again
    assert (first, more) == files.outputs(tx, run)
    assert ("output", "t.csv", "text/csv") == (more.kind, more.name, more.type)
    assert (3, b"1,2") == (more.size, more.content)


def test_a_file_needs_a_thread(tx):
    """The database itself refuses what belongs to nobody."""
    _, run = begun(tx)
    with pytest.raises(sqlite3.IntegrityError):
        files.add(tx, "m/0", ThreadId("thread_x"), run, PICTURE, 2.0)
