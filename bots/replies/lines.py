"""A line of Markdown as a network shows it, and what tells how: its changes, and where it may be cut."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile
from typing import NamedTuple

ZERO_WIDTH_SPACE = "\u200b"


class Edit(NamedTuple):
    """At `at` in the source, `length` characters are shown as `text`."""

    at: int
    length: int
    text: str


class Wrap(NamedTuple):
    """What stands between `start` and `end` needs `carry` before it and `tail` behind it in every post."""

    start: int
    end: int
    carry: str
    tail: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the source from `start` on, and how it is shown.

    `edits` are in order and do not overlap; what is `solid` is not cut, nor is a line that has something
    `instead`. `wraps` may reach beyond the line. `inside`: a cut right behind it parts code or a table;
    `glued`: it parts what belongs together; `closes`: it only closes a wrap. `items` and `tables` count what
    begins here. `held`: so many characters at its end are not shown before more is known.
    """

    start: int
    text: str
    edits: Sequence[Edit] = ()
    solid: Sequence[tuple[int, int]] = ()
    wraps: Sequence[Wrap] = ()
    inside: bool = False
    glued: bool = False
    closes: bool = False
    items: int = 0
    tables: int = 0
    held: int = 0
    instead: str | None = None

    @property
    def end(self) -> int:
        """Where the source of the next line starts."""
        return self.start + len(self.text) + 1

    def shown(self, end: int | None = None) -> str:
        """What people see of it, up to `end` in the source."""
        if self.instead is not None:
            return self.instead
        stop = self.end - 1 - self.held if end is None else end
        found, at, parted = [], self.start, int(self.held > 0 or end is not None)
        for edit in takewhile(lambda edit: edit.at + max(parted, edit.length) <= stop, self.edits):
            found += [self.text[at - self.start : edit.at - self.start], edit.text]
            at = edit.at + edit.length
        return "".join((*found, self.text[at - self.start : stop - self.start]))

    def parts(self, at: int) -> bool:
        """Whether a cut there goes through something solid."""
        number = bisect_right(self.solid, at, key=lambda span: span[1])
        return number < len(self.solid) and self.solid[number][0] < at

    def around(self, at: int) -> tuple[str, str]:
        """What opens the next post and closes this one when the text is cut there."""
        open_there = [wrap for wrap in self.wraps if wrap.start < at < wrap.end]
        tails = (wrap.tail for wrap in reversed(open_there))
        return "".join(wrap.carry for wrap in open_there), "".join(tails)


Reader = Callable[[str, bool], Sequence[Line]]
"""Text and whether more of it may come → its lines as a network shows them."""


def plain(text: str, growing: bool = False) -> list[Line]:
    """A `Reader` for text in which nothing is markup."""
    starts = accumulate((len(line) + 1 for line in text.split("\n")), initial=0)
    return [Line(start, line) for start, line in zip(starts, text.split("\n"), strict=False)]
