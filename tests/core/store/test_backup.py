"""core.store.backup: copying a database in use, putting a copy back, and the copy before an upgrade."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import ConfigError
from core.store import backup, facts
from core.store.database import Database, migrations
from tests.core.store.databases import (
    ask,
    damaged,
    damaged_at_the_end,
    distinct,
    killed,
    left_by_a_kill,
    mode,
    old,
    pair,
    schema,
    writer,
)

NEWEST = len(migrations())


def content(folder: Path) -> dict[str, bytes]:
    """Every file, byte for byte; -shm is SQLite's scratch paper, and an empty -wal is none."""
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    return {name: data for name, data in files.items() if not name.endswith("-shm") and data}


@pytest.mark.usefixtures("_open_to_all")
def test_a_copy_is_one_state_of_a_database_in_use(tmp_path):
    """All that was committed before it began, no half transaction, readable by its owner alone."""
    with writer(tmp_path / "spool.sqlite3", 0, 1_000_000) as said:
        for number in range(5):
            committed = int(said.readline())
            backup.save(tmp_path / "spool.sqlite3", copy := tmp_path / f"copy{number}")
            assert committed <= pair(copy)
            assert (0o600, NEWEST) == (mode(copy), schema(copy))
            committed = int(said.readline())  # and nobody was stopped


def test_what_a_killed_process_left_in_the_wal_is_in_the_copy(tmp_path):
    """Nothing of the database itself is changed, nor is an older schema: a copy is no upgrade."""
    database = left_by_a_kill(tmp_path / "spool.sqlite3", 7)
    before = content(tmp_path)
    backup.save(database, tmp_path / "copy")
    after = content(tmp_path)
    assert after.pop("copy")
    assert before == after
    assert 7 == pair(tmp_path / "copy")
    backup.save(old(tmp_path / "old"), tmp_path / "older")
    assert [1, 1] == [schema(tmp_path / "older"), schema(tmp_path / "old")]


def test_what_exists_is_never_replaced(database, tmp_path):
    """Nor a link that leads nowhere."""
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("precious", "link"):
        with pytest.raises(ConfigError, match=f"{name} exists already. Name a new file"):
            backup.save(database, tmp_path / name)
    assert "mine" == (tmp_path / "precious").read_text()


def test_of_several_at_once_one_gets_the_name(database, tmp_path):
    """The others are refused, although the file was not there when they began."""
    begin = threading.Barrier(8)

    def save(_: int) -> bool:
        begin.wait()
        try:
            backup.save(database, tmp_path / "new")
        except ConfigError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert 1 == sum(pool.map(save, range(8)))
    assert 2 == pair(tmp_path / "new")


@pytest.mark.parametrize(
    ("prepare", "target", "cure"),
    [
        (lambda path: path.unlink(), "new", "no database in DATA_DIR.*Set DATA_DIR"),
        (lambda path: path.write_bytes(b""), "new", "holds nothing yet. Start Spool once"),
        (damaged_at_the_end, "new", "is damaged .*, so no copy was made"),
        (damaged, "new", "is damaged .*, so no copy was made. Stop Spool, and restore"),
        (lambda path: path, "nowhere/new", "could not be copied.*No such file.*Choose an existing folder"),
    ],
)
def test_what_cannot_be_copied(tmp_path, prepare, target, cure):
    """Each says what to do, and leaves no file."""
    Database(tmp_path / "spool.sqlite3").close()
    prepare(tmp_path / "spool.sqlite3")
    before = content(tmp_path)
    with pytest.raises(ConfigError, match=cure):
        backup.save(tmp_path / "spool.sqlite3", tmp_path / target)
    assert before == content(tmp_path)


def test_a_kill_leaves_a_whole_copy_or_none(database, tmp_path):
    """At whatever line; the database is as it was."""
    template = shutil.copytree(tmp_path, tmp_path / "template")
    (template / "copy").unlink()
    (tmp_path / "results").mkdir()
    left = killed(template, tmp_path / "results", "save")
    assert {True, False} == {(folder / "copy").exists() for folder in left}
    assert {2} == {pair(folder / name) for folder in distinct(left) for name in ("spool.sqlite3", "copy")
                   if (folder / name).exists()}  # fmt: skip


@pytest.mark.usefixtures("_open_to_all")
def test_a_copy_is_put_back(database, tmp_path):
    """What was there is kept as it was, also what was only in its -wal; nobody else may read either."""
    kept = backup.restore(tmp_path / "copy", database, NEWEST)
    assert kept
    assert (1, 2) == (pair(database), pair(kept))
    assert {0o600} == {mode(path) for path in (database, kept)}
    Database(database).close()
    assert 1 == pair(database)


def test_a_copy_is_put_where_nothing_is(database, tmp_path):
    """A new machine; a -wal that was forgotten there is not taken for the copy's."""
    new = tmp_path / "new" / "spool.sqlite3"
    new.parent.mkdir()
    shutil.copy(f"{database}-wal", f"{new}-wal")
    assert backup.restore(tmp_path / "copy", new, NEWEST) is None
    assert (1, 0o600) == (pair(new), mode(new))


def test_a_damaged_database_is_replaced(database, tmp_path):
    """It is kept with its -wal, byte for byte, and nothing of it comes back."""
    wal = Path(f"{damaged(database)}-wal")
    before = database.read_bytes(), wal.read_bytes()
    kept = backup.restore(tmp_path / "copy", database, NEWEST)
    assert kept
    assert before == (kept.read_bytes(), Path(f"{kept}-wal").read_bytes())
    assert not wal.exists()
    assert 1 == pair(database)


def foreign(path: Path) -> None:
    """A database of another program."""
    path.unlink()
    with closing(sqlite3.connect(path)) as x:
        x.execute("CREATE TABLE runs (id)")
        x.execute("PRAGMA user_version = 1")


def newer(path: Path) -> None:
    """A database of a Spool that does not exist yet."""
    with closing(sqlite3.connect(path)) as x:
        x.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(
    ("prepare", "cure"),
    [
        (damaged_at_the_end, "copy is damaged.*Nothing was changed. Restore another"),
        (damaged, "copy is damaged.*Nothing was changed. Restore another"),
        (lambda path: path.write_bytes(path.read_bytes()[:-4096]), "copy is damaged.*Restore another"),
        (lambda path: path.write_text("no database " * 99), "copy is damaged.*Restore another"),
        (lambda path: path.write_bytes(b""), "no database of Spool.*Restore another"),
        (foreign, "no database of Spool.*Restore another"),
        (newer, "newer Spool .schema 99.*Install that version"),
        (lambda path: path.unlink(), "There is no file .*copy. Name a copy"),
        (
            lambda path: (path.unlink(), path.symlink_to("spool.sqlite3")),
            "is the database itself. Name a copy",
        ),
    ],
)
def test_what_is_not_put_back(database, tmp_path, prepare, cure):
    """Each says what to do, and the database is as it was."""
    prepare(tmp_path / "copy")
    before = content(tmp_path)
    with pytest.raises(ConfigError, match=cure):
        backup.restore(tmp_path / "copy", database, NEWEST)
    assert before == content(tmp_path)


async def test_who_has_it_open_sees_the_copy(database, tmp_path):
    """A command that was waiting for the model server, say."""
    db = Database(database)
    assert 2 == await db(lambda x: facts.find(x, "one"))
    backup.restore(tmp_path / "copy", database, NEWEST)
    assert 1 == await db(lambda x: facts.find(x, "one"))
    await db(lambda x: facts.remember(x, "later", 3))
    db.close()
    assert [("3",)] == ask(database, "SELECT value FROM facts WHERE name = 'later'")


@pytest.mark.slow
def test_a_strangers_transaction_is_waited_for_but_not_for_ever(database, tmp_path):
    """Nothing is changed then, and nothing is left behind."""
    with closing(sqlite3.connect(database, isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        with pytest.raises(ConfigError, match=r"keeps it locked.*Let other commands end"):
            backup.restore(tmp_path / "copy", database, NEWEST)
    assert 2 == pair(database)
    assert {"copy", "spool.sqlite3"} == set(content(tmp_path)) - {"spool.sqlite3-wal"}


@pytest.mark.parametrize("state", ["sound", "damaged", "missing"])
def test_a_kill_while_restoring_leaves_one_or_the_other(database, tmp_path, state):
    """At whatever line; what was there before is lost at none of them, and the next try succeeds."""
    template = shutil.copytree(tmp_path, tmp_path / "template")
    before = template / "spool.sqlite3"
    if state == "damaged":
        damaged(before)
    lost = before.read_bytes()
    if state == "missing":
        before.unlink()
    (tmp_path / "results").mkdir()

    left = killed(template, tmp_path / "results", "restore")

    assert {"1"} == {str(pair(folder / "spool.sqlite3")) for folder in left[-1:]}
    for folder in distinct(left):
        now = folder / "spool.sqlite3"
        if state == "missing":
            assert not now.exists() or 1 == pair(now)
        elif state == "damaged":
            kept = [path for path in folder.iterdir() if path.is_file() and path.read_bytes() == lost]
            assert kept
            assert now in kept or 1 == pair(now)
        else:
            values = {pair(path) for path in folder.glob("spool*.sqlite3")}
            assert 2 in values
            assert pair(now) in (1, 2)
        backup.restore(folder / "copy", now, NEWEST)
        assert 1 == pair(now)


@pytest.mark.usefixtures("_open_to_all")
def test_a_copy_is_made_before_an_upgrade(tmp_path):
    """Of the schema in its name, once, for its owner; the next start has nothing to do, nor has a first."""
    database, copy = old(tmp_path / "spool.sqlite3"), tmp_path / "spool-schema-1.sqlite3"
    Database(database).close()

    assert (1, NEWEST, 0o600) == (schema(copy), schema(database), mode(copy))
    assert [("thread_1",)] == ask(copy, "SELECT id FROM threads")
    copy.unlink()
    Database(database).close()
    with closing(sqlite3.connect(database)) as x:  # another process upgraded while this one was about to copy
        backup.keep(x, database, 1)
    assert ["spool.sqlite3"] == sorted(content(tmp_path))
    (tmp_path / "new").mkdir()
    Database(tmp_path / "new" / "spool.sqlite3").close()
    assert ["spool.sqlite3"] == os.listdir(tmp_path / "new")


def test_without_room_for_the_copy_there_is_no_upgrade(tmp_path):
    """The error says so, nothing was changed: a process may write no large file. Nor of a damaged one."""
    database = old(tmp_path / "spool.sqlite3")
    code = (
        "import resource, sys; from pathlib import Path; from core.store.database import Database\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)); Database(Path(sys.argv[1]))"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(database)], capture_output=True, text=True)

    assert "ConfigError" in ended.stderr
    assert "is not upgraded, because its copy spool-schema-1.sqlite3 could not be written" in ended.stderr
    assert 1 == schema(database)
    assert ["spool.sqlite3"] == sorted(content(tmp_path))
    with pytest.raises(ConfigError, match=r"is damaged.*put a backup in"):
        Database(damaged(database))


def test_a_kill_before_an_upgrade_changes_nothing(tmp_path):
    """Whatever the schema is then, there is a whole copy of the old one, or the old one itself."""
    (template := tmp_path / "template").mkdir()
    old(template / "spool.sqlite3")
    (tmp_path / "results").mkdir()
    left = killed(template, tmp_path / "results", "upgrade")
    for folder in distinct(left):
        Database(folder / "spool.sqlite3").close()
        assert (NEWEST, 1) == (schema(folder / "spool.sqlite3"), schema(folder / "spool-schema-1.sqlite3"))


def test_two_starts_at_once_keep_the_old_schema(tmp_path):
    """The copy's name is true, whoever took the step."""
    database = old(tmp_path / "spool.sqlite3")
    code = (
        "import sys; from pathlib import Path; from core.store.database import Database\n"
        "Database(Path(sys.argv[1])).close()"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, str(database)]) for _ in range(4)]
    assert [0] * 4 == [process.wait() for process in both]
    assert (NEWEST, 1) == (schema(database), schema(tmp_path / "spool-schema-1.sqlite3"))
