"""Which files the paths on a command line mean."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.documents import problem


@dataclass(frozen=True, slots=True)
class Found:
    """A file, and why it cannot be added ("": it can). `named`: it stood on the command line itself.

    `size`: the bytes there are to send.
    """

    path: Path
    problem: str
    named: bool
    size: int = 0


def found(paths: Iterable[Path]) -> list[Found]:
    """The files meant, each once. Folders are walked, but for what is hidden and for links to folders."""
    seen: dict[Path, Found] = {}
    for path in paths:
        inside = path.is_dir()
        for file in _walk(path) if inside else [path]:
            wrong = problem(file)
            size = 0 if wrong else file.stat().st_size
            seen.setdefault(file.absolute(), Found(file, wrong, not inside, size))
    return list(seen.values())


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(files) if not name.startswith("."))
