"""Markdown cut into posts: `Pages` for a text that grows, `split` for one without any markup.

How a network reads Markdown is told by a `Reader`: it knows code, tables and emphasis (bots.replies.blocks)
and says for each line what is shown, what closes it where a post ends and what opens it again in the next.
Lengths are Python characters (code points).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from wcwidth import grapheme_boundary_before

from bots.replies.lines import ZERO_WIDTH_SPACE, Line, Reader, plain

_SENTENCE = re.compile(r"[.!?…][)\]\"'*_”’]*[ \t]+|[。！？]")
_BLANK = re.compile(r"[ \t]+")
_SENTENCE_ENDS = tuple(".!?…。！？")
_NOTHING, _NEWLINES, _BLANKS = re.compile(""), re.compile(r"\n*+"), re.compile(r"\s*+")
_MARKUP = re.compile(r"```|~~~|[#>|=\s]|[-+*]\s|\d+[.)]\s|---|\*\*\*|___|\Z")
"""What no post starts with when a line is cut: it would become a heading, say."""
_BEHIND = 2_000
"""Characters read beyond what fits into a post, so that most lines are read whole."""


def split(text: str, limit: int) -> list[str]:
    """A text without markup in posts of at most `limit` characters; see `Pages`."""
    return Pages(plain, limit).posts(text)


class Cut(NamedTuple):
    """A place where a post may end: the source up to `end`, of which `size` characters are shown.

    `carry` goes before the source of the next post, `tail` behind what this one shows.
    """

    end: int
    size: int
    carry: str
    tail: str


class _Sealed(NamedTuple):
    end: int
    carry: str
    post: str


@dataclass
class Pages:
    """The posts of one text that grows: 1 to `limit` characters and so many items and tables each.

    A post that is followed by another is sealed: it never changes while the text only grows, and is not read
    again. It ends, in this order, at a blank line or newline outside of code and tables, at one inside, after
    a sentence, after a blank, between two characters as people see them; lost are only blanks and newlines
    there. When the text is suddenly another one, the posts of what both begin with stay.

    With a `margin` the last post is only ever appended to: what comes into the last `margin` characters of a
    post shows in whole lines or words, and there it ends.
    """

    read: Reader
    limit: int
    items: int = 10**9
    tables: int = 10**9
    margin: int = 0
    _sealed: list[_Sealed] = field(default_factory=list)
    _source: str = ""
    _least: str = ""

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise ValueError("a post needs room for at least one character")

    @property
    def full(self) -> int:
        """How many posts are sealed."""
        return len(self._said())

    def posts(
        self,
        text: str,
        *,
        final: bool = True,
        seal: Literal["", "word", "anywhere"] = "",
        shown: str | None = None,
    ) -> list[str]:
        """What each post shows. `seal`: the last one ends now, if it can behind a word, or anywhere.

        `shown`: what people see of the first post that is not sealed, if not what was given last.
        """
        self._forget(text)
        self._least = self._least if shown is None else shown
        page = self._page(text, final)
        while page:
            if cut := page.overflow():
                self._seal(text, page, cut)
                page = page.rest(self._sealed[-1]) or self._page(text, final)
            elif seal and (cut := page.ending(seal)):
                self._seal(text, page, cut)
                break
            else:
                last = page.whole() if final else page.settled()
                self._least = last if self.margin else ""
                return [*self._said(), last] if last.strip() else self._said()
        return self._said()

    def _said(self) -> list[str]:
        return [sealed.post for sealed in self._sealed if sealed.post.strip()]

    def _forget(self, text: str) -> None:
        """Give up the posts of what the text no longer says."""
        self._least = self._least if text.startswith(self._source) else ""
        while self._sealed and not text.startswith(self._source[: self._sealed[-1].end]):
            del self._sealed[-1]
        self._source = text

    def _page(self, text: str, final: bool) -> _Page | None:
        """What comes behind the sealed posts, at least as much as a post may need; None for nothing."""
        while True:
            start, carry, _ = last = self._sealed[-1] if self._sealed else _Sealed(0, "", "")
            if start >= len(text):
                return None
            size = self.limit + _BEHIND
            while True:
                whole = start + size >= len(text)
                lines = self.read(carry + text[start : start + size], not (final and whole))
                page = _Page(self, lines, start - len(carry), len(carry), self._least)
                if whole or page.over is not None:
                    break
                size *= 2
            closed = page.closed_at_once()
            if not closed:
                return page
            self._sealed[-1] = last._replace(end=start + closed, carry="")

    def _seal(self, text: str, page: _Page, cut: Cut) -> None:
        end = min(page.base + cut.end, len(text))
        blanks = _NOTHING if cut.carry else _NEWLINES if text[end - 1] == "\n" else _BLANKS
        end = blanks.match(text, end).end()  # type: ignore[union-attr]
        carry = cut.carry if len(cut.carry) <= self.limit // 3 else ""
        self._sealed.append(_Sealed(end, carry, page.until(cut)))
        self._least = ""


def _tail(line: Line) -> str:
    """What closes a post that ends behind this line."""
    return line.around(line.end - 1)[1] if line.wraps else ""


@dataclass
class _Page:
    """The lines of the next post and of what follows, read from `base` in the text on.

    What is before `carried` there repeats the post before, or is in it.
    `least`: what people see of it already, if that cannot be taken back. `over`: the first line that is too
    much, `counted` if not because of its length.
    """

    pages: Pages
    lines: Sequence[Line]
    base: int
    carried: int
    least: str = ""
    over: int | None = field(init=False, default=None)
    counted: bool = field(init=False, default=False)
    _texts: list[str] = field(init=False)
    _sizes: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._texts, self._sizes = [], []
        items = tables = size = 0
        for number, line in enumerate(self.lines):
            self._texts.append(line.shown())
            self._sizes.append(size + len(self._texts[-1]))
            size = self._sizes[-1] + 1
            items, tables = items + line.items, tables + line.tables
            counted = bool(number) and (items > self.pages.items or tables > self.pages.tables)
            if self.over is None and (counted or self._too_long(number)):
                self.over, self.counted = number, counted
            if line.held or (self.over is not None and size > len(self.least) and not line.inside):
                self.lines = self.lines[: number + 1] if line.held else self.lines
                return

    def _too_long(self, number: int) -> bool:
        line = self.lines[number]
        return self._sizes[number] + len(_tail(line)) > self.pages.limit

    def rest(self, sealed: _Sealed) -> _Page | None:
        """The next page, if all of it is known and it does not start inside of something."""
        at = sealed.end - self.base
        number = bisect_left(self.lines, at, key=lambda line: line.start)
        rest = self.lines[number:]
        if sealed.carry or not rest or rest[0].start != at or rest[0].text[:1].isspace():
            return None
        page = _Page(self.pages, rest, self.base, at)
        return None if page.over is None else page

    def closed_at_once(self) -> int:
        """How much of the source only closes what was repeated, which would show an empty block."""
        for line in self.lines:
            if line.closes and self.carried:
                return line.end - self.carried
            if line.start >= self.carried and line.text.strip():
                return 0
        return 0

    def until(self, cut: Cut) -> str:
        """The post that ends there."""
        body = self._body(cut.end)
        parted = cut.tail and not cut.tail.startswith("\n") and body[-1:].isspace()
        return body + (ZERO_WIDTH_SPACE if parted else "") + cut.tail  # behind a blank it would close nothing

    def _body(self, end: int) -> str:
        number = bisect_right(self.lines, end, key=lambda line: line.end)
        last = self.lines[number].shown(end) if number < len(self.lines) else ""
        begun = number < len(self.lines) and self.lines[number].start < end
        return "\n".join((*self._texts[:number], last) if begun else self._texts[:number])

    def whole(self) -> str:
        """All of it, closed where something is open."""
        return "\n".join(self._texts) + _tail(self.lines[-1])

    def settled(self) -> str:
        """As much as may be shown before more is known, closed unless it can only be appended to."""
        if not self.pages.margin:
            return self.whole()
        soft = self.pages.limit - self.pages.margin
        if self._sizes[-1] <= soft:
            return max("\n".join(self._texts), self.least, key=len)
        number = next(number for number, size in enumerate(self._sizes) if size > soft)
        cut = self._last(soft) or self._cluster(number, soft)
        return max(self._body(cut.end) if cut else "", self.least, key=len)

    def ending(self, where: str) -> Cut | None:
        """The last line's or word's end, or any end, that people do not see beyond."""
        last = len(self.lines) - 1
        if not self.lines[last].held and self._texts[last][-1:] in _SENTENCE_ENDS:
            return self._fitting(last, [self.lines[last].end - 1], self.pages.limit)
        if (cut := self._last(max(1, len(self.least)))) or where == "word":
            return cut
        return self._cluster(last, max(1, len(self.least)))

    def overflow(self) -> Cut | None:
        """Where the post has to end; None while it has not to."""
        if self.over is None:
            return None
        least = max(1, len(self.least))
        if self.counted and (cut := self._counted_out(least)):
            return cut
        most, half = self.pages.limit, self.pages.limit // 2
        if self.pages.margin:
            found = self._last(max(least, most - self.pages.margin))
        else:
            found = self._newline(half) or self._word(self.over, half)
        found = found or self._cluster(self.over, most) or self._newline(least)
        return found or Cut(self.carried + most, most, "", "")

    def _counted_out(self, least: int) -> Cut | None:
        """Before the line that is too much, unless people see it already: then behind what it begins."""
        over = self.over or 0
        for number in (*range(over - 1, -1, -1), *range(over, len(self._sizes))):
            cut = self._behind(number)
            if cut and cut.size >= least and not (number >= over and self.lines[number].inside):
                return cut
        return None

    def _newline(self, least: int) -> Cut | None:
        """The best newline with so many characters before it."""
        found: dict[int, Cut] = {}
        for number in range((self.over or 0) - 1, -1, -1):
            if self._sizes[number] < least:
                break
            if cut := self._behind(number):
                found.setdefault(2 * self.lines[number].inside + bool(self._texts[number + 1].strip()), cut)
        return found[min(found)] if found else None

    def _last(self, least: int) -> Cut | None:
        """The last newline, else the last blank, that fits and has so many characters before it."""
        over = len(self.lines) - 1 if self.over is None else self.over
        for number in range(over - 1, -1, -1):
            if self._sizes[number] < least:
                break
            if cut := self._behind(number):
                return cut
        return self._word(over, least)

    def _behind(self, number: int) -> Cut | None:
        """The cut at that line's newline; None where it does not fit or parts what belongs together."""
        line = self.lines[number]
        if line.glued or line.held or line.end <= self.carried or line.parts(line.end - 1):
            return None
        cut = Cut(line.end, self._sizes[number], *line.around(line.end - 1))
        return cut if cut.size + len(cut.tail) <= self.pages.limit else None

    def _word(self, number: int, least: int) -> Cut | None:
        text = self.lines[number].text
        for pattern in (_BLANK,) if self.pages.margin else (_SENTENCE, _BLANK):
            ends = [found.end() for found in pattern.finditer(text) if not _MARKUP.match(text, found.end())]
            cut = self._fitting(number, [self.lines[number].start + end for end in ends], self.pages.limit)
            if cut and cut.size >= least:
                return cut
        return None

    def _cluster(self, number: int, most: int) -> Cut | None:
        """The last place between two characters as people see them; where there is none, any place."""
        line = self.lines[number]
        places = range(max(line.start, self.carried) + 1, line.end)
        if not (last := self._fitting(number, places, most)):
            return None
        at = last.end - line.start
        seen = line.start + (grapheme_boundary_before(line.text, at + 1) if at < len(line.text) else at)
        return self._fitting(number, [seen], most) or last

    def _size(self, number: int, end: int) -> int:
        return (self._sizes[number - 1] + 1 if number else 0) + len(self.lines[number].shown(end))

    def _fitting(self, number: int, ends: Sequence[int], most: int) -> Cut | None:
        """The last of the places in a line that fits."""
        line = self.lines[number]
        fit = bisect_right(ends, most, key=lambda end: self._size(number, end))
        for end in reversed(ends[:fit]):
            free = self.carried < end < line.end - line.held and line.instead is None
            if free and not line.parts(end):
                cut = Cut(end, self._size(number, end), *line.around(end))
                if cut.size + len(cut.tail) <= most:
                    return cut
        return None
