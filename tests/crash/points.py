"""The numbered points of a process at which it can be killed: one between each two effects.

Each crossing is written to a trail before anything else happens, so the trail of a killed process ends with
the point it died at.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from pathlib import Path


class Points:
    """Counts crossings from the moment it is armed. Used from the event loop and the database's thread."""

    def __init__(self, trail: Path) -> None:
        self._trail = os.open(trail, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()
        self.arm("")

    def arm(self, at: str) -> None:
        """Begin to count; die at this point: a number, a name as the trail has it, or "" for never."""
        with self._lock:
            self._at, self._number, self._crossed = at, 0, Counter[str]()
            os.write(self._trail, f"armed {at}\n".encode())

    def cross(self, label: str) -> None:
        """The process is between two effects; the label says which one was last or comes next."""
        with self._lock:
            self._number += 1
            self._crossed[label] += 1
            name = f"{label} #{self._crossed[label]}"
            os.write(self._trail, f"{name}\n".encode())
            if self._at in (name, str(self._number)):
                os.kill(os.getpid(), signal.SIGKILL)
                signal.pause()  # the signal is on its way: nothing more may happen here


def crossed(trail: Path) -> list[str]:
    """The names of the points crossed since the process was armed last, in order."""
    lines = trail.read_text().splitlines()
    begin = max(index for index, line in enumerate(lines) if line.startswith("armed"))
    return lines[begin + 1 :]
