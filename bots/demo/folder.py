"""`DATA_DIR/demo`: what the demo leaves where a person can open it, and the tools it brings along."""

from __future__ import annotations

import contextlib
import itertools
from pathlib import Path

from bots.replies.safe_text import file_name
from core import tools

SOURCES = (Path(tools.__file__).parent / "examples", Path(__file__).parent / "tools")


class Folder:
    """Belongs to its owner alone, like everything in DATA_DIR, which must be there already."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "demo"
        self._path.mkdir(mode=0o700, exist_ok=True)

    def keep(self, name: str, content: bytes) -> Path:
        """Save a file under a name that is free, numbered where it must be; where it is now."""
        wanted = Path(file_name(name))
        for number in itertools.count(1):
            path = self._path / (f"{wanted.stem}-{number}{wanted.suffix}" if number > 1 else wanted.name)
            with contextlib.suppress(FileExistsError), path.open("xb") as file:
                file.write(content)
                return path
        raise AssertionError("unreachable")

    def tools(self, own: Path) -> Path:
        """A folder with fresh copies of the examples, but for those that the operator's folder `own` has.

        Copies, because a checkout may be writable for others, and such files are not loaded as tools.
        """
        folder = self._path / "tools"
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
        for path in folder.glob("*.py"):
            path.unlink()
        for source in (path for place in SOURCES for path in place.glob("[a-z]*.py")):
            if not (own / source.name).exists():
                copy = folder / source.name
                copy.touch(mode=0o600)
                copy.write_bytes(source.read_bytes())
        return folder
