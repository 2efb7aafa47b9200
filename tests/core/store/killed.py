"""Do something again and again, each time in a fresh copy of a folder and killed one line of code later.

`python -m tests.core.store.killed TEMPLATE RESULTS ACTION SIGNAL`; RESULTS/1 is what the first kill left, and
so on; the last one was not killed. Any signal but SIGKILL raises KeyboardInterrupt, as Ctrl-C does; its notes
are in a file `told`.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from core.store import backup
from core.store.database import Database, migrations


def save(folder: Path) -> None:
    """Copy the database."""
    backup.save(folder / "spool.sqlite3", folder / "copy")


def restore(folder: Path) -> None:
    """Put the copy back."""
    backup.restore(folder / "copy", folder / "spool.sqlite3", len(migrations()))


def upgrade(folder: Path) -> None:
    """Open the database, which upgrades it."""
    Database(folder / "spool.sqlite3").close()


def killer(lines: int, number: int) -> Callable[..., Any]:
    """A trace function that signals this process at the n-th line that is run of `core.store.backup`."""
    left = itertools.count(lines, -1)

    def trace(frame: FrameType, event: str, _: object) -> Callable[..., Any] | None:
        if frame.f_code.co_filename != backup.__file__:
            return None
        if event == "line" and next(left) == 1:
            os.kill(os.getpid(), number)
        return trace

    return trace


def interrupt(*_: object) -> None:
    """What every signal does that can be handled."""
    raise KeyboardInterrupt


def child(folder: Path, action: Callable[[Path], None], lines: int, number: int) -> int:
    """The exit status: 0 when it came to the end, `number` when it was interrupted."""
    if number != signal.SIGKILL:
        signal.signal(number, interrupt)
    sys.settrace(killer(lines, number))
    try:
        action(folder)
    except KeyboardInterrupt as stop:
        (folder / "told").write_text("\n".join(getattr(stop, "__notes__", ())))
        return number
    return 0


def main(template: Path, results: Path, action: Callable[[Path], None], number: int) -> int:
    """The exit status: 0 when every process but the last was stopped, and the last one did it."""
    for lines in itertools.count(1):
        folder = results / str(lines)
        shutil.copytree(template, folder)
        if not (pid := os.fork()):
            status = 1
            try:
                status = child(folder, action, lines, number)
            finally:
                os._exit(status)
        _, status = os.waitpid(pid, 0)
        if abs(os.waitstatus_to_exitcode(status)) != number:
            return os.waitstatus_to_exitcode(status)
    raise AssertionError("endless")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), globals()[sys.argv[3]], int(sys.argv[4])))
