"""The text of one response, from whichever events bring it: each character once, thoughts left out.

OpenAI sends text in deltas and says it again when a part, a message and the response are done. Other servers
send only some of these. What deltas said stays; a later event adds what it knows beyond that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe0e\ufe0f\uffa0")
"""Characters without any ink whose category does not say so."""
_CLOSING: Final = {
    f"<{name}>": re.compile(f"</{name}>", re.IGNORECASE) for name in ("think", "thought", "thinking")
}
"""What local models put around their thoughts, and what ends each."""
_LONGEST: Final = len("</thinking>")
_MOST_BLANKS: Final = 1_000
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def visible(text: str) -> bool:
    """Whether there is anything to see: neither blanks nor zero-width characters count."""
    return any(not _unseen(letter) for letter in text)


def _unseen(letter: str) -> bool:
    return letter.isspace() or letter in _BLANK or unicodedata.category(letter) in ("Cf", "Cc", "Cs")


def mended(text: str) -> str:
    """The same with halves of characters joined; a half without its other one becomes U+FFFD."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Veil:
    """Hides thoughts at the beginning of a message, and keeps it back until there is something to see."""

    def __init__(self) -> None:
        self._kept, self._thought, self._lifted = "", False, False
        self._closing: re.Pattern[str] | None = None

    def through(self, more: str) -> str:
        """What of the message can be shown now, as far as it was not shown before."""
        if self._lifted:
            return more
        self._kept += more
        while True:
            if self._closing is not None:
                end = self._closing.search(self._kept)
                if end is None:
                    self._kept = self._kept[-_LONGEST:]  # thoughts may be long
                    return ""
                self._kept, self._closing, self._thought = self._kept[end.end() :], None, True
            start = next((at for at, one in enumerate(self._kept) if not _unseen(one)), len(self._kept))
            begun = self._kept[start : start + _LONGEST].lower()
            tag = next((tag for tag in _CLOSING if begun.startswith(tag)), "")
            if tag:
                self._kept, self._closing = self._kept[start + len(tag) :], _CLOSING[tag]
            elif any(tag.startswith(begun) for tag in _CLOSING):
                self._kept = self._kept[-_MOST_BLANKS:]
                return ""
            else:
                return self._lift(self._kept[start:] if self._thought else self._kept)

    def rest(self) -> str:
        """The message is over: what looked like the beginning of a thought and was none."""
        return "" if self._lifted or self._closing or not visible(self._kept) else self._lift(self._kept)

    def _lift(self, text: str) -> str:
        self._kept, self._lifted = "", True
        return text

    @classmethod
    def of(cls, text: str) -> str:
        """What can be shown of a whole message."""
        veil = cls()
        return veil.through(text) + veil.rest()


class ResponseText:
    """Each method takes what an event says, and gives what of it is new and can be shown."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._message = self._part = 0  # where in it the newest of each begins
        self._where: tuple[Any, ...] = (None, None)
        self._grown = False  # by deltas, not by its end alone
        self._half, self._veil = "", Veil()

    def delta(self, more: str, event: Mapping[str, Any]) -> str:
        """A part goes on."""
        shown = self._turn(event)
        self._grown = True
        more, self._half = self._half + more, ""
        if "\ud800" <= more[-1:] <= "\udbff":  # the other half comes with the next delta
            more, self._half = more[:-1], more[-1]
        return shown + self._say(mended(more))

    def part(self, text: str, event: Mapping[str, Any]) -> str:
        """A part is done, and this is all of it."""
        if self._grown and text == self._since(self._part):  # whatever place this event gives it
            return ""
        return self._turn(event) + self._complete(text, self._part)

    def begin(self) -> str:
        """A message begins; gives what was left of the one before."""
        left = self._say("\ufffd" if self._half else "") + self._veil.rest()
        self._half, self._veil = "", Veil()
        self._message = self._part = len(self._said)
        self._grown = False
        return left

    def message(self, text: str, event: Mapping[str, Any]) -> str:
        """A message is done, and this is all of it."""
        shown = "" if text == self._since(self._message) else self._turn(event)
        return shown + self._complete(text, self._message) + self.begin()

    def whole(self, messages: Sequence[str]) -> str:
        """The response is done, and these are all its messages."""
        said, shown = self._since(0), ""
        if not "".join(messages).startswith(said):
            if visible(said):
                return self.begin()
            said = ""
        for text in messages:
            if len(text) > len(said):
                shown += "" if said else self.begin()
                self._half = ""
                shown += self._say(text[len(said) :])
            said = said[len(text) :]
        return shown + self.begin()

    def _turn(self, event: Mapping[str, Any]) -> str:
        """Another part begins where the event names one, another message where it names that."""
        where = (event.get("output_index"), event.get("content_index"))
        if where == self._where:
            return ""
        new = [None not in both and both[0] != both[1] for both in zip(self._where, where, strict=True)]
        self._where = tuple(old if one is None else one for old, one in zip(self._where, where, strict=True))
        if new[0]:
            return self.begin()
        if new[1]:
            self._part, self._grown = len(self._said), False
        return ""

    def _complete(self, text: str, start: int) -> str:
        said = self._since(start)
        if visible(said) and not text.startswith(said):
            return ""
        self._half = ""
        return self._say(text.removeprefix(said))

    def _since(self, start: int) -> str:
        return "".join(self._said[start:])

    def _say(self, text: str) -> str:
        if text:
            self._said.append(text)
        return self._veil.through(text) if text else ""
