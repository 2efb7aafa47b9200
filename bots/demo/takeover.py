"""What an older demo left in DATA_DIR is taken over into `DATA_DIR/demo`.

It saved files loose in `DATA_DIR/demo`; where a real bot worked, it had a database in `DATA_DIR/demo-data`.
Each step here is one rename, and what is left to do is seen on the disk: the next start goes on where one was
killed. Whoever calls holds `DATA_DIR/demo`.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from bots.demo.folder import Folder, remove_copies
from core.errors import ConfigError
from core.store.data_dir import only_runner
from core.store.database import Database

DATABASE = "spool.sqlite3"
OURS = ("run.lock", "history", "history.part", f"{DATABASE}*", "spool-schema-*")
"""Patterns of files beside `files` that are not a person's."""


def take_over(data_dir: Path, folder: Folder) -> Path | None:
    """Gives an older demo's database that had to stay where it is, because there is a newer one."""
    _sort(folder)
    old = data_dir / "demo-data"
    if not old.is_dir():
        return None
    with only_runner(old):
        _move_database(old / DATABASE, folder.path / DATABASE)
        _move_copies(old, folder.path)
        _move_files(old / "demo", folder)
        if (old / DATABASE).exists():
            return old / DATABASE
        (old / "run.lock").unlink()
        with contextlib.suppress(OSError):  # whatever else somebody has put there stays
            old.rmdir()
    return None


def _sort(folder: Folder) -> None:
    """Files that lie loose, as an older demo left them, go to `files`."""
    if folder.files.is_dir():
        return
    part = folder.path / "files.part"
    part.mkdir(mode=0o700, exist_ok=True)
    loose = [path for path in folder.path.iterdir() if path.is_file()]
    for path in [path for path in loose if not any(map(path.match, OURS))]:
        path.rename(part / path.name)
    part.rename(folder.files)  # last: without `files`, the next start moves what is still loose


def _move_database(old: Path, new: Path) -> None:
    if not old.exists() or new.exists():
        return
    Database(old).close()  # writes its -wal into it and removes that: now one rename moves all of it
    if old.with_name(f"{old.name}-wal").exists():
        raise ConfigError(f"{old} is in use by another command. Start the demo again when that has ended.")
    old.rename(new)


def _move_copies(old: Path, new: Path) -> None:
    """What an upgrade kept of the database goes along; what a killed one began is of no use."""
    for part in old.glob(".*.part*"):
        part.unlink()
    for copy in old.glob("spool-schema-*"):
        copy.rename(new / copy.name)


def _move_files(old: Path, folder: Folder) -> None:
    if not old.is_dir():
        return
    for path in [path for path in old.iterdir() if path.is_file()]:
        path.rename(folder.free(path.name))
    remove_copies(old / "tools")
    with contextlib.suppress(OSError):
        old.rmdir()
