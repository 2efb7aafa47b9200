"""Lines of a terminal: how wide text is there, and where it breaks so that words stay whole."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_PARTS: Final = re.compile(r"\n|[^\S\n]+|\S+")
_INVISIBLE: Final = ("Mn", "Me", "Cf", "Cc")
_LONGEST_HELD: Final = 40


def width(text: str) -> int:
    """Columns the text takes: Korean, Chinese, Japanese and emoji take two each."""
    return sum(_columns(sign) for sign in text)


def _columns(sign: str) -> int:
    if (
        unicodedata.category(sign) in _INVISIBLE or "\u1160" <= sign <= "\u11ff"
    ):  # parts of a decomposed syllable
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def whole_words(text: str) -> str:
    """Growing text up to its last blank: the word behind it may go on. Very long ones are not held."""
    kept = text.rstrip() if text[-1:].isspace() else text
    end = max(kept.rfind(" "), kept.rfind("\n")) + 1 if kept == text else len(text)
    return text if len(text) - end > _LONGEST_HELD else text[:end]


class Wrapping:
    """Knows the column in which the cursor stands."""

    def __init__(self) -> None:
        self._column = 0

    def new_line(self) -> None:
        """The cursor has gone to the first column without us."""
        self._column = 0

    def wrapped(self, text: str, columns: int) -> str:
        """The text with line breaks where a word would not fit, behind what was written before."""
        written, blank = [], ""
        for part in _PARTS.findall(text):
            if part == "\n":
                written.append(part)
                self._column, blank = 0, ""
            elif part.isspace():
                blank = part.replace("\t", "    ")
            else:
                written.append(self._placed(blank, part, columns))
                blank = ""
        if blank and self._column + len(blank) <= columns:
            written.append(blank)
            self._column += len(blank)
        return "".join(written)

    def _placed(self, blank: str, word: str, columns: int) -> str:
        fits = self._column + len(blank) + width(word) <= columns
        if fits or (not self._column and not blank):
            start = blank
            self._column += len(blank)
        else:
            start, self._column = "\n", 0
        return start + self._broken(word, columns)

    def _broken(self, word: str, columns: int) -> str:
        """A word wider than a line breaks at the edge, never in the middle of a sign."""
        written = ""
        for sign in word:
            if self._column + _columns(sign) > columns:
                written, self._column = f"{written}\n", 0
            written += sign
            self._column += _columns(sign)
        return written
