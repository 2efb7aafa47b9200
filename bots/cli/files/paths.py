"""Which files the paths on a command line mean."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.files.documents import problem


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
        for one in _meant(path):
            seen.setdefault(one.path.absolute(), one)
    return list(seen.values())


def _meant(path: Path) -> Iterator[Found]:
    try:
        inside = path.is_dir()
    except OSError as error:
        yield _unreadable(path, error)
        return
    if not inside:
        yield _looked_at(path, named=True)
        return
    closed: list[OSError] = []
    for parent, folders, files in os.walk(path, onerror=closed.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        shown = sorted(name for name in files if not name.startswith("."))
        yield from (_looked_at(Path(parent, name), named=False) for name in shown)
    yield from (_unreadable(Path(str(error.filename)), error) for error in closed)


def _looked_at(file: Path, *, named: bool) -> Found:
    try:
        wrong = problem(file)
        return Found(file, wrong, named, 0 if wrong else file.stat().st_size)
    except OSError as error:
        return _unreadable(file, error)


def _unreadable(path: Path, error: OSError) -> Found:
    """What the system does not let us see was wanted all the same."""
    return Found(path, error.strerror or str(error), named=True)
