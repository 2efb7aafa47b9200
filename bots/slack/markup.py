"""Markdown for Slack's Markdown blocks and streams: as the model wrote it, but for what Slack would break.

Slack reads CommonMark with GitHub's tables and strikes. It takes `<word>` for one of its own marks, and one
table a message (https://docs.slack.dev/reference/block-kit/blocks/markdown-block).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bots.replies.blocks import Block, Markdown, Marks, Run, fence_wrap, pairs, part
from bots.replies.lines import ZERO_WIDTH_SPACE, Edit, Line, Wrap, plain
from bots.replies.markdown import Pages
from bots.replies.safe_text import ping_begun, pings

ITEMS = 45
"""Headings, rules, tables and code blocks in a post; Slack refuses a message in which they become 50."""
ROOM = 11_000
"""Characters in a post; Slack ends a stream at 12,000."""
MARGIN = 1_000
_SPECIAL = re.compile(r"[*_~<`|#=\[-]")
_TAG = re.compile(r"[A-Za-z/]")
_UNDECIDED = re.compile(r"(?:<[^\s<>]{0,300}|[*_~]+)\Z")
_TABLE_BEGUN = re.compile(r"^[^\n]*\|[^\n]*(?:\n[|: \t-]*)?\Z", re.MULTILINE)
_NO_WORD = re.compile(r"[ \t#*_=`~>|+-]+")
_LONGEST_SLANT, _LONGEST_CODE = 100, 1000
"""Characters of growing text between `_` or a backtick and what closes it."""


def stream_pages(read: SlackMarkup) -> Pages:
    """The posts of an answer that is only appended to."""
    return Pages(read, ROOM, ITEMS, 1, MARGIN)


class SlackMarkup:
    """`bots.replies.markdown.Reader` for Slack: nobody is pinged. Works for text that is only appended to.

    What is shown of a growing text is, as far as can be known, the beginning of what is shown of it later.
    """

    def __init__(self) -> None:
        self._markdown = Markdown(loose=False)

    def __call__(self, text: str, growing: bool) -> Sequence[Line]:
        """The lines as Slack is told them."""
        lines = plain(text)
        if _SPECIAL.search(text):
            last = len(lines) - 1
            for block in self._markdown.blocks(text):
                ends = growing and block.end > last
                if block.kind == "text" and block.end == last:  # the next line may go on in it
                    ends = growing and not lines[last].text
                found = list(self._told(lines[block.start : block.end], block, ends))
                lines[block.start : block.end] = found
        end = lines[-1]
        if growing and _NO_WORD.fullmatch(end.text) and not end.parts(end.start):
            lines[-1] = replace(end, held=len(end.text))  # perhaps a heading or a rule begins
        return lines

    def _told(self, lines: list[Line], block: Block, ends: bool) -> Iterator[Line]:
        match block.kind:
            case "fence":
                yield from _fence(lines, block, ends)
            case "code":
                yield from map(_quiet, lines)
            case "table":
                yield from self._table(lines, ends)
            case _:
                yield from self._text(lines, block, ends)

    def _text(self, lines: list[Line], block: Block, ends: bool) -> Iterator[Line]:
        source = "\n".join(line.text for line in lines)
        marks = self._markdown.marks(source)
        edits, wraps = _emphasis(source, marks)
        angles = [at + 1 for at in marks.angles if _TAG.match(source, at + 1)]
        edits += [Edit(at, 0, ZERO_WIDTH_SPACE) for at in {*angles, *pings(source)}]
        held = _held(source, marks, edits) if ends else 0
        start = lines[0].start
        moved = sorted(edit._replace(at=edit.at + start) for edit in edits)
        around = [wrap._replace(start=wrap.start + start, end=wrap.end + start) for wrap in wraps]
        solid = [(start + at, start + end) for at, end in marks.solid()]
        if ends:  # a link or code may have begun
            begun = [at for at in (*marks.brackets, *marks.ticks) if len(source) - at < _LONGEST_CODE]
            solid += [(start + at, start + len(source) + 1) for at in begun[:1]]
        for number, line in enumerate(lines):
            setext = block.setext and number < len(lines) - 1
            items = int(number == 0 and block.kind != "text")
            made = replace(part(line, moved, solid, around), items=items, inside=setext, glued=setext)
            behind = start + len(source) - held
            yield replace(made, held=min(len(line.text), max(0, line.end - 1 - behind)))

    def _table(self, lines: list[Line], ends: bool) -> Iterator[Line]:
        """Every post has the first two lines."""
        head = "".join(f"{line.text}\n" for line in lines[:2])
        around = [Wrap(lines[0].start, lines[-1].end - 1, head, "")]
        for number, line in enumerate(lines):
            last = number == len(lines) - 1
            (row,) = self._text([line], Block("text", 0, 1), ends and last)
            yield replace(
                row,
                wraps=around,
                inside=not last,
                glued=number == 0 or (number == 1 and not last),
                tables=int(number == 0),
                items=int(number == 0),
                held=len(line.text) if last and ends else row.held,
            )


def _fence(lines: list[Line], block: Block, ends: bool) -> Iterator[Line]:
    fence, last = block.fence, len(lines) - 1
    assert fence is not None
    stop = lines[-1].start if block.closed else lines[-1].end + 1
    around = [fence_wrap(lines[0].text, fence, lines[0].start, stop, fence.marker)]
    for number, line in enumerate(lines):
        if number == last and number and block.closed:
            yield replace(line, closes=True)
            return
        begun = ends and number == last and number and not line.text.strip(" \t>" + fence.marker[0])
        yield replace(
            _quiet(line),
            wraps=around,
            inside=True,
            glued=number == 0 or (block.closed and number == last - 1),
            items=int(number == 0),
            held=len(line.text) if begun else ping_begun(line.text) if ends and number == last else 0,
        )


def _quiet(line: Line) -> Line:
    return replace(line, edits=[Edit(line.start + at, 0, ZERO_WIDTH_SPACE) for at in pings(line.text)])


def _held(source: str, marks: Marks, edits: Sequence[Edit]) -> int:
    """How many characters at the end of a growing paragraph may still be shown differently."""
    undecided = _UNDECIDED.search(source, max(0, len(source) - 301))
    places = [len(source), len(source) - ping_begun(source)]
    if undecided:
        places.append(undecided.start())
    if table := _TABLE_BEGUN.search(source):
        places.append(table.start())
    places += [
        run.at
        for run, end in pairs(marks.runs, _Repair(source))
        if run.mark[0] == "_"
        and len(source) - run.at < _LONGEST_SLANT
        and (not end or end.at + len(end.mark) == len(source))
    ]
    if marks.ticks and len(source) - marks.ticks[0] < _LONGEST_CODE:  # it may be code that is not closed yet
        places += [edit.at for edit in edits if edit.at > marks.ticks[0]]
    first = min(places)
    return len(source) - min([first, *(at for at, end in marks.code if at < first < end)])  # code stays whole


def _emphasis(source: str, marks: Marks) -> tuple[list[Edit], list[Wrap]]:
    """What makes Slack see emphasis next to letters written without blanks, and what repeats it."""
    edits: list[Edit] = []
    wraps: list[Wrap] = []
    for begun, end in pairs(marks.runs, _Repair(source)):
        mark = begun.mark
        if end and end.at - begun.at < _LONGEST_SLANT and mark[0] == "_" and not end.closes:
            mark = "*" * len(mark)
            edits += [Edit(begun.at, len(mark), mark), Edit(end.at, len(mark), mark)]
        if not begun.opens:
            edits.append(Edit(begun.at + len(mark), 0, ZERO_WIDTH_SPACE))
        if end and _punctuation(source, end.at - 1) and _wide(source, end.at + len(mark)):
            edits.append(Edit(end.at, 0, ZERO_WIDTH_SPACE))
        if end or len(mark) > 1:
            wraps.append(Wrap(begun.at, end.at + 1 if end else len(source), mark, mark))
    return edits, wraps


class _Repair:
    """Whether a run opens or closes something although a letter stands right outside and none inside."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __call__(self, run: Run, closing: bool) -> bool:
        before, after = run.at - 1, run.at + len(run.mark)
        if closing:
            inside = _punctuation(self._source, before) or run.mark[0] == "_"
            return inside and not self._source[: run.at][-1:].isspace() and _wide(self._source, after)
        return run.mark[0] != "_" and _punctuation(self._source, after) and _wide(self._source, before)


def _punctuation(text: str, at: int) -> bool:
    return 0 <= at < len(text) and unicodedata.category(text[at])[0] in "PS"


def _wide(text: str, at: int) -> bool:
    """Whether a letter of Korean, Japanese or Chinese stands there."""
    if not 0 <= at < len(text):
        return False
    return unicodedata.category(text[at])[0] == "L" and unicodedata.east_asian_width(text[at]) in "WF"


def quiet(text: str, growing: bool) -> list[Line]:
    """A `Reader` for text that Slack shows without Markdown."""
    return [_quiet(line) for line in plain(text)]
