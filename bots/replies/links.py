"""Which addresses in a text people may press (LINK_GATE), whether it still grows or is whole.

`show`: what is masked says where it leads; pictures, and schemes but http, https and mailto, are words; an
address that could carry off what was said is refused unless it stood in the request. `strict`: every
address is, unless it stood there. `open`: none. What is refused stands in code, of which no network makes a
link; what stands in code already stays. More is taken for an address than any one network does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from html import unescape
from typing import Final
from urllib.parse import unquote, urlsplit

from bots.replies.blocks import Block, Markdown, closer
from bots.replies.lines import ZERO_WIDTH_SPACE
from bots.replies.safe_text import printable

CARRIED: Final = 128
"""Characters of a query, or of one piece of a path, that an address nobody gave may have."""
_LONGEST, _AWAITED, _SHOWN = 1_000, 80, 800
"""Characters: what may become a link; behind an address that may still be cited; shown of one that is
refused, which fits uncut into any post."""
_SCHEME = r"[a-z][a-z0-9+-]{1,30}"
_HOST = r"(?:[\w.+%-]{1,64}@)?(?:[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]"
_OTHERS = r"(?:javascript|vbscript|data|file|blob|mailto|tel|sms|slack):"
_BEGINS = rf"(?:{_SCHEME}://|{_OTHERS}|(?<![\w@./:-]){_HOST})"
_HIDDEN = "\u00ad\u034f\u200b-\u200f\u2060-\u2064\ufeff"
_ESCAPE = r"\\[!-/:-@\[-_{-~]"
_FLAGS = re.ASCII | re.IGNORECASE
_TOKEN = re.compile(
    rf"(?P<escape>{_ESCAPE})|<(?:!date\^[^<>|]*\^)?(?P<to>{_SCHEME}:[^\s<>|]*)(?:\|(?P<named>[^<>]*))?>"
    rf"|(?P<open>!?\[)|(?P<close>\])|(?P<url>{_BEGINS}(?:\[[0-9a-f:.]*\])?(?:(?!\][(:])[^\s<\[`\\])*)",
    _FLAGS,
)
_DEST = re.compile(
    r"\([\s>]*(?:<(?P<angled>[^<>\n]*)>|(?P<bare>(?:\\.|[^\s()\\]|\((?:\\.|[^\s()\\]|\([^\s()]*\))*\))*))"
    r"(?:[\s>]+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?[\s>]*\)"
)
_SUSPECT = re.compile(
    rf"\][(\[:]|<[a-z!][^\s<>|]*[:|]|:[/\\{_HIDDEN}]|{_OTHERS}|&#?\w+;|\S{{{CARRIED}}}", _FLAGS
)
_ODD = re.compile(rf"\S*(?:&#?\w{{1,31}};|[{_HIDDEN}]|{_ESCAPE})\S*")
_MAY_BE_ODD = re.compile(rf"[&\\{_HIDDEN}]")
_TAIL = re.compile(rf"(?:(?<![a-z0-9])(?:h|ht|htt|https?)|{_BEGINS}[^\s<]*|{_SCHEME}:/?|<|!)\Z", _FLAGS)
_ANGLE = re.compile(r"<[a-z!][^\s<>|]*(?:\|[^<>]*)?\Z", _FLAGS)
_KIND = re.compile(rf"({_SCHEME}):", _FLAGS)
_PLACE = re.compile(r"(?:https?:/*|//)(?:[^/?#]*@)?|mailto:|", re.IGNORECASE)
_ADDRESS = re.compile(r"[^.)]\.[^.)]|[:/#&]")
_UNCLEAR = re.compile(r"[\s<>|]")
_USER = re.compile(r"(?<=//)[^/?#\s]*@")
_URL = re.compile(_BEGINS, _FLAGS)
_PLAIN = re.compile(r"[!-=?-~]*")
_TOP = re.compile(r"[^\s>*+|#~`\d-]")
_CELLS = re.compile(r"((?<!\\)\|)")
_BEFORE, _BEHIND = r"(?<![A-Za-z0-9@./%+-])", r"(?![.:,;!?*_~]*[A-Za-z0-9/#&=%+@$-])"
_ENDS = ".,>:;!?\"'*_~`|…。、"
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}


@dataclass
class LinkGate:
    """The text of one reply as it may be shown: printable, with no live link but those that may be.

    Of a growing text it holds back what may become a link; what it gave is, as far as can be known, the
    beginning of what it gives later. `stood` gives the words of the request; told True, without the model's.
    """

    mode: str
    markdown: Markdown
    stood: Callable[[bool], str] = lambda strict: ""
    _settled: tuple[str, str] = ("", "")
    _given: tuple[str, str] = ("", "")
    _looked: int = 0

    def __call__(self, text: str, growing: bool = False) -> str:
        """That text; `growing`: more of it may come."""
        clean = printable(text)
        if self.mode == "open":
            return clean
        if not clean.startswith(self._settled[0]):
            self._settled = ("", "")
        source, shown = self._settled
        rest = clean[len(source) :]
        before, given = self._given
        looked = self._looked - _LONGEST - len(source) if clean.startswith(before) else 0
        if self.mode == "strict" or _SUSPECT.search(rest, max(0, looked)):
            shown += self._blocks(rest, growing)
        else:
            self._looked = len(clean)
            shown += rest[: _held(rest)] if growing else rest
        if growing and clean.startswith(before) and given.startswith(shown):
            shown = given  # people see that already
        self._given = (clean, shown)
        return shown

    def question(self, text: str) -> str:
        """The same of a text beside the answer, which is whole."""
        return LinkGate(self.mode, self.markdown, self.stood)(text)

    def plain(self, words: str) -> str:
        """The same of words that are shown without Markdown, where nothing is code."""
        return words if self.mode == "open" else _Inline(self, words, quiet=True).told()

    def may(self, url: str, run: str = "") -> bool:
        """Whether it may be pressed; `run`: what a network might take for all of it."""
        kind = url.partition(":")[0].lower() if _KIND.match(url) or "://" in url else "http"
        if "\\" in url or not kind.endswith(("http", "https", "mailto")):
            return False
        if self.mode == "show" and not _carries(run or url):
            return True
        told = self.stood(self.mode == "strict")
        return url in told and bool(re.search(_BEFORE + re.escape(url) + _BEHIND, told))

    def _blocks(self, text: str, growing: bool) -> str:
        lines, made, done, settled = text.split("\n"), list[str](), 0, (0, 0)
        for block in self.markdown.blocks(text):
            made += lines[done : block.start]
            done = block.end
            if block.start and not lines[block.start - 1].strip() and _TOP.match(lines[block.start]):
                settled = (block.start, len(made))
            ends = growing and lines[done:] in ([], [""])
            if ends and block.kind not in ("fence", "code", "table"):
                made.append(self._growing("\n".join(lines[block.start :])))
                done = len(lines)
            else:
                made.append(self._block(lines[block.start : block.end], block))
        if settled[0] and self.mode == "show":  # what came before stays as it is
            source, shown = self._settled
            source += "\n".join([*lines[: settled[0]], ""])
            self._settled = (source, shown + "\n".join([*made[: settled[1]], ""]))
        return "\n".join([*made, *lines[done:]])

    def _block(self, lines: list[str], block: Block) -> str:
        if block.kind == "table":
            cells = [_CELLS.split(line) for line in lines]
            return "\n".join("".join(self._inline(one, cell=True).told() for one in line) for line in cells)
        if block.kind not in ("fence", "code"):
            return self._inline("\n".join(lines)).told()
        fence, span = block.fence, None
        if fence and block.closed:
            span = closer(lines[-1], fence, loose=True)
        if fence and fence.at:
            before, marker, info = lines[0].rpartition(fence.marker)
            lines[0] = _apart(self._inline(before, cell=True).told(), marker + info)
        if span:
            after = self._inline(lines[-1][span[1] :]).told()
            lines[-1] = _apart(lines[-1][: span[1]], after)
        return "\n".join(lines)

    def _growing(self, source: str) -> str:
        inline = self._inline(source[: _held(source)])
        told = inline.told()
        held = inline.held()
        return told if held is None else self._inline(inline.source[:held]).told()

    def _inline(self, source: str, *, cell: bool = False) -> _Inline:
        """`cell`: of a table, which may end in the middle of what looks like code."""
        marks = self.markdown.marks(source)
        if marks.ticks and self.markdown.loose:  # it would look for its end in what follows, whatever that is
            return self._inline(_escaped(source, marks.ticks), cell=cell)
        first = marks.ticks[0] if marks.ticks else len(source)  # behind that networks differ on what is code
        code = [*marks.code, *((at, end) for at, end, _ in marks.maths)]
        spans = sorted(span for span in code if span[0] < first)
        parts, at = list[str](), 0
        for start, end in [*spans, (len(source), len(source))]:
            parts += [_ODD.sub(lambda odd: _seen(odd[0]), source[at:start]), source[start:end]]
            at = end
        if (seen := "".join(parts)) != source:
            return self._inline(seen, cell=cell)
        return _Inline(self, source, spans, marks.ticks, quiet=cell or bool(marks.ticks), cell=cell)


@dataclass
class _Inline:
    """One paragraph. `quiet`: code may be none there, so that what is refused is parted instead."""

    gate: LinkGate
    source: str
    spans: Sequence[tuple[int, int]] = ()
    ticks: Sequence[int] = ()
    quiet: bool = False
    cell: bool = False
    _out: list[str] = field(default_factory=list)
    _open: list[tuple[int, int]] = field(default_factory=list)
    _begun: list[int] = field(default_factory=list)
    _changed: bool = False

    def told(self) -> str:
        """It as it may be shown."""
        at, end = 0, len(self.source)
        for start, stop in [*self.spans, (end, end)]:
            while found := _TOKEN.search(self.source, at, start):
                self._out.append(self.source[at : found.start()])
                at = self._take(found, start)
            self._out.append(self.source[at:start])
            code = self.source[start:stop]  # where brackets bind tighter it would end a link
            self._out.append(code.replace("](", f"]{ZERO_WIDTH_SPACE}(") if self._open else code)
            at = stop
        return reduce(_apart, self._out, "")

    def held(self) -> int | None:
        """From where on it may still be told differently when it grows; None where nothing is."""
        least = len(self.source) - _LONGEST
        places = [at for at in (*(at for _, at in self._open), *self._begun) if at > least]
        if self._changed:  # it may turn out to stand in code
            places += [at for at in self.ticks if at > least]
        return min(places, default=None)

    def _take(self, found: re.Match[str], stop: int) -> int:
        """What stands there, told; gives where it ends."""
        match found.lastgroup:
            case "open":
                self._open.append((len(self._out), found.start()))
            case "close":
                return self._close(found.end(), stop)
            case "url":
                return self._url(found.start(), found["url"])
            case "to":
                self._out.append(self._bare(found["to"]))
                return found.end()
            case "named":
                words = self.gate.plain(found["named"])
                self._out.append(self._masked(words, found["to"]))
                return found.end()
        self._out.append(found[0])
        return found.end()

    def _close(self, end: int, stop: int) -> int:
        after = self.source[end : end + 1]
        parted = (
            f"]{ZERO_WIDTH_SPACE}" if after in ("(", ":") else "]"
        )  # else it may make an address of what follows
        if not self._open:
            self._out.append(parted)
            return end
        index, start = self._open.pop()
        dest = _DEST.match(self.source, end, stop)
        if dest is None or not _ADDRESS.search(dest[0]):
            self._out.append("]" if dest else parted)
            if not after or (after == "(" and ")" not in self.source[end:]):
                self._begun.append(start)
            return end
        label, image = "".join(self._out[index + 1 :]), self._out[index] == "!["
        del self._out[index:]
        told = self._masked(label, dest["angled"] or dest["bare"] or "", image=image)
        self._out.append(told)
        return dest.end()

    def _url(self, start: int, run: str) -> int:
        whole = _trimmed(run)
        part = _trimmed(_PLAIN.match(run)[0])  # type: ignore[index]
        part = part if part.strip("/").rpartition(":")[2] else whole
        if self.gate.may(whole, run):
            at, told = start + len(whole), whole
            if (self.source[start + len(run) :] + "|" * self.cell)[:1].strip(
                "<> \t\n"
            ):  # a network might go on
                told = f"<{whole}>" if _KIND.match(whole) and not _UNCLEAR.search(whole) else f"{whole} "
        elif part != whole and self.gate.may(part):
            at, told = start + len(part), f"<{part}>"
        else:
            at, told = start + len(part), self._inert(part)
            if self.gate.mode == "strict" and len(self.source) - at < _AWAITED:
                self._begun.append(self._open[0][1] if self._open else start)
        self._out.append(told)
        return at

    def _bare(self, url: str) -> str:
        if not self.gate.may(url):
            return self._inert(url)
        return f"<{url}>" if _KIND.match(url) and not _UNCLEAR.search(url) else url

    def _masked(self, label: str, to: str, *, image: bool = False) -> str:
        to, words = _plainly(to).strip(), label.strip()
        to = "" if to.startswith("sandbox:") else to  # a file in the container, which is posted by itself
        place = to[_PLACE.match(to).end() :]  # type: ignore[union-attr]
        if not image and words.strip("`< >") in (to, place, place.partition("/")[0]):
            return self._bare(to)
        self._changed = True
        shown = place if self.gate.may(to) else self._inert(to)
        return f"{words} ({shown})" if words and shown else words or shown

    def _inert(self, url: str) -> str:
        self._changed = True
        url = _USER.sub("", url, count=1)
        url = url if len(url) <= _SHOWN else url[: _SHOWN - 1] + "…"
        if self.quiet:
            return re.sub(r"[]:.]", rf"\g<0>{ZERO_WIDTH_SPACE}", url)
        return f"`{url.replace('`', '%60')}`"  # of a masked one, that is


def _apart(before: str, after: str) -> str:
    """Both, so that backticks which stand side by side do not become one."""
    touch = before[-1:] in ("`", "\\") and after[:1] == "`"
    return f"{before}{ZERO_WIDTH_SPACE}{after}" if touch else before + after


def _escaped(source: str, ticks: Sequence[int]) -> str:
    """With a backslash before each backtick that opens nothing."""
    for at in reversed(ticks):
        rest = source[at:].lstrip("`")
        source = source[:at] + "\\`" * (len(source) - at - len(rest)) + rest
    return source


def _held(source: str) -> int:
    """Where at the end of a text begins what may become a link."""
    end = len(source)
    word = end - len(source.rsplit(None, 1)[-1]) if source[-1:].strip() else end
    places = [end]
    if _MAY_BE_ODD.search(source, word):
        places.append(word)
    elif tail := _TAIL.search(source, word):
        places.append(tail.start())
    if (angle := source.rfind("<")) >= 0 and _ANGLE.match(source, angle):
        places.append(angle)
    square = source.rfind("[")
    if square >= 0 and end - square < _LONGEST and source.find("]", square) in (-1, end - 1):
        places.append(square - (source[:square][-1:] == "!"))
    return min(places)


def _carries(url: str) -> bool:
    """Whether it could carry off what was said."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return True
    pieces = [parts.netloc, parts.query + parts.fragment, *map(unquote, parts.path.split("/"))]
    return max(map(len, pieces)) > CARRIED


def _plainly(text: str) -> str:
    """Without what hides an address: entities, escapes, and characters that show nothing."""
    return re.sub(rf"\\(?=[!-/:-@\[-_{{-~])|[{_HIDDEN}]", "", unescape(text))


def _seen(word: str) -> str:
    """A word as people see it, where that is an address."""
    plain = " ".join(_plainly(word).replace("`", "%60").split())
    return plain if plain != word and _URL.search(plain) else word


def _trimmed(run: str) -> str:
    """Without what belongs to the sentence around it."""
    for _ in range(16):
        begins = _PAIRS.get(run[-1:])
        if not (run[-1:] and run[-1] in _ENDS) and not (begins and run.count(run[-1]) > run.count(begins)):
            break
        run = run[:-1]
    return run
