"""The numbered points of a process at which it can be killed: one between each two effects.

Each crossing is written to a trail before anything else happens, so the trail of a killed process ends with
the point it died at. A label says which effect is next or was last, `POST /chat.update before`; one commit
may write for several, `commit runs+messages after`.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterable
from pathlib import Path


class Points:
    """Counts crossings from the moment it is armed. Used from the event loop and the database's thread."""

    def __init__(self, trail: Path, at: str) -> None:
        self._trail = os.open(trail, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()
        self.arm(at)

    def arm(self, at: str) -> None:
        """Begin to count; die at the crossing of this number, or of (a part of) this label, or ("") never."""
        with self._lock:
            self._at, self._number, self._crossed = at, 0, Counter[str]()
            os.write(self._trail, f"armed {at}\n".encode())

    def cross(self, label: str) -> None:
        """The process is between two effects."""
        with self._lock:
            self._number += 1
            self._crossed[label] += 1
            os.write(self._trail, f"{label} #{self._crossed[label]}\n".encode())
            if self._at == str(self._number) or self._at in parts([label]):
                os.kill(os.getpid(), signal.SIGKILL)
                signal.pause()  # the signal is on its way: nothing more may happen here


def parts(names: Iterable[str]) -> set[str]:
    """The labels of these points without their counts, commits taken apart."""
    found = set()
    for name in names:
        kind, _, rest = name.partition(" #")[0].partition(" ")
        what, _, side = rest.rpartition(" ")
        found |= {f"{kind} {one} {side}" for one in (what.split("+") if kind == "commit" else [what])}
    return found


def sections(trail: Path) -> list[list[str]]:
    """The points crossed, in order, from each arming to the next."""
    found: list[list[str]] = []
    for line in trail.read_text().splitlines():
        if line.startswith("armed"):
            found.append([])
        else:
            found[-1].append(line)
    return found
