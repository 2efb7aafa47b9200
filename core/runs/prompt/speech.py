"""What people said, as the model is shown it: who, when, and what they point at.

What is pointed at is marked as quoted, so that nobody's words are taken for those of the person who asks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Final

from core.types import Quote

MOST_QUOTED: Final = 12_000
"""Characters of all that one message points at."""
_HEADS: Final = {
    "reply": "In reply to {author}{time}:",
    "forward": "Forwarded message from {author}{time}:",
    "preview": "Preview of {author}{time}:",
    "card": "Shown by {author}{time}:",
}
_NOBODY: Final = {"reply": "an earlier message", "forward": "somebody", "preview": "a link", "card": "an app"}


def line(name: str, text: str, at: float = 0.0, zone: tzinfo | None = None) -> str:
    """Who says what, and when (0: not known). Further lines are set in: none reads as somebody else's."""
    time = f"[{_clock(at, zone)}] " if at else ""
    return f"{time}{one_line(name)}: " + "\n    ".join(text.splitlines())


def _clock(at: float, zone: tzinfo | None) -> str:
    return f"{datetime.fromtimestamp(at, zone):%H:%M}"


def one_line(name: str) -> str:
    """A name that people chose, as one line without what would end it."""
    printable = "".join(one if one.isprintable() else " " for one in unicodedata.normalize("NFKC", name))
    return " ".join(re.sub("[:\u02d0\u2236\ua789]", " ", printable).split())[:80]


def quoted(quotes: Iterable[Quote], zone: tzinfo | None = None) -> str:
    """What a message points at, each with a line that says what it is; "" for nothing."""
    left, told = MOST_QUOTED, []
    for one in quotes:
        text = one.text if len(one.text) <= left else one.text[:left] + " […]"
        left -= min(left, len(one.text))
        author = one_line(one.author) or _NOBODY[one.kind]
        time = f" at {_clock(one.at, zone)}" if one.at else ""
        head = _HEADS[one.kind].format(author=author, time=time)
        told.append("\n".join([f"[{head}]", *(f"> {each}" for each in text.splitlines())]))
    return "\n\n".join(told)


def named(text: str, mentions: Iterable[str], names: Mapping[str, str]) -> str:
    """The text with names in place of these ids; an id whose name is not known stays."""
    known = sorted({one for one in mentions if names.get(one)}, key=len, reverse=True)
    if not known:
        return text
    found = re.compile(f"(?:{'|'.join(map(re.escape, known))})(?![A-Za-z0-9_])")
    return found.sub(lambda match: one_line(names[match[0]]), text)


def fenced(text: str) -> str:
    """In a block of code that nothing inside of it can end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"
