"""Markdown cut into posts: `split` for a whole text, `closing` and `reopening` for a stream that moves on.

Lengths are Python characters (code points). A fence is what CommonMark calls a fenced code block, except
that one whose marker has more than 32 characters, or whose two fence lines would take more than half of a
post, is ordinary text: repeating it in every post would cost more than it shows.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field
from operator import itemgetter

_LONGEST_INFO = 40
_LONGEST_MARKER = 32
_LONGEST_CLOSING = len("\n   ") + _LONGEST_MARKER
_FENCE_LINE = re.compile(r"^( {0,3})(`{3,}+|~{3,}+)([^\n]*)", re.MULTILINE)
_CLOSER_FIRST = re.compile(r"(?:[ \t\r]*+\n)*+ {0,3}(`{3,}+|~{3,}+)[ \t\r]*\n")
_NEWLINES = re.compile(r"\n*")
_SENTENCE = re.compile(r"[.!?…][)\]\"'*_”’]*[ \t]|[。！？]")
_BLANK = re.compile(r"[ \t]")
_HANGUL = {"L": ("L", "V", "LV", "LVT"), "LV": ("V", "T"), "V": ("V", "T"), "LVT": ("T",), "T": ("T",)}


@dataclass(frozen=True, slots=True)
class Fence:
    """An open code fence; `info` is empty when the info string has more than 40 characters."""

    indent: str
    marker: str
    info: str

    @property
    def opener(self) -> str:
        """The line that opens it again, without its newline."""
        return self.indent + self.marker + self.info

    @property
    def closer(self) -> str:
        """The line that closes it, without newlines."""
        return self.indent + self.marker

    def closes(self, marker: str, rest: str) -> bool:
        """Whether a line of this marker and rest closes it: no shorter, and only blanks behind."""
        return marker.startswith(self.marker) and not rest.strip(" \t\r")


def split(text: str, limit: int, *, first: int | None = None, complete: bool = False) -> list[str]:
    """Cut Markdown into posts of 1 to `limit` characters (`first`: the limit of the first post).

    A post that ends inside a fence gets a closing line and the next one reopens it, both within the limit.
    A cut is made, in this order, at a blank line or newline outside a fence, at one inside, after a
    sentence, after a blank, between two characters as people see them (grapheme clusters), or, when one
    cluster alone is too long, anywhere. Lost are the newline of such a cut (outside fences all newlines
    there), fence closers that follow a repeated opener at once, and posts that would be white space only.

    The last post's fence is closed too, unless the text is `complete`: then it is left as it was said.
    Stable for a growing text: for every k, all posts of `split(text[:k], n)` but the last are also the first
    posts of `split(text, n)`, because a post is cut only once its text, with the line closing an open fence,
    no longer fits, and where it is cut depends on no character behind the one that did not fit.
    Time is linear in the text. Raises ValueError for a limit below 1.
    """
    tightest = limit if first is None else min(limit, first)
    if tightest < 1:
        raise ValueError("a post needs room for at least one character")
    posts: list[str] = []
    start, fence = 0, None
    while start < len(text):
        size = limit if posts or first is None else first
        page = _page(text, start, size, fence, tightest // 2)
        if closed := page.closed_at_once():
            start, fence = start + closed, None
        elif not page.overfull:
            return [*posts, page.last(complete=complete)] if page.shows_something() else posts
        else:
            end = page.cut()
            fence_after = page.fence_at(end)
            if page.body[:end].strip():
                posts.append(page.head + page.body[:end] + _sealing(page.body[:end], fence_after))
            start, fence = _next_start(text, start + end, fence_after), fence_after
    return posts


def open_fence(text: str) -> Fence | None:
    """The fence that is open where the text of one post ends."""
    fence: Fence | None = None
    for line in _FENCE_LINE.finditer(text):
        fence = _behind(line, fence, _LONGEST_CLOSING * 2 + _LONGEST_INFO)
    return fence


def closing(text: str) -> str:
    """What to append to the text of a post so that no fence stays open; "" when none is."""
    return _sealing(text, open_fence(text))


def reopening(text: str) -> str:
    """What the post after this one starts with, its newline included, to go on in the open fence, or ""."""
    fence = open_fence(text)
    return f"{fence.opener}\n" if fence else ""


@dataclass(frozen=True, slots=True)
class _Page:
    """What the next post may show: `body`, up to the character that makes it too much when `overfull`.

    `changes` are the lines that open or close a fence: (start, end, the fence open behind it), in order.
    """

    before: Fence | None
    room: int
    dearest: int
    body: str
    overfull: bool = False
    changes: list[tuple[int, int, Fence | None]] = field(default_factory=list)

    @property
    def head(self) -> str:
        return f"{self.before.opener}\n" if self.before else ""

    def fence_at(self, end: int) -> Fence | None:
        """The fence that is open when the body ends at `end`."""
        start = self.body.rfind("\n", 0, end) + 1
        fence = self.changes[bisect_right(self.changes, start - 1, key=itemgetter(0)) - 1][2]
        line = _FENCE_LINE.match(self.body[start:end])
        return _behind(line, fence, self.dearest) if line else fence

    def closed_at_once(self) -> int:
        """Length of the blank lines and the closer the body starts with, which would show an empty block."""
        found = _CLOSER_FIRST.match(self.body) if self.before else None
        return found.end() if found and self.before and self.before.closes(found[1], "") else 0

    def shows_something(self) -> bool:
        """Whether the last post is more than white space, or the beginning of a closer."""
        body = self.body.strip()
        return bool(body.strip(self.before.marker[0]) if self.before else body)

    def last(self, *, complete: bool) -> str:
        ending = "" if complete else _ending(self.body, self.fence_at(len(self.body)))
        return self.head + self.body + ending

    def overflow(self) -> int | None:
        """The shortest beginning of the body that does not fit once its fence is closed."""
        for end in range(max(1, self.room - _LONGEST_CLOSING), len(self.body) + 1):
            if end + len(_ending(self.body[:end], self.fence_at(end))) > self.room:
                return end
        return None

    def cut(self) -> int:
        """Where the body of an overfull page ends; at a newline, that newline is not part of it."""
        for inside in (False, True):
            for gap in ("\n\n", "\n"):
                if end := self._gap(gap, inside=inside):
                    return end
        return self._word()

    def _gap(self, gap: str, *, inside: bool) -> int:
        """The last such gap in the second half of the page, outside or inside fences; 0 when there is none.

        Not right behind an opening line, which would leave an empty block.
        """
        behind, least = len(self.body), max(1, self.room // 2)
        for start, end, fence in reversed(self.changes):
            if behind <= least:
                return 0
            if (fence is not None) is inside:
                most = min(behind - 1, self.room - (len(fence.closer) + 1 if fence else 0))
                found = self.body.rfind(gap, max(least, end + 1 if fence else start), most + len(gap))
                if found > 0:
                    return found
            behind = start
        return 0

    def _word(self) -> int:
        most = next(end for end in range(len(self.body) - 1, 0, -1) if self._fits(end))
        for pattern in (_SENTENCE, _BLANK):
            ends = [found.end() for found in pattern.finditer(self.body, self.room // 2, most)]
            for end in reversed(ends):
                if self.body[end] not in "`~" and not _joined(self.body, end) and self._fits(end):
                    return end
        return self._cluster(most)

    def _cluster(self, most: int) -> int:
        """The last end between two clusters; rather not at a ` or ~, which could start a line as a fence."""
        second = 0
        for end in range(most, 0, -1):
            if second and end <= self.room // 2:
                break
            if (second and self.body[end] in "`~") or _joined(self.body, end) or not self._fits(end):
                continue
            if self.body[end] not in "`~":
                return end
            second = end
        return second or most

    def _fits(self, end: int) -> bool:
        return end + len(_sealing(self.body[:end], self.fence_at(end))) <= self.room


def _page(text: str, start: int, size: int, fence: Fence | None, dearest: int) -> _Page:
    room = size - (len(fence.opener) + 1 if fence else 0)
    body = text[start : start + room + 1]
    changes: list[tuple[int, int, Fence | None]] = [(-1, -1, fence)]
    for line in _FENCE_LINE.finditer(body):
        after = _behind(line, changes[-1][2], dearest)
        if after is not changes[-1][2]:
            changes.append((line.start(), line.end(), after))
    page = _Page(fence, room, dearest, body, changes=changes)
    overflow = page.overflow()
    return page if overflow is None else _Page(fence, room, dearest, body[:overflow], True, changes)


def _behind(line: re.Match[str], fence: Fence | None, dearest: int) -> Fence | None:
    """The fence open behind a line that looks like a fence line; `dearest`: what its two lines may take."""
    indent, marker, rest = line.groups()
    if fence is not None:
        return None if fence.closes(marker, rest) else fence
    if len(marker) > _LONGEST_MARKER or (marker[0] == "`" and "`" in rest):
        return None
    info = rest.strip()
    price = 2 * (len(indent) + len(marker) + 1)
    if len(info) > _LONGEST_INFO or price + len(info) > dearest:
        info = ""
    return Fence(indent, marker, info) if price <= dearest else None


def _sealing(body: str, fence: Fence | None) -> str:
    """What closes the fence of a text that is complete as it is."""
    if fence is None:
        return ""
    return fence.closer if not body or body.endswith("\n") else f"\n{fence.closer}"


def _ending(body: str, fence: Fence | None) -> str:
    """What closes the fence of a text that may go on: a closer that has begun is completed."""
    if fence is None:
        return ""
    line = body[body.rfind("\n") + 1 :]
    begun = line.lstrip(" ")
    if line and len(line) - len(begun) <= 3 and begun != fence.marker and fence.marker.startswith(begun):
        return fence.marker[len(begun) :]
    return _sealing(body, fence)


def _next_start(text: str, end: int, fence: Fence | None) -> int:
    """Where the next post goes on: behind the newline of the cut, or all of them outside a fence."""
    if not text.startswith("\n", end):
        return end
    newlines = _NEWLINES.match(text, end)
    return end + 1 if fence or not newlines else newlines.end()


def _joined(text: str, at: int) -> bool:
    """Whether people see the characters on both sides of `at` as one (Unicode annex 29, slightly wider)."""
    before, after = text[at - 1], text[at]
    if after < "\u0300":
        return before == "\r" and after == "\n"
    kind = unicodedata.category(after)
    if kind in ("Mn", "Mc", "Me") or before == "\u200d" or _extends(after):
        return True
    if "\U0001f1e6" <= after <= "\U0001f1ff":
        return (at - _flags_start(text, at)) % 2 == 1
    if "\udc00" <= after <= "\udfff":
        return "\ud800" <= before <= "\udbff"
    if kind == "Lo" and unicodedata.combining(before) == 9:  # a virama ties two consonants
        return True
    return _hangul(after) in _HANGUL.get(_hangul(before), ())


def _extends(char: str) -> bool:
    """Joiners, skin tones, tag characters and letters that Unicode counts as marks."""
    tagged = "\U000e0020" <= char <= "\U000e007f"
    return tagged or "\U0001f3fb" <= char <= "\U0001f3ff" or char in "\u200c\u200d\uff9e\uff9f\u0e33\u0eb3"


def _flags_start(text: str, at: int) -> int:
    while at and "\U0001f1e6" <= text[at - 1] <= "\U0001f1ff":
        at -= 1
    return at


def _hangul(char: str) -> str:
    """The syllable type of a Hangul character: L, V, T, LV or LVT; "" for any other."""
    if "\uac00" <= char <= "\ud7a3":
        return "LVT" if (ord(char) - 0xAC00) % 28 else "LV"
    if "\u1100" <= char <= "\u115f" or "\ua960" <= char <= "\ua97c":
        return "L"
    if "\u1160" <= char <= "\u11a7" or "\ud7b0" <= char <= "\ud7c6":
        return "V"
    return "T" if "\u11a8" <= char <= "\u11ff" or "\ud7cb" <= char <= "\ud7fb" else ""
