"""How Discord shows Markdown, so that each post of an answer is right by itself.

Its dialect: https://support.discord.com/hc/en-us/articles/210298617. Three backticks open and close code
anywhere; tables, headings below the third, rules, `~~~` and LaTeX are not known and would be shown raw.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from markdown_it import MarkdownIt
from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token
from wcwidth import wcswidth

from bots.replies.blocks import Block, Markdown, closer, fence_wrap, pairs, part
from bots.replies.lines import ZERO_WIDTH_SPACE, Edit, Line, Wrap, plain

RULE = "─" * 10
_TICKS = re.compile("``(?=`)")
_WIDEST = 400
"""Characters of a table's line beyond which it is no longer aligned."""


class DiscordMarkup:
    """`bots.replies.markdown.Reader` for Discord."""

    def __init__(self) -> None:
        self._markdown = Markdown(loose=True)
        self._cells = MarkdownIt("commonmark").enable("strikethrough")

    def __call__(self, text: str, growing: bool) -> Sequence[Line]:
        """The lines as Discord shows them."""
        if not _SPECIAL.search(text):
            return plain(text)
        lines, stray = plain(text), text.count("```") > 1
        for block in self._markdown.blocks(text):
            lines[block.start : block.end] = self._shown(
                lines[block.start : block.end], block, growing, stray
            )
        return lines

    def _shown(self, lines: list[Line], block: Block, growing: bool, stray: bool) -> Sequence[Line]:
        match block.kind:
            case "fence":
                return list(_fence(lines, block, growing))
            case "table":
                return self._table(lines) or lines
            case "rule":
                return [replace(lines[0], edits=[Edit(lines[0].start, len(lines[0].text), RULE)])]
        return self._text(lines, block, stray)

    def _text(self, lines: list[Line], block: Block, stray: bool) -> Sequence[Line]:
        start, source = lines[0].start, "\n".join(line.text for line in lines)
        marks = self._markdown.marks(source)
        edits = [edit for span in marks.maths for edit in _latex(start, span)] + list(_heading(lines, block))
        if stray:
            runs = [re.compile("`+").match(source, at) for at in marks.ticks]
            edits += [edit for run in runs if run for edit in _broken(start + run.start(), run[0])]
        solid = [(start + one, start + end) for one, end in marks.solid()]
        found = [
            Wrap(start + run.at, start + end.at + 1 if end else lines[-1].end - 1, run.mark, run.mark)
            for run, end in pairs(marks.runs)
            if end or len(run.mark) > 1
        ]
        return [part(line, sorted(edits), solid, found) for line in lines]

    def _table(self, lines: list[Line]) -> Sequence[Line]:
        """The rows in columns as wide as what they show, in a code block; nothing when it is too wide."""
        rows = [self._row(line.text) for line in (lines[0], *lines[2:])]
        width = max(map(len, rows))
        table = [row + [""] * (width - len(row)) for row in rows]
        widths = [max(2, *map(_width, column)) for column in zip(*table, strict=True)]
        if sum(widths) + 3 * width > _WIDEST:
            return []
        shown = ["  ".join(map(_padded, row, widths)).rstrip() for row in table]
        rule = "  ".join("─" * one for one in widths)
        source = "".join(f"{line.text}\n" for line in lines[:2])
        around = [Wrap(lines[0].start, lines[-1].end - 1, source, "\n```")]
        head = replace(lines[0], instead=f"```\n{shown[0]}", wraps=around, inside=True, glued=True)
        if len(lines) == 2:
            return [head, replace(lines[1], instead=f"{rule}\n```")]
        body = [
            replace(line, instead=text, wraps=around, inside=True)
            for line, text in zip(lines[2:], shown[1:], strict=True)
        ]
        body[-1] = replace(body[-1], instead=f"{shown[-1]}\n```", wraps=(), inside=False)
        return [head, replace(lines[1], instead=rule, wraps=around, inside=True, glued=True), *body]

    def _row(self, line: str) -> list[str]:
        cells = escapedSplit(line.strip(" \t>"))
        cells = cells[1:] if cells and not cells[0].strip() else cells
        cells = cells[:-1] if cells and not cells[-1].strip() else cells
        return [_TICKS.sub(f"``{ZERO_WIDTH_SPACE}", self._plain(cell.strip())) for cell in cells]

    def _plain(self, cell: str) -> str:
        """A cell without its marks: in code they would be shown."""
        if not re.search(r"[*_~`\[<&\\]", cell):
            return cell
        (inline,) = self._cells.parseInline(cell)
        return "".join(_words(inline.children or ()))


_SPECIAL = re.compile(r"[#*_`~<>|$\\\[=-]")


def _fence(lines: list[Line], block: Block, growing: bool) -> Iterator[Line]:
    """Three backticks around it, whatever they were; none inside."""
    fence, last = block.fence, len(lines) - 1
    assert fence is not None
    at = lines[0].start + lines[0].text.index(fence.marker)
    if fence.at:
        at = lines[0].start + lines[0].text.rindex(fence.marker)
    end = lines[-1].start if block.closed else lines[-1].end + block.last
    around = [fence_wrap(lines[0].text, fence, lines[0].start, end, "```")]
    edits = [Edit(at, len(fence.marker), "```"), *_broken(at + len(fence.marker), fence.info)]
    if not last and not block.closed and not block.last:
        edits.append(Edit(lines[0].end - 1, 0, around[0].tail))
    yield replace(lines[0], edits=edits, wraps=around, inside=True, glued=True)
    for number, line in enumerate(lines[1:], 1):
        if number == last and block.closed:
            at, stop = closer(line.text, fence, loose=True) or (0, 0)
            broken = [
                edit for edit in _broken(line.start, line.text) if not at <= edit.at - line.start < stop
            ]
            edits = sorted([*broken, Edit(line.start + at, stop - at, "```")])
            yield replace(line, edits=edits, closes=not line.text.strip(" \t>`~"))
            return
        begun = number == last and growing and not line.text.strip(" \t>" + fence.marker[0])
        held = len(line.text) if begun and line.text.strip(" \t>") else 0
        edits = [
            Edit(line.start + one.start() + 2, 0, ZERO_WIDTH_SPACE) for one in _TICKS.finditer(line.text)
        ]
        glued = block.closed and number == last - 1
        edits = _broken(line.start, line.text)
        if number == last and not block.last:  # it ends with the list or quote it stands in
            edits.append(Edit(line.end - 1, 0, around[0].tail))
        yield replace(line, edits=edits, wraps=around, inside=True, glued=glued, held=held)


def _broken(start: int, text: str) -> list[Edit]:
    """What keeps backticks from opening or closing code."""
    return [Edit(start + one.end(), 0, ZERO_WIDTH_SPACE) for one in _TICKS.finditer(text)]


def _latex(start: int, span: tuple[int, int, str]) -> Iterator[Edit]:
    """Inline code for a formula in a line, a code block for one of several lines."""
    at, end, inner = span
    edge = (end - at - len(inner)) // 2
    marks = ("```latex", "```") if inner.startswith("\n") and inner.endswith("\n") else ("`", "`")
    yield Edit(start + at, edge, marks[0])
    yield Edit(start + end - edge, edge, marks[1])


def _heading(lines: list[Line], block: Block) -> Iterator[Edit]:
    """At most three signs; an underlined one gets signs instead."""
    first = lines[0]
    if block.kind == "heading" and block.setext and len(lines) == 2:
        yield Edit(first.start, 0, "#" * block.level + " ")
        yield Edit(lines[1].start, len(lines[1].text), "")
    elif block.kind == "heading" and block.level > 3:
        yield Edit(first.start + first.text.index("#"), block.level, "###")


def _words(tokens: Sequence[Token]) -> Iterator[str]:
    """What inline tokens say; a link tells its address, too."""
    address = ""
    for token in tokens:
        match token.type:
            case "link_open":
                address = str(token.attrs.get("href", ""))
            case "link_close":
                yield f" ({address})"
            case "softbreak" | "hardbreak":
                yield " "
            case _:
                yield token.content or ""


def _width(text: str) -> int:
    width = wcswidth(text)
    return width if width >= 0 else len(text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
