"""What a text is in Markdown, by markdown-it: its blocks line by line, and the marks inside a paragraph.

https://markdown-it-py.readthedocs.io; rules of our own are added where a network reads Markdown differently.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline, autolink, backtick, link
from markdown_it.token import Token

from bots.replies.lines import Edit, Line, Wrap

_FENCE = re.compile(r"(`{3,}+|~{3,}+)([^\n]*)")
_BEHIND_WORDS = re.compile(r"(```)([\w+#.-]*)[ \t]*")
_CLOSES = re.compile(r"(?<!['\"`])`{3,}+(?!['\"\w])")
_LONGEST_INFO = 40
_LONGEST_MARKER = 32


class Fence(NamedTuple):
    """The first line of a code block: `marker` stands at `at` in it, `info` behind the marker."""

    at: int
    marker: str
    info: str

    @property
    def repeated(self) -> str:
        """The info as far as it is repeated in another post."""
        info = self.info.strip()
        return info if len(info) <= _LONGEST_INFO else ""


class Block(NamedTuple):
    """Lines from `start` to before `end`: a fence, code, table, heading, rule or text.

    `closed`: whether the last line closes the fence; `last`: whether the text may go on in it. `level`: of a
    heading; `setext`: underlined.
    """

    kind: str
    start: int
    end: int
    fence: Fence | None = None
    closed: bool = True
    level: int = 0
    setext: bool = False
    last: bool = False


class Run(NamedTuple):
    """A run of one mark, `*` say; whether CommonMark lets it open or close something."""

    at: int
    mark: str
    opens: bool
    closes: bool


@dataclass
class Marks:
    """What stands in a paragraph, each as places in its text: code, links and mathematics are `solid`."""

    runs: list[Run] = field(default_factory=list)
    code: list[tuple[int, int]] = field(default_factory=list)
    links: list[tuple[int, int]] = field(default_factory=list)
    maths: list[tuple[int, int, str]] = field(default_factory=list)
    angles: list[int] = field(default_factory=list)
    ticks: list[int] = field(default_factory=list)
    brackets: list[int] = field(default_factory=list)
    """Backticks, and square brackets, that begin nothing so far."""

    def solid(self) -> list[tuple[int, int]]:
        """What is not to be cut."""
        return sorted([*self.code, *self.links, *((at, end) for at, end, _ in self.maths)])


class Markdown:
    """A parser. `loose`: a fence opens and closes anywhere in a line, and code is never only indented."""

    def __init__(self, *, loose: bool) -> None:
        self.loose = loose
        self._parser = MarkdownIt("commonmark").enable("table").disable(["html_block", "reference"])
        if loose:
            self._parser.disable("code")
        self._parser.block.ruler.at("fence", self._fence, {"alt": ["paragraph", "blockquote", "list"]})
        inline = self._parser.inline
        inline.ruler.enableOnly(["text", "newline", "escape", "backticks", "link", "autolink", "entity"])
        inline.ruler2.enableOnly([])
        inline.ruler.at("backticks", _ticks)
        inline.ruler.at("link", _noting(_link, lambda marks: marks.links))
        inline.ruler.at("autolink", _noting(autolink, lambda marks: marks.links))
        inline.ruler.after("autolink", "angle", _angle)
        inline.ruler.before("escape", "run", _run)
        if loose:
            inline.ruler.before("escape", "maths", _maths)

    def blocks(self, text: str) -> list[Block]:
        """The blocks that hold lines of their own, in order; lists and quotes are seen through."""
        tokens: list[Token] = []
        shadow = _DEEP_FENCE.sub("", text) if self.loose else text
        self._parser.block.parse(shadow, self._parser, {}, tokens)
        found = [block for token in tokens if token.map and (block := _block(token, token.map))]
        if found and not found[-1].closed and not "".join(text.split("\n")[found[-1].end :]).strip():
            found[-1] = found[-1]._replace(end=text.count("\n") + 1, last=True)  # it goes on
        return found

    def marks(self, text: str) -> Marks:
        """What stands in a paragraph of that source."""
        marks = Marks()
        if _MARK.search(text):
            self._parser.inline.parse(text, self._parser, {"marks": marks}, [])
        for found in (marks.runs, marks.code, marks.links, marks.maths, marks.angles, marks.ticks):
            found.sort()
        return marks

    def _fence(self, state: StateBlock, first: int, last: int, silent: bool) -> bool:
        """A block rule: as markdown-it's own, but for how it begins and ends."""
        fence = self._opened(_line(state, first))
        if fence is None or (not self.loose and state.is_code_block(first)):
            return False
        if silent:
            return True
        number, closed = first + 1, False
        while number < last and not closed:
            line = _line(state, number)
            if line and not self.loose and state.sCount[number] < state.blkIndent:
                break  # outside of the list or quote it stands in
            closed, number = self._closed(line, fence), number + 1
        state.line = number
        token = state.push("fence", "code", 0)
        token.map, token.meta = [first, number], {"fence": fence, "closed": closed}
        return True

    def _opened(self, line: str) -> Fence | None:
        found, at = _FENCE.match(line), 0
        if self.loose and not found and line.count("```") % 2:
            at = line.rfind("```")
            found = _BEHIND_WORDS.fullmatch(line, at)
        if not found or len(found[1]) > _LONGEST_MARKER or (found[1][0] == "`" and "`" in found[2]):
            return None
        return Fence(at, found[1], found[2])

    def _closed(self, line: str, fence: Fence) -> bool:
        return closer(line, fence, loose=self.loose) is not None


_DEEP_FENCE = re.compile(r"^[ \t]{4,}(?=```|~~~)", re.MULTILINE)
_MARK = re.compile(r"[*_~`<\[$\\]")


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _block(token: Token, lines: Sequence[int]) -> Block | None:
    match token.type:
        case "fence":
            return Block("fence", lines[0], lines[1], token.meta["fence"], token.meta["closed"])
        case "heading_open":
            setext = not token.markup.startswith("#")
            return Block("heading", lines[0], lines[1], level=int(token.tag[1]), setext=setext)
        case "code_block" | "hr" | "table_open" | "paragraph_open":
            return Block(_KINDS[token.type], lines[0], lines[1])
    return None


_KINDS = {"code_block": "code", "hr": "rule", "table_open": "table", "paragraph_open": "text"}

_Rule = Callable[[StateInline, bool], bool]


def _marks(state: StateInline) -> Marks:
    found = state.env["marks"]
    assert isinstance(found, Marks)
    return found


def _noting(rule: _Rule, where: Callable[[Marks], list[tuple[int, int]]]) -> _Rule:
    """The rule, which also notes what it found."""

    def noting(state: StateInline, silent: bool) -> bool:
        start = state.pos
        if not rule(state, silent):
            return False
        if not silent:
            where(_marks(state)).append((start, state.pos))
        return True

    return noting


def _link(state: StateInline, silent: bool) -> bool:
    if "](" in state.src and link(state, silent):
        return True
    if not silent and state.src[state.pos] == "[":
        _marks(state).brackets.append(state.pos)
    return False


def _ticks(state: StateInline, silent: bool) -> bool:
    """Inline rule: code between backticks, or backticks that open nothing."""
    start, known = state.pos, len(state.tokens)
    if not backtick(state, silent):
        return False
    if not silent and any(token.type == "code_inline" for token in state.tokens[known:]):
        _marks(state).code.append((start, state.pos))
    elif not silent:
        _marks(state).ticks.append(start)
    return True


def _angle(state: StateInline, silent: bool) -> bool:
    """Inline rule: a `<` that begins no link."""
    if state.src[state.pos] != "<":
        return False
    if not silent:
        _marks(state).angles.append(state.pos)
        state.pending += "<"
    state.pos += 1
    return True


def _run(state: StateInline, silent: bool) -> bool:
    """Inline rule: marks of emphasis, which are only noted."""
    mark = state.src[state.pos]
    if mark not in "*_~":
        return False
    found = state.scanDelims(state.pos, mark != "_")
    run = Run(state.pos, mark * found.length, found.can_open, found.can_close)
    if not silent:
        _marks(state).runs.append(run)
        state.pending += run.mark
    state.pos += found.length
    return True


_MATHS = re.compile(
    r"""
    (?<!`)(?:
        \$\$ (?P<block> [^`$]{1,500}? ) \$\$
        | \\\[ (?P<square> [^`\[]{1,500}? ) \\\]
        | \\\( (?P<round> [^`\n(]{1,200}? (?: \([^`\n(]{0,50}\) [^`\n(]{0,50}? ){0,3} ) \\\)
        | (?<![\w$\\]) \$ (?P<dollar> (?![\s$]) (?: [^`$\n]*[\\^_={}+*/<>][^`$\n]* | [A-Za-z] ) )
          (?<!\s) \$ (?![\d$])
    )(?!`)
    """,
    re.VERBOSE,
)
"""LaTeX; between single dollars only what looks like it, for prices stand there, too."""


def _maths(state: StateInline, silent: bool) -> bool:
    """Inline rule: LaTeX between dollars, `\\(` or `\\[`."""
    if state.src[state.pos] not in "$\\":
        return False
    found = _MATHS.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    if not silent:
        _marks(state).maths.append((found.start(), found.end(), str(found[found.lastgroup or 0])))
    state.pos = found.end()
    return True


_Repair = Callable[[Run, bool], bool]


def pairs(
    runs: Sequence[Run], repair: _Repair = lambda run, closing: False
) -> Iterator[tuple[Run, Run | None]]:
    """Which runs belong together; those that open something that never ends come with None.

    `repair`: whether a run that CommonMark does not let open, or close, does it all the same.
    """
    waiting: dict[str, list[Run]] = {}
    for run in runs:
        begun = waiting.setdefault(run.mark, [])
        if begun and (run.closes or repair(run, True)):
            yield begun.pop(), run
        elif run.opens or repair(run, False):
            begun.append(run)
    for left in waiting.values():
        for run in left:
            yield run, None


def fence_wrap(line: str, fence: Fence, start: int, end: int, marker: str) -> Wrap:
    """What repeats a code block in every post: its lines lie from `start` to `end` in the text."""
    found = re.match(r"[ \t]*(?:>[ \t>]*)?", line[: fence.at] if fence.at else line)
    before = found[0] if found and (">" in found[0] or len(found[0]) <= 3) else ""
    return Wrap(start, end, f"{before}{fence.marker}{fence.repeated}\n", f"\n{before}{marker}")


def closer(line: str, fence: Fence, *, loose: bool) -> tuple[int, int] | None:
    """Where the marker that closes the fence stands in a line."""
    at = len(line) - len(line.lstrip(" \t>"))
    found = _FENCE.match(line, at)
    if found and found[1].startswith(fence.marker) and not found[2].strip():
        return found.span(1)
    anywhere = _CLOSES.search(line) if loose and fence.marker == "```" else None
    return anywhere.span() if anywhere else None


def part(line: Line, edits: Sequence[Edit], solid: Sequence[tuple[int, int]], wraps: Sequence[Wrap]) -> Line:
    """The line with what of a paragraph's changes lies in it."""
    stop = line.end - 1
    return replace(
        line,
        edits=[edit for edit in edits if line.start <= edit.at <= stop],
        solid=[span for span in solid if span[1] > line.start and span[0] < stop],
        wraps=[wrap for wrap in wraps if wrap.end > line.start and wrap.start < stop],
    )


def closing(text: str) -> str:
    """What to append to a text so that it leaves no code block open, on any network; "" mostly."""
    blocks = Markdown(loose=True).blocks(text) if "```" in text or "~~~" in text else []
    if not blocks or blocks[-1].closed or not (fence := blocks[-1].fence):
        return ""
    return fence_wrap(text.split("\n")[blocks[-1].start], fence, 0, 0, fence.marker).tail
