"""What the assistant is doing, as a line: for posts that have no better place for it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bots.replies.safe_text import printable
from core.types import Activity

LONGEST_TITLE = 100
"""Characters of a title."""
_DOING, _DONE = "-# 🔎 ", "-# ✓ "
_LINE = re.compile(rf"\A(?:{_DOING}|{_DONE})[^\n]*\n?")


def title(activity: Activity) -> str:
    """Its title on one line of a bearable length."""
    words = " ".join(printable(activity.title).split())
    return words if len(words) <= LONGEST_TITLE else words[: LONGEST_TITLE - 1] + "…"


def doing(activities: Sequence[Activity]) -> str:
    """What is under way, "" when nothing is."""
    return " · ".join(title(one) for one in [one for one in activities if one.state == "in_progress"][-3:])


def line(activities: Sequence[Activity], *, alone: bool) -> str:
    """A small line of Markdown: what is under way; where it stands `alone` else what was done last. Or ""."""
    if now := doing(activities):
        return _DOING + now
    return _DONE + title(activities[-1]) if activities and alone else ""


def without_line(text: str) -> str:
    """The text of a post that may begin with such a line."""
    return _LINE.sub("", text)
