"""What was typed in earlier demos, for the arrow keys. Readable by its owner alone."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

KEPT = 500
"""Entries at most."""
LONGEST = 2000
"""Characters of an entry; longer ones are remembered until the demo ends."""


class History:
    """A file with one entry a line, each a JSON string: an entry may have several lines."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> list[str]:
        """The newest entries, the oldest first; what is older is dropped from the file."""
        try:
            lines = self._path.read_text("utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        if len(lines) > KEPT:
            part = self._path.with_name(f"{self._path.name}.part")
            part.unlink(missing_ok=True)
            _append(part, "".join(f"{line}\n" for line in lines[-KEPT:]))
            part.replace(self._path)
        return [entry for line in lines[-KEPT:] if (entry := _entry(line))]

    def add(self, entry: str) -> None:
        """Remember an entry."""
        if len(entry) <= LONGEST:
            _append(self._path, f"{json.dumps(entry)}\n")


def _entry(line: str) -> str:
    """What the line holds, "" for one that was cut off."""
    with contextlib.suppress(ValueError):
        return str(json.loads(line))
    return ""


def _append(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with open(descriptor, "a", encoding="utf-8") as file:
        file.write(text)
