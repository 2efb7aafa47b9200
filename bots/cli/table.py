"""Tables on a terminal: columns under each other, also where letters are wide."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Sequence


def put_rows(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: int = 0) -> None:
    """Write a table to standard output. `right`: so many of the last columns are numbers."""
    table = [head, *rows]
    widths = [max(map(width, column)) for column in zip(*table, strict=True)]
    for row in table:
        blanks = (" " * (room - width(cell)) for cell, room in zip(row, widths, strict=True))
        pairs = zip(row, blanks, strict=True)
        numbers = len(row) - right
        cells = (blank + cell if at >= numbers else cell + blank for at, (cell, blank) in enumerate(pairs))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def width(text: str) -> int:
    """Columns on a terminal: Korean letters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
