"""How far a command is: one line that is redrawn on a terminal, plain lines anywhere else."""

from __future__ import annotations

import shutil
import time
from typing import TextIO

from bots.cli.table import width

WIDTH = 24
"""Columns of the bar."""


class Progress:
    """Things and their bytes on their way. `close()` before anything else is written to the stream.

    `every`: seconds between two drawings.
    """

    def __init__(self, stream: TextIO, total: int, size: int, *, every: float = 0.1) -> None:
        self._stream, self._total, self._size, self._every = stream, total, size, every
        self._live = stream.isatty()
        self._sent: dict[str, int] = {}
        self._ended = 0
        self._drawn_at = 0.0
        self._current = ""

    def moved(self, key: str, sent: int) -> None:
        """So many bytes of that thing have been sent."""
        self._sent[key], self._current = sent, key
        if time.monotonic() - self._drawn_at >= self._every:
            self._draw()

    def done(self, key: str, size: int, line: str) -> None:
        """It has ended, and this is what is said about it, "" for nothing."""
        self._sent[key] = size
        self._ended += 1
        if line:
            self.say(line)

    def say(self, line: str) -> None:
        """A line that stays."""
        self.close()
        self._stream.write(f"{line}\n")
        self._draw()
        self._stream.flush()

    def close(self) -> None:
        """Take the bar away."""
        if self._live:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _draw(self) -> None:
        if not self._live or self._ended >= self._total:
            return
        self._drawn_at = time.monotonic()
        sent = sum(self._sent.values())
        full = round(WIDTH * min(sent / self._size, 1.0)) if self._size else WIDTH
        bar = "█" * full + "·" * (WIDTH - full)
        count = f"{self._ended}/{self._total}  {sent / 2**20:.1f} of {self._size / 2**20:.1f} MB"
        room = shutil.get_terminal_size().columns - 1
        self._stream.write(f"\r\x1b[K{_fitting(f'{bar}  {count}  {self._current}', room)}")
        self._stream.flush()


def _fitting(text: str, columns: int) -> str:
    """As much of the text as fits, Korean letters being wide: a line that wraps cannot be drawn over."""
    for end, letter in enumerate(text):
        columns -= width(letter)
        if columns < 0:
            return text[:end]
    return text
