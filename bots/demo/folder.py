"""`DATA_DIR/demo`: all the demo has and leaves, apart from a real bot's data.

It is a DATA_DIR of its own (`spool.sqlite3`, `tools`), with what a person may want to open in `files`.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from pathlib import Path

from bots.replies.safe_text import file_name
from core import tools
from core.store.data_dir import data_directory

SOURCES = (Path(tools.__file__).parent / "examples", Path(__file__).parent / "tools")


class Folder:
    """Belongs to its owner alone, like everything in DATA_DIR."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_directory(data_directory(data_dir) / "demo")
        self.files, self.history = self.path / "files", self.path / "history"

    def free(self, name: str) -> Path:
        """A path for a new file of that name in `files`, numbered where it must be."""
        wanted = Path(file_name(name))
        for number in itertools.count(1):
            path = self.files / (f"{wanted.stem}-{number}{wanted.suffix}" if number > 1 else wanted.name)
            if not path.exists():
                return path
        raise AssertionError("unreachable")

    def keep(self, name: str, content: bytes) -> Path:
        """Save a file; where it is now."""
        path = self.free(name)
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(content)
        return path

    def tools(self, own: Path) -> Path:
        """A folder with fresh copies of the examples, but for those that the operator's folder `own` has.

        Copies, because a checkout may be writable for others, and such files are not loaded as tools.
        """
        folder = self.path / "tools"
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
        for source in sources():
            copy = folder / source.name
            copy.unlink(missing_ok=True)
            if not (own / source.name).exists():
                copy.touch(mode=0o600)
                copy.write_bytes(source.read_bytes())
        return folder


def sources() -> list[Path]:
    """The tools that the demo brings along."""
    return [path for place in SOURCES for path in place.glob("[a-z]*.py")]


def remove_copies(folder: Path) -> None:
    """Remove the demo's tools from a folder, and the folder when nothing else is in it."""
    for source in sources():
        (folder / source.name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # somebody has put a file of their own there: it stays
        folder.rmdir()
