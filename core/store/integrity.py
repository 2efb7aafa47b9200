"""Whether the database is whole: looked at beside a running bot, and without leaving a trace."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.store.database import migrations

STEPS = 10_000
"""Of SQLite's machine, between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found. `whole`: all of it was looked at. `schema`: 0 where nothing is stored yet."""

    problem: str = ""
    whole: bool = True
    schema: int = 0

    @property
    def newer(self) -> bool:
        """Whether a newer Spool wrote it."""
        return self.schema > len(migrations())


def look(path: Path, seconds: float) -> Looked:
    """What is wrong inside, as far as so many seconds reach. Raises Unreadable."""
    schema = 0
    try:
        with _reading(path) as connection:
            (schema,) = connection.execute("PRAGMA user_version").fetchone()
            until = time.monotonic() + seconds
            connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            return Looked(whole=False, schema=schema)
        raise Unreadable(str(error)) from error
    except sqlite3.DatabaseError as error:
        return Looked(problem=str(error), schema=schema)
    return Looked("" if found == "ok" else " ".join(str(found).split()), schema=schema)


class Unreadable(Exception):
    """The file cannot be opened or read; the text says why."""


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing, and makes no file beside the database.

    Without -wal or -shm nobody has it open, so it is read as a file that does not change; with them they are
    read as they are (`readonly_shm`), whether a bot is at work or a killed one left them.
    """
    beside = all(path.with_name(f"{path.name}{ending}").exists() for ending in ("-wal", "-shm"))
    how = "mode=ro&readonly_shm=1" if beside else "mode=ro&immutable=1"
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)) as connection:
        yield connection
