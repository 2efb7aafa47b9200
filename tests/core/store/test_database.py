"""core.store.database: one writer, group commit, nothing half done."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import ConfigError, Unsaved
from core.store import facts
from core.store.database import Chain, Database, Execute, Work, look
from tests.core.store.databases import mode


def remembering(name: str, value: object = 1) -> Work[None]:
    """Work that stores a fact."""
    return lambda tx: facts.remember(tx, name, value)


def names(tx: Execute) -> list[str]:
    """The facts that are stored."""
    return [name for (name,) in tx.execute("SELECT name FROM facts ORDER BY name").fetchall()]


def committed(path: Path) -> list[str]:
    """The facts another process would see now."""
    reader = sqlite3.connect(path)
    try:
        return [name for (name,) in reader.execute("SELECT name FROM facts ORDER BY name")]
    finally:
        reader.close()


def failing(tx: Execute) -> None:
    """Work that does something and then fails."""
    facts.remember(tx, "undone", 1)
    raise ValueError("on purpose")


async def test_work_gives_its_result_and_is_on_disk(db, tmp_path):
    """Done ⇒ committed, also after a power cut, in the order of the calls, whether anybody waits or not."""
    db(remembering("a")).cancel()
    for number in range(50):
        db(lambda tx, n=number: facts.remember(tx, "list", [*(facts.find(tx, "list") or []), n]))
    assert list(range(50)) == await db(lambda tx: facts.find(tx, "list"))
    assert ["a", "list"] == committed(tmp_path / "spool.sqlite3") == await db(names)
    for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
        assert [(value,)] == await db(lambda tx, name=pragma: tx.execute(f"PRAGMA {name}").fetchall())


async def test_a_failure_undoes_only_itself(db):
    """The exception reaches whoever asked; the transactions that share its commit are kept."""
    before, failed, after = db(remembering("a")), db(failing), db(remembering("b"))
    await asyncio.gather(before, after)
    with pytest.raises(ValueError, match="on purpose"):
        await failed
    assert ["a", "b"] == await db(names)


async def test_what_waits_shares_one_commit(db, tmp_path):
    """While the writer is busy the others gather; then they are committed together."""
    busy, go_on = threading.Event(), threading.Event()
    db(lambda x: busy.set() or go_on.wait())  # type: ignore[func-returns-value]
    busy.wait(10)
    for number in range(20):
        db(remembering(f"{number:02}"))
    seen = db(lambda x: committed(tmp_path / "spool.sqlite3"))
    go_on.set()
    assert [] == await seen
    assert 20 == len(committed(tmp_path / "spool.sqlite3"))


async def test_closing_finishes_what_was_asked_for(tmp_path):
    """Nothing that was put in line is dropped; opened again, it holds what it held."""
    db = Database(tmp_path / "spool.sqlite3")
    for number in range(10):
        db(remembering(str(number)))
    db.close()
    assert 10 == len(committed(tmp_path / "spool.sqlite3"))
    second = Database(tmp_path / "spool.sqlite3")
    assert 10 == len(await second(names))
    second.close()


def test_work_outlives_the_event_loop(tmp_path):
    """A loop that ends while the writer is at work loses the answer, not the transaction."""
    db, go_on = Database(tmp_path / "spool.sqlite3"), threading.Event()

    def slow(tx: Execute) -> None:
        go_on.wait()
        facts.remember(tx, "a", 1)

    async def ask() -> None:
        db(slow)

    asyncio.run(ask())
    go_on.set()
    db.close()
    assert ["a"] == committed(tmp_path / "spool.sqlite3")


async def test_a_full_disk_fails_all_and_the_next_goes_on(db):
    """Nothing of the commit happened, everybody in it is told, and with room again it works."""
    (pages,) = (await db(lambda tx: tx.execute("PRAGMA page_count").fetchall()))[0]
    await db(lambda tx: tx.execute(f"PRAGMA max_page_count={pages + 1}").fetchall())
    large = "x" * 100_000
    go_on = threading.Event()
    db(lambda x: go_on.wait())
    asked = [db(remembering("a")), db(remembering("b", large))]
    go_on.set()

    results = await asyncio.gather(*asked, return_exceptions=True)
    stored = await db(names)
    await db(lambda tx: tx.execute("PRAGMA max_page_count=1000000").fetchall())
    await db(remembering("c", large))

    assert isinstance(results[1], Unsaved)
    assert stored == [name for name, result in zip("ab", results, strict=True) if result is None]
    assert "c" in await db(names)


async def test_a_strangers_lock_fails_all_and_the_next_goes_on(db, tmp_path):
    """A transaction that cannot begin raises and leaves the writer as it was."""
    await db(lambda tx: tx.execute("PRAGMA busy_timeout=1").fetchall())
    stranger = sqlite3.connect(tmp_path / "spool.sqlite3", isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unsaved, match="locked"):
        await db(remembering("a"))
    stranger.execute("ROLLBACK")
    stranger.close()
    await db(remembering("b"))
    assert ["b"] == await db(names)


def giving_up(tx: Execute) -> None:
    """Work on a statement at which SQLite rolls everything back."""
    tx.execute("INSERT OR ROLLBACK INTO facts VALUES ('x', NULL)").fetchall()


def hiding_it(tx: Execute) -> None:
    """The same, told as something else."""
    try:
        giving_up(tx)
    except sqlite3.Error:
        raise ValueError("on purpose") from None


def breaking_at_commit(tx: Execute) -> None:
    """Work that looks well until everything is committed."""
    tx.execute("PRAGMA defer_foreign_keys=ON").fetchall()
    tx.execute(
        "INSERT INTO runs (id, lane, thread_id, status, created_at) VALUES ('r', 'l', 'none', 'queued', 1)"
    ).fetchall()


@pytest.mark.parametrize("broken", [giving_up, hiding_it, breaking_at_commit])
async def test_a_transaction_that_sqlite_gave_up_fails_all(db, broken):
    """Where all was rolled back, or not committed, nobody is told that his part was stored; the next is."""
    go_on = threading.Event()
    asked = [db(one) for one in (lambda x: go_on.wait(), remembering("a"), broken)]
    go_on.set()
    results = await asyncio.gather(*asked, return_exceptions=True)
    await db(remembering("b"))
    assert [Unsaved] * 3 == [type(result) for result in results]
    assert ["b"] == await db(names)


@pytest.mark.promise("K4")
@pytest.mark.usefixtures("_open_to_all")
@pytest.mark.parametrize("present", [False, True])
async def test_only_its_owner_can_read_the_files(tmp_path, present):
    """The database and what SQLite puts beside it are 0600, whatever the umask or a copied file's mode."""
    if present:
        (tmp_path / "spool.sqlite3").touch(0o644)
    db = Database(tmp_path / "spool.sqlite3")
    await db(remembering("a"))
    modes = {name: mode(tmp_path / name) for name in os.listdir(tmp_path)}
    db.close()
    assert dict.fromkeys(("spool.sqlite3", "spool.sqlite3-wal", "spool.sqlite3-shm"), 0o600) == modes


def test_a_newer_database_is_refused(tmp_path):
    """An older Spool would not know what it does to it; the cure is named."""
    path = tmp_path / "spool.sqlite3"
    Database(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ConfigError, match=r"newer Spool.*DATA_DIR"):
        Database(path)


def test_a_migration_happens_whole_or_not_at_all(tmp_path):
    """One that fails half way leaves nothing behind, so that the next start can try it again."""
    path = tmp_path / "spool.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE items (x)")
    connection.commit()
    with pytest.raises(sqlite3.OperationalError, match="items"):
        Database(path)
    assert [("items",)] == connection.execute("SELECT name FROM sqlite_master").fetchall()
    assert [(0,)] == connection.execute("PRAGMA user_version").fetchall()
    connection.close()


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[tuple[Database, sqlite3.Connection]]:
    """A database that waits for nobody, and somebody else at the same file."""
    database = Database(tmp_path / "spool.sqlite3", busy_timeout=0.02)
    stranger = sqlite3.connect(tmp_path / "spool.sqlite3", isolation_level=None)
    yield database, stranger
    stranger.close()
    database.close()


async def unsaved(*futures: asyncio.Future[None]) -> list[bool]:
    """Which of them were not saved."""
    results = await asyncio.gather(*futures, return_exceptions=True)
    return [isinstance(result, Unsaved) for result in results]


async def test_what_comes_after_an_unsaved_one_of_its_chain_is_not_saved(hasty):
    """Not even when it was put in line before the failure was known; a mark breaks no chain."""
    (db, stranger), chain, marked = hasty, Chain(), Chain()
    stranger.execute("BEGIN IMMEDIATE")
    mark, first = db(remembering("mark"), marked, mark=True), db(remembering("a"), chain)
    assert [True, True] == await unsaved(mark, asyncio.shield(first))
    stranger.execute("ROLLBACK")
    later = [db(remembering("b"), chain), db(remembering("c"), chain, mark=True), db(remembering("d"))]
    assert [True, True, False] == await unsaved(*later)
    assert [False, False] == await unsaved(db(remembering("e"), Chain()), db(remembering("f"), marked))
    assert ["d", "e", "f"] == await db(names)


async def test_one_of_the_same_commit_breaks_the_chain_too(db):
    """The disk had no room for a large one, but would have for the small one behind it."""

    def full(tx: Execute) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    chain = Chain()
    jobs = [db(remembering("a"), chain), db(full, chain), db(remembering("b"), chain), db(remembering("c"))]
    assert [False, True, True, False] == await unsaved(*jobs)
    assert ["a", "c"] == await db(names)


POISON = [
    lambda tx: tx.execute("SELECT ?", ("\ud800",)).fetchall(),
    lambda tx: tx.execute("SELECT ?", (2**70,)).fetchall(),
    lambda tx: tx.execute("SELECT ?", (object(),)).fetchall(),
    lambda tx: tx.execute("INSERT INTO facts (name) VALUES (NULL)").fetchall(),
    failing,
]


@pytest.mark.parametrize("work", POISON)
async def test_what_can_never_be_saved_breaks_no_chain(db, work):
    """Whoever repeats it gets the same error for ever: it is left out, and not called Unsaved."""
    chain = Chain()
    jobs = [db(work, chain), db(remembering("b"), chain)]
    assert [False, False] == await unsaved(*jobs)
    assert jobs[0].exception()
    assert ["b"] == await db(names)


@pytest.mark.promise("P1")
async def test_pages_that_were_put_in_order_keep_nothing_of_what_was_removed(db, tmp_path):
    """Rows that have moved on their pages leave bytes behind, which no deletion overwrites; see `scrub`."""

    def work(tx: Execute) -> None:
        tx.execute("CREATE TABLE moved (id INTEGER PRIMARY KEY, name TEXT UNIQUE, body TEXT)")
        for number in range(3000):
            whose = f"{'canary' if number % 3 == 1 else 'plain'} {number * 7919 % 3001} "
            tx.execute("INSERT INTO moved VALUES (?, ?, ?)", (number, whose, whose))
            longer = (whose * (number * 31 % 40), number * 13 % (number + 1))
            tx.execute("UPDATE moved SET body = ? WHERE id = ?", longer)
        tx.execute("DELETE FROM moved WHERE name LIKE 'canary%' OR body LIKE '%canary%'")

    await db(work)
    log, file = tmp_path / "spool.sqlite3-wal", tmp_path / "spool.sqlite3"
    db.wipe()
    while log.stat().st_size:  # noqa: ASYNC110  (the file tells nobody)
        await asyncio.sleep(0.02)
    left = b"canary" in file.read_bytes()
    assert (True, True, False) == (left, await db.scrub(), b"canary" in log.read_bytes() + file.read_bytes())


async def test_looking_beside_it_does_not_let_another_process_remove_the_log(tmp_path):
    """A second connection of this process must not drop the locks of the first: what is written stays."""
    path = tmp_path / "spool.sqlite3"
    db = Database(path)
    await db(remembering("before"))
    look(path, names)
    other = (
        "import sqlite3, sys; x = sqlite3.connect(sys.argv[1]); x.execute('SELECT 1 FROM facts'); x.close()"
    )
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", other, str(path)], check=True)
    await db(remembering("after"))
    assert {"before", "after"} <= set(committed(path))
    db.close()
