"""Copies of the database: made while it is in use, put back, and made before an upgrade.

Everything is written to a private file beside its destination, checked, and only then given its name: killed
at any moment, there is a whole file or none (and perhaps a hidden `.part`, which may be deleted). A copy is
one file that needs no -wal.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from core.errors import ConfigError
from core.store.data_dir import give_to_owner

BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite puts beside a database; it belongs to that database and to no other."""
OURS = {"assistants", "facts", "items", "messages", "runs", "steps", "threads"}
"""Tables that every database of Spool has had since its first schema."""
TRIES = 20
"""Quarters of a second in which another command may finish its transaction."""
STOPS = (signal.SIGINT, signal.SIGTERM)


class _Locked(sqlite3.OperationalError):
    """Another program has the database: nothing at all was replaced."""


def save(database: Path, target: Path) -> None:
    """Write a consistent copy, 0600, to a file that does not exist yet; the database may be in use.

    Neither changes the database nor keeps its users waiting. Raises ConfigError.
    """
    if target.exists() or target.is_symlink():
        raise _taken(target)
    if not database.is_file():
        raise ConfigError(
            f"There is no database in DATA_DIR={database.parent}. Set DATA_DIR to that of your Spool."
        )
    try:
        with _part(target) as part:
            if not _copied(database, part):
                raise ConfigError(f"{database} holds nothing yet. Start Spool once before you back it up.")
            _give_name(part, target)
    except FileExistsError:
        raise _taken(target) from None
    except (OSError, sqlite3.OperationalError) as error:
        raise ConfigError(
            f"{database} could not be copied to {target} ({_reason(error)}). Choose an existing folder with "
            "room, and run this as the user Spool runs as."
        ) from error
    except sqlite3.DatabaseError as error:
        raise ConfigError(
            f"{database} is damaged ({error}), so no copy was made. Stop Spool, and restore an older copy."
        ) from error


def restore(copy: Path, database: Path, newest: int) -> Path | None:
    """Put a copy in the database's place; returns where what was there is kept, None when nothing was.

    The caller holds `only_runner`. `newest` is the highest schema this version knows. Raises ConfigError, and
    then the database is as it was. A link stays one: everything happens beside the file it leads to. Whatever
    else is raised, a note of it names what is kept.
    """
    if database.is_symlink():  # SQLite, too, has the -wal beside the real file
        database = database.resolve()
    if database.exists() and copy.exists() and copy.samefile(database):
        raise ConfigError(f"{copy} is the database itself. Name a copy that `backup` made.")
    try:
        with _part(database, give=True) as part:
            _check(copy, part, newest)
            return _put(part, database)
    except (OSError, sqlite3.OperationalError) as error:
        raise ConfigError(
            f"{database} could not be replaced ({_reason(error)}). Let other commands end, and run this as "
            f"the user Spool runs as, with room for three copies; or move {database.name} and its -wal and "
            f"-shm away, and try again.{''.join(f' {note}' for note in getattr(error, '__notes__', ()))}"
        ) from error


def keep(connection: sqlite3.Connection, database: Path, version: int) -> None:
    """Copy the database beside itself before its schema is changed; the newest copy of a schema stays.

    Raises ConfigError when that fails, so that no upgrade happens without it, and DatabaseError when the
    database is damaged.
    """
    target = database.with_name(f"{database.stem}-schema-{version}{database.suffix}")
    try:
        with _part(target, give=True) as part:
            if _filled(connection, part) == version:  # else another process has just taken this step
                os.replace(part, target)
                _sync(target.parent)
    except (OSError, sqlite3.OperationalError) as error:
        raise ConfigError(
            f"{database} is not upgraded, because its copy {target.name} could not be written "
            f"({_reason(error)}). Nothing was changed. Make room in {database.parent}, and start again."
        ) from error


def _check(copy: Path, part: Path, newest: int) -> None:
    """Bring the copy beside the database, and look at what came. Raises ConfigError when it is not taken."""
    if not copy.is_file():
        raise ConfigError(f"There is no file {copy}. Name a copy that `backup` made.")
    try:
        version = _copied(copy, part)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        raise ConfigError(
            f"{copy} is damaged, or no database ({error}). Nothing was changed. Restore another copy."
        ) from error
    if version > newest:
        raise ConfigError(
            f"{copy} was written by a newer Spool (schema {version}, this one knows {newest}). Nothing was "
            "changed. Install that version first."
        )
    with contextlib.closing(_reading(part)) as new:
        tables = {name for (name,) in new.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not (version and tables >= OURS):
        raise ConfigError(f"{copy} is no database of Spool. Nothing was changed. Restore another copy.")


def _put(part: Path, database: Path) -> Path | None:
    """Replace the database by what is in `part`; returns where the former one is kept."""
    name = time.strftime(f"{database.stem}-before-restore-%Y%m%d-%H%M%S")
    places = (database.with_name(f"{name}{f'-{n}' * (n > 1)}{database.suffix}") for n in itertools.count(1))
    kept = next(place for place in places if not place.exists())  # one killed in this second may have kept it
    existed = database.exists()
    sound = existed and _kept(database, kept)
    try:
        with _undisturbed():
            if sound:
                _overwrite(part, database)
            else:
                _set_aside(database, kept)
                os.replace(part, database)  # until this line the damaged one is in place, then the copy
                _sync(database.parent)
    except _Locked:
        kept.unlink(missing_ok=True)
        raise
    except BaseException as error:  # nobody knows whether it was replaced, so what was there stays
        if kept.exists():
            error.add_note(f"What was there before is kept as {kept}.")
        raise
    return kept if existed else None


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait for the end of the block."""
    former = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _kept(database: Path, kept: Path) -> bool:
    """Copy the present database; False when it is damaged, so that SQLite can neither copy nor replace it."""
    try:
        with _part(kept, give=True) as former:
            _copied(database, former)
            _give_name(former, kept)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        return False
    return True


def _overwrite(part: Path, database: Path) -> None:
    """SQLite itself replaces the content: also a command that has the database open sees old or new.

    Nothing of the former -wal can come back, for it is this very -wal that the new pages go through.
    """
    tries = iter(range(TRIES))

    def patient(status: int, *_: int) -> None:
        """Called after each try, also after the one that has committed: only waiting may end in an error."""
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and next(tries, None) is None:
            raise _Locked("another program keeps it locked")

    database.chmod(0o600)
    with contextlib.closing(_reading(part)) as new, contextlib.closing(sqlite3.connect(database)) as old:
        # One transaction: killed before its commit, the next to open finds the former content, else the new.
        new.backup(old, progress=patient)


def _set_aside(database: Path, kept: Path) -> None:
    """Keep a damaged database and what SQLite put beside it, and leave none of that to the next one."""
    if database.exists():
        os.link(database, kept)  # it stays where it is until it is replaced: there is always a database
    for ending in BESIDE:
        with contextlib.suppress(FileNotFoundError):
            os.rename(f"{database}{ending}", f"{kept}{ending}")
    _sync(database.parent)  # no power cut may bring the -wal back once the copy is in place


def _copied(source: Path, part: Path) -> int:
    """Fill `part` from a database file; see `_filled`."""
    with contextlib.closing(_reading(source)) as connection:
        return _filled(connection, part)


def _filled(source: sqlite3.Connection, part: Path) -> int:
    """Fill `part` with one state of the source, check it, and see it on disk; returns its schema.

    Raises DatabaseError when it is damaged.
    """
    with contextlib.closing(sqlite3.connect(part)) as copy:
        source.backup(copy)  # one read transaction, so also what is only in the -wal, and no half change
        copy.execute("PRAGMA journal_mode=DELETE")
        (problem,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if problem != "ok":
            raise sqlite3.DatabaseError(" ".join(problem.split()))
        (version,) = copy.execute("PRAGMA user_version").fetchone()
    _sync(part)
    return int(version)


def _reading(path: Path) -> sqlite3.Connection:
    """A connection that can change nothing."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


@contextlib.contextmanager
def _part(target: Path, *, give: bool = False) -> Iterator[Path]:
    """A hidden file beside the target, 0600 from its beginning. What is left of it in the end is deleted.

    `give`: to the owner of the folder; only a copy that is for whoever made it is not.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    try:
        try:
            if give:
                give_to_owner(descriptor, target.parent)
        finally:
            os.close(descriptor)
        yield Path(name)
    finally:
        for ending in ("", *BESIDE):
            Path(name + ending).unlink(missing_ok=True)


def _give_name(part: Path, target: Path) -> None:
    """Raises FileExistsError: what has the name already is never replaced."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:  # a disk without links, such as an USB stick's
        if target.exists():
            raise FileExistsError(target) from None
        os.rename(part, target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    """What is in the file, or the names in the folder, survive a power cut from here on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _taken(target: Path) -> ConfigError:
    return ConfigError(f"{target} exists already. Name a new file, or move that one away.")


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
