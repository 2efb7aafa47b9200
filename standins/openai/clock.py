"""The stand-in's time: a test may skip hours of it."""

from __future__ import annotations

import time


class Clock:
    """Unix seconds."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def now(self) -> float:
        """The time, with everything that was skipped."""
        return time.time() + self._skipped

    def skip(self, seconds: float) -> None:
        """From now on it is so much later."""
        self._skipped += seconds
