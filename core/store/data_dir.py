"""The data directory: readable by its owner alone, and held by one running Spool at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from core.errors import ConfigError


def data_directory(path: Path) -> Path:
    """Create the data directory, readable by its owner alone.

    Raises ConfigError when it cannot be written.
    """
    try:
        if not path.is_dir():
            path.mkdir(mode=0o700, parents=True)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(path)
    except OSError as error:
        raise ConfigError(
            f"DATA_DIR={path} cannot be used ({error.strerror or 'not writable'}). "
            "Give the directory to the user Spool runs as, or set DATA_DIR to another one."
        ) from error
    return path


@contextlib.contextmanager
def only_runner(directory: Path) -> Iterator[int]:
    """Hold the directory for one `run` process; the lock vanishes with the process, however it ends.

    Gives the lock's descriptor: a process that inherits it holds the directory, too.

    Raises ConfigError naming the pid of the process that holds it.
    """
    descriptor = lock_file(directory / "run.lock")
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(descriptor, 32).decode().strip() or "unknown"
            raise ConfigError(
                f"DATA_DIR={directory} is in use by another Spool (pid {pid}). "
                f"Stop that one first (kill {pid}), or give this one its own DATA_DIR."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def give_to_owner(descriptor: int, directory: Path) -> None:
    """Give a file we have just made to the owner of its folder, where we may: root at work for Spool's user.

    By its descriptor: a name in somebody else's folder could be made to lead to another file meanwhile.
    """
    owner = directory.stat()
    if os.fstat(descriptor).st_uid != owner.st_uid:
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, owner.st_uid, owner.st_gid)


def lock_file(path: Path) -> int:
    """Open it, made first where there is none: for its owner alone, who is the folder's."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    except FileExistsError:
        return os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    give_to_owner(descriptor, path.parent)
    return descriptor
