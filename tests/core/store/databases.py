"""Databases to be copied: written by processes of their own, left as a kill leaves them, damaged, old."""

from __future__ import annotations

import re
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

from core.store.database import migrations

WRITER = """
import asyncio, sys
from pathlib import Path
from core.store.database import Database
from core.store import facts

def both(tx, value):
    facts.remember(tx, "one", value)
    facts.remember(tx, "other", value)

async def main():
    db = Database(Path(sys.argv[1]))
    for value in range(int(sys.argv[2]), int(sys.argv[3])):
        await db(lambda tx: both(tx, value))
        print(value, flush=True)
    sys.stdin.read()

asyncio.run(main())
"""


@contextmanager
def writer(database: Path, first: int, end: int) -> Iterator[IO[str]]:
    """A process that commits a pair of equal facts for each number, and says so; killed in the end."""
    command = [sys.executable, "-c", WRITER, str(database), str(first), str(end)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process.stdout
        finally:
            process.kill()


def left_by_a_kill(database: Path, value: int) -> Path:
    """The database of a process that stored the value and was killed: it is only in the -wal."""
    with writer(database, value, value + 1) as said:
        assert f"{value}\n" == said.readline()
    assert database.with_name(f"{database.name}-wal").stat().st_size
    return database


def folded(database: Path) -> Path:
    """Bring what is in the -wal into the database, which then has none."""
    with closing(sqlite3.connect(database)) as x:
        x.execute("PRAGMA wal_checkpoint")
    return database


def damaged(database: Path) -> Path:
    """Overwrite the middle of it: the first page still looks like a database."""
    assert database.stat().st_size > 4096
    with database.open("r+b") as file:
        file.seek(4096)
        file.write(b"?" * (database.stat().st_size - 4096))
    return database


def damaged_at_the_end(database: Path) -> Path:
    """Empty its last page: only who looks at each page notices."""
    with database.open("r+b") as file:
        file.seek(-4096, 2)
        file.write(bytes(4096))
    return database


def old(database: Path) -> Path:
    """A database of the first schema, with one thread."""
    with closing(sqlite3.connect(database)) as x:
        x.executescript(migrations()[0].read_text("utf-8"))
        x.execute("INSERT INTO threads VALUES ('thread_1', 1, 'new')")
        x.execute("INSERT INTO facts VALUES ('large', ?)", ("x" * 100_000,))
        x.execute("PRAGMA user_version = 1")
        x.execute("PRAGMA journal_mode=WAL")
        x.commit()
    return database


def ask(database: Path, question: str) -> list[tuple[object, ...]]:
    """What a stranger reads in it, after it was found undamaged. It is left as it is."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as x:
        assert [("ok",)] == x.execute("PRAGMA integrity_check").fetchall()
        return x.execute(question).fetchall()


def pair(database: Path) -> int:
    """The value that both facts have: a copy of a half transaction would show two."""
    ((one,), (other,)) = ask(database, "SELECT value FROM facts WHERE name IN ('one', 'other')")
    assert one == other
    return int(str(one))


def schema(database: Path) -> object:
    """The schema's number."""
    return ask(database, "PRAGMA user_version")[0][0]


def mode(path: Path) -> int:
    """Who may read it."""
    return stat.S_IMODE(path.stat().st_mode)


def killed(template: Path, results: Path, action: str, number: int = signal.SIGKILL) -> list[Path]:
    """What is left of the folder after a kill at each line of the code; the last was not killed."""
    command = [sys.executable, "-m", "tests.core.store.killed", str(template), str(results), action]
    command += [str(int(number))]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert not ended.returncode, ended.stderr
    found = sorted(results.iterdir(), key=lambda path: int(path.name))
    assert 15 < len(found)
    return found


def distinct(left: list[Path]) -> list[Path]:
    """One folder for each state of its files; what is random in a name, the time, and -shm are no state."""
    found = {}
    for folder in left:
        files = [path for path in folder.iterdir() if not path.name.endswith("-shm")]
        names = [re.sub(r"\d{8}-\d{6}|\w{8}(?=\.part)", "", path.name) for path in files]
        found[tuple(sorted(zip(names, (path.read_bytes() for path in files), strict=True)))] = folder
    return list(found.values())
