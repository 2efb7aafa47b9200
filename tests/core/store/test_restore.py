"""core.store.backup: what an interruption, a link, or another owner change about putting a copy back."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from core.store import backup
from core.store.data_dir import only_runner
from core.store.database import migrations
from tests.core.store.databases import damaged, killed, pair

NEWEST = len(migrations())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGUSR1])
def test_an_interruption_while_restoring_loses_nothing(database, tmp_path, number):
    """At whatever line, also where SQLite calls back after its commit; what is kept is named.

    Ctrl-C is held back while the database is replaced, SIGUSR1 stands for what nobody can hold back.
    """
    template = shutil.copytree(tmp_path, tmp_path / "template")
    (tmp_path / "results").mkdir()

    left = killed(template, tmp_path / "results", "restore", number)

    notes = [note.read_text() for folder in left if (note := folder / "told").exists()]
    assert any("What was there before is kept as " in note for note in notes)
    for folder in left:
        values = [pair(path) for path in folder.glob("spool*.sqlite3")]
        assert 2 in values
        assert {*values} <= {1, 2}


def test_a_restore_that_succeeds_at_its_last_try_is_one(database, tmp_path, monkeypatch):
    """SQLite calls back once more when all is done, and then it is too late to give up."""
    monkeypatch.setattr(backup, "TRIES", 0)
    kept = backup.restore(tmp_path / "copy", database, NEWEST)
    assert kept
    assert (1, 2) == (pair(database), pair(kept))


def test_a_linked_database_is_replaced_where_it_is(database, tmp_path):
    """The link stays, also before a damaged one, whose -wal is kept with it."""
    (tmp_path / "data").mkdir()
    (link := tmp_path / "data" / "spool.sqlite3").symlink_to(database)
    damaged(database)
    kept = backup.restore(tmp_path / "copy", link, NEWEST)
    assert kept
    assert (link.is_symlink(), 1) == (True, pair(link))
    assert (tmp_path, True) == (kept.parent, Path(f"{kept}-wal").exists())
    assert [link] == list(link.parent.iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
@pytest.mark.parametrize("state", ["sound", "damaged", "missing"])
def test_root_gives_what_it_restores_to_the_owner_of_the_folder(database, tmp_path, state):
    """Else Spool could not open its database afterwards."""
    if state == "damaged":
        damaged(database)
    (template := tmp_path / "data").mkdir()
    for path in [*tmp_path.glob("spool*"), template] if state != "missing" else [template]:
        if path.is_file():
            path = path.rename(template / path.name)
        os.chown(path, 1234, 1235)

    with only_runner(template):
        backup.restore(tmp_path / "copy", template / "spool.sqlite3", NEWEST)

    made = list(template.iterdir())
    assert (1 if state == "missing" else 2) < len(made)
    assert {(1234, 1235)} == {(path.stat().st_uid, path.stat().st_gid) for path in made}
