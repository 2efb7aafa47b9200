"""core.store.integrity: a database is looked at as it lies there, and stays so to the byte."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.store.database import Database
from core.store.integrity import Looked, Unreadable, look

KILLED = """
import asyncio, os, pathlib, sys
from core.store import facts
from core.store.database import Database

async def main():
    db = Database(pathlib.Path(sys.argv[1]))
    await db(lambda tx: facts.remember(tx, "a", "b" * 100_000))
    os.kill(os.getpid(), 9)

asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of a bot that was killed: its newest rows are in the -wal."""
    made = tmp_path / "spool.sqlite3"
    ended = subprocess.run([sys.executable, "-c", KILLED, made], cwd=Path(__file__).parents[3])
    assert -signal.SIGKILL == ended.returncode
    return made


def closed(path: Path) -> None:
    Database(path).close()


def without_index(path: Path) -> None:
    os.unlink(f"{path}-shm")


def damaged(path: Path) -> None:
    closed(path)
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"?" * 8192)


def newer(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(
    ("make", "problem", "newer_one"),
    [
        (lambda path: None, False, False),
        (closed, False, False),
        (without_index, False, False),
        (damaged, True, False),
        (newer, False, True),
    ],
)
async def test_what_is_found(path, make: Callable[[Path], None], problem, newer_one):
    await asyncio.to_thread(make, path)
    before = {file: file.read_bytes() for file in path.parent.iterdir()}

    found = look(path, 10)

    assert before == {file: file.read_bytes() for file in path.parent.iterdir()}
    assert (problem, newer_one, True) == (bool(found.problem), found.newer, found.whole), found


def test_a_large_one_is_looked_at_for_a_while(tmp_path):
    """Nothing waits for all of it."""
    path = tmp_path / "large.sqlite3"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO t VALUES (?)", (("x" * 200,) for _ in range(100_000)))
        connection.execute("COMMIT")

    assert Looked(whole=False) == look(path, 0.0001)


def test_what_cannot_be_opened(tmp_path):
    """Is no damage."""
    with pytest.raises(Unreadable, match="unable to open"):
        look(tmp_path / "there is none", 1)
