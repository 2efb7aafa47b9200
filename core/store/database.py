"""One way to touch the database: `await db(work)`, where `work(tx)` is one transaction.

`tx.execute(sql, params).fetchall()` is the library's own. One writer thread owns the only writing
connection, which is `tx`; everything that is waiting when it wakes shares one commit (group commit), so
`synchronous=FULL` costs one fsync for many transactions. The SQL of `core.store` keeps to what PostgreSQL
understands too, so another engine needs only another class of this shape.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from core.errors import ConfigError, Unsaved
from core.store import backup

T = TypeVar("T")
POISON = (sqlite3.DataError, sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError)
"""Errors of what was to be stored, not of the disk: they would come again with each repetition."""
MIGRATIONS = Path(__file__).parent / "migrations"
FILE = "spool.sqlite3"
"""Its name in the data directory."""
BATCH = 256
CURES = {
    "full": "Make room on the disk of DATA_DIR.",
    "failing": "Look at the disk of DATA_DIR: it may be failing, or a quota is reached.",
    "damaged": "Stop every Spool, and put a backup in its place (`spool restore`).",
}
"""What an operator can do, by `Unsaved.why`."""
WHY = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "failing",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
}
IDLE_SECONDS = 0.1
"""Without any work, until the log is emptied."""
BUSY_TIMEOUT = 10.0


class Rows(Protocol):
    """What a statement found."""

    def fetchall(self) -> list[Any]: ...


class Execute(Protocol):
    """Runs statements with `?` parameters: as much of `sqlite3.Connection` as the rooms may use."""

    def execute(self, sql: str, params: Sequence[Any] = (), /) -> Rows: ...


Work = Callable[[Execute], T]


class Chain:
    """Transactions each of which says that all before it are stored: after one that could not be saved no
    later one of the chain is carried out.
    """

    def __init__(self) -> None:
        self.broken: Unsaved | None = None
        """What broke it: set by the writer, between two of the transactions, or by the chain's owner."""


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    future: asyncio.Future[Any]
    chain: Chain | None
    mark: bool

    def failed(self, unsaved: Unsaved) -> Unsaved:
        """What those who come later in its chain will be told, too."""
        if self.chain and not self.mark and not self.chain.broken:
            self.chain.broken = unsaved
        return unsaved


_Result = tuple["asyncio.Future[Any]", Any, BaseException | None]


class Database:
    """SQLite behind one writer thread. Use from one event loop; `close()` when done.

    Transactions happen in the order of the calls: `db(a); db(b)` commits a before b, or both at once.
    `busy_timeout`: seconds to wait for another process that holds the database.
    """

    def __init__(self, path: Path, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        self.path, self._connection = path, _opened(path, busy_timeout)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.committed: Callable[[float], None] = lambda seconds: None
        """Told how long each transaction took until it was on disk, by the writer."""
        self._wipe = True  # a process that died may have left something
        self._thread = threading.Thread(target=self._write, name="database", daemon=True)
        self._thread.start()

    def __call__(self, work: Work[T], chain: Chain | None = None, *, mark: bool = False) -> asyncio.Future[T]:
        """All of `work` happens or none of it; done ⇒ on disk. Raises Unsaved, or what `work` raised.

        `chain`: not at all if an earlier one of the same chain was Unsaved. A `mark` only says how far the
        chain has come: if it is not saved itself, nothing is missing.
        """
        self._loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(_Job(work, future, chain, mark))
        return future

    def wipe(self) -> None:
        """What was removed is to leave the file and its log, too.

        It has once nobody waits for the database, at the latest after the next start.
        """
        self._wipe = True
        self(lambda tx: None)  # wakes the writer

    def scrub(self) -> asyncio.Future[bool]:
        """Nothing that was removed is in the file or its log any more; False: a reader is in the way.

        Pages that were put in order keep bytes of removed rows between those that stay, so the file is
        written anew. Whoever writes waits for that meanwhile. Raises Unsaved.
        """
        return self(_anew)

    def close(self) -> None:
        """Finish what was asked for, then close the file."""
        self._jobs.put(None)
        self._thread.join()
        self._connection.close()

    def _write(self) -> None:
        while True:
            batch = [self._next()]
            while len(batch) < BATCH and not self._jobs.empty():
                batch.append(self._jobs.get())
            jobs = [job for job in batch if job is not None]
            if jobs:
                rewriting = [job for job in jobs if job.work is _anew]
                plain = [job for job in jobs if job.work is not _anew]
                results = self._guarded(plain) if plain else []
                results += [(job.future, *self._rewritten()) for job in rewriting]
                assert self._loop is not None
                with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits any more
                    self._loop.call_soon_threadsafe(_settle, results)
            if len(jobs) < len(batch):
                return

    def _next(self) -> _Job | None:
        """The next job. While there is none, the log is emptied if it may hold what was to leave the disk."""
        while self._wipe:
            try:
                return self._jobs.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                self._wipe = not self._emptied()
        return self._jobs.get()

    def _rewritten(self) -> tuple[bool, BaseException | None]:
        try:
            self._connection.execute("VACUUM")
            return self._emptied(), None
        except sqlite3.Error as error:
            return False, _unsaved(error)

    def _emptied(self) -> bool:
        """Whether all of the log is in the file now; a reader may be in the way."""
        before = self._connection.execute("PRAGMA busy_timeout").fetchone()[0]
        try:
            self._connection.execute("PRAGMA busy_timeout=0")  # nobody who comes is kept waiting
            return not self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.Error:
            return False
        finally:
            self._connection.execute(f"PRAGMA busy_timeout={before}")

    def _guarded(self, jobs: list[_Job]) -> list[_Result]:
        """Whatever happens, the writer lives on and everybody who waits is told."""
        try:
            return self._commit(jobs)
        except Exception as error:
            with contextlib.suppress(sqlite3.Error):
                self._connection.rollback()
            return _none_of(jobs, Unsaved(repr(error)))

    def _commit(self, jobs: list[_Job]) -> list[_Result]:
        """Run the jobs in one transaction with a savepoint each, so that one failure undoes only itself."""
        results: list[_Result] = []
        began = time.monotonic()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            results.extend((job.future, *self._attempt(job)) for job in jobs)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:  # disk full, locked by a stranger: nothing happened, say so to all
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            return _none_of(jobs, _unsaved(error))
        self.committed(time.monotonic() - began)
        return results

    def _attempt(self, job: _Job) -> tuple[Any, BaseException | None]:
        if job.chain and job.chain.broken:
            return None, job.chain.broken
        self._connection.execute("SAVEPOINT job")
        try:
            result, failure = job.work(self._connection), None
        except Exception as error:  # it belongs to whoever asked; the writer must live on
            if not self._connection.in_transaction:  # SQLite itself rolled everything back (disk full)
                raise
            again = isinstance(error, sqlite3.Error) and not isinstance(error, POISON)
            result, failure = None, job.failed(_unsaved(error)) if again else error
            self._connection.execute("ROLLBACK TO job")
        self._connection.execute("RELEASE job")
        return result, failure


def _anew(tx: Execute) -> bool:
    """In place of a transaction: the file is to be written anew."""
    raise NotImplementedError


def look(path: Path, work: Work[T]) -> T:
    """What `work` finds there, however long it takes: whoever writes does not wait. Raises ConfigError."""
    try:
        with contextlib.closing(_opened(path, BUSY_TIMEOUT)) as connection:
            connection.execute("BEGIN")
            return work(connection)
    except sqlite3.Error as error:
        raise explained(path, _unsaved(error)) from error


def _none_of(jobs: list[_Job], unsaved: Unsaved) -> list[_Result]:
    return [(job.future, None, job.failed(unsaved)) for job in jobs]


def _unsaved(error: Exception) -> Unsaved:
    unsaved = Unsaved(str(error))
    unsaved.__cause__ = error
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # what is above tells where SQLite met it
    unsaved.why = "full" if "is full" in str(error) else WHY.get(code, "")
    unsaved.cure = CURES.get(unsaved.why, "")
    return unsaved


def explained(path: Path, error: Unsaved) -> ConfigError:
    """What to say of a database that refused, where nobody tries again."""
    if error.why == "damaged":
        return ConfigError(f"{path} is damaged ({error}). {CURES['damaged']}")
    cure = error.cure or "That step did not happen; try again."
    return ConfigError(f"{path} could not be written ({error}). {cure}")


def _settle(results: list[_Result]) -> None:
    for future, result, error in results:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def _opened(path: Path, busy_timeout: float) -> sqlite3.Connection:
    """The file with today's schema. Raises ConfigError when a person must see to it first."""
    try:
        with contextlib.ExitStack() as undo:
            connection = undo.enter_context(contextlib.closing(_connected(path, busy_timeout)))
            _migrate(connection, path)
            undo.pop_all()
            return connection
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        raise ConfigError(
            f"{path} is damaged, or no database of Spool ({error}). Stop every Spool, then put a backup in "
            "its place, or move it and its -wal and -shm away: the next start makes a new one."
        ) from error


def _connected(path: Path, busy_timeout: float) -> sqlite3.Connection:
    with contextlib.ExitStack() as undo:
        try:
            _private(path)
            os.environ.setdefault("SQLITE_TMPDIR", str(path.resolve().parent))  # for what `scrub` needs
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            undo.callback(connection.close)
            busy = f"busy_timeout={busy_timeout * 1000:.0f}"
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "secure_delete=ON",
                busy,
                "foreign_keys=ON",
            ):
                connection.execute(f"PRAGMA {pragma}")
        except (OSError, sqlite3.OperationalError) as error:
            raise ConfigError(
                f"{path} cannot be opened ({error}). Give the file to the user Spool runs as, on a disk with "
                "room, or set DATA_DIR to another directory."
            ) from error
        undo.pop_all()
    return connection


def _private(path: Path) -> None:
    """Create the file 0600 before SQLite does; -wal and -shm inherit its mode.

    One that exists is not opened: closing it again would take the locks from all connections of this process
    (https://sqlite.org/howtocorrupt.html §2.2), and the next one elsewhere would remove the log under them.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        path.chmod(0o600)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the schema up to date, one numbered file at a time, each in one transaction."""
    steps = migrations()
    if (version := _version(connection)) > len(steps):
        raise ConfigError(
            f"{path} was written by a newer Spool (schema {version}, this one knows {len(steps)}). "
            "Install that version again, or set DATA_DIR to another directory."
        )
    if 0 < version < len(steps):
        backup.keep(connection, path, version)
    while (version := _version(connection)) < len(steps):
        script = steps[version].read_text(encoding="utf-8")
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {version + 1};\nCOMMIT;"
            )
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if _version(connection) == version:  # else another process took this step first
                raise


def migrations() -> list[Path]:
    """The steps a database takes, in order; how many there are is the newest schema."""
    return sorted(MIGRATIONS.glob("[0-9]*.sql"))


def _version(connection: sqlite3.Connection) -> int:
    """How many steps the file has taken."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
