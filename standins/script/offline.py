"""The demo's model: it says that it is one, and shows what it was given and offered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from standins.script.script import Beat, Call, Cite, Hosted, Say, Wait, spoken, text_of

Item = Mapping[str, Any]

_TIME: Final = re.compile(r"what time|the time|몇 시|시간", re.IGNORECASE)
_SUM: Final = re.compile(r"(?:calculate|compute|계산\S*)\D*?([\d(][\d\s.()+*/%^-]*)", re.IGNORECASE)
_ANNOUNCE: Final = re.compile(r"\b(?:announce|공지)\S*\s+(?:that\s+)?(.+)", re.IGNORECASE | re.DOTALL)
_DRAW: Final = re.compile(r"\bdraw|picture|그려|그림", re.IGNORECASE)
_FILE: Final = re.compile(r"\bfile|csv|chart|파일|차트", re.IGNORECASE)
_COUNT: Final = re.compile(
    r"\bcount\b\D*?(?:\d+\s+)?to\s+(\d{1,9})|(\d{1,9})\s*까지[^.\n]{0,20}?(?:세어|세 ?[줘주]|셀|카운트)",
    re.IGNORECASE,
)
_FARTHEST: Final = 1000
_STEP: Final = 0.05
"""Seconds for a number, whatever the pace: there is to be time for what happens meanwhile."""
_SLOW: Final = (3.0, 0.4)
"""Seconds that a slow model thinks, and those for each word."""
_HOSTED: Final = {"image_generation": _DRAW, "code_interpreter": _FILE}
_ORDER: Final = re.compile(r"\s*(?P<use>(?i:use|call)\s+)?(?P<name>[\w-]+)\s*:?\s*(?P<given>.*)", re.DOTALL)
"""A function's name, with or without "use" before it, and what it is given."""
_NAMED: Final = re.compile(r"\[(?:File|Picture) ([^\]\n:]+)(?:: [^\]\n]*)?\]")
"""How a file that is not in the request itself is named among the words of a message."""
_UNREAD: Final = "could not be read"
_MEMORY: Final = ("Remembered so far:", "About to be forgotten:")
"""How a conversation to be summarised begins (`core.runs.summaries`)."""
_NOTES: Final = 600  # characters of a summary
_BLOCK: Final = "\n\nAbout you and this chat"  # what Spool adds to anybody's instructions
_QUOTED: Final = 60  # characters of instructions that are quoted
_CSV: Final = b"number,square\n1,1\n2,4\n3,9\n"
_CODE: Final = "rows = [(n, n * n) for n in range(1, 4)]\n# written to /mnt/data/squares.csv"


@dataclass
class Offline:
    """The demo's model: says that it is one, and proves that it was given the conversation. It uses what it
    is offered: `current_time` for "what time is it", `calculate` for "calculate 2*(3+4)", `announce` for
    "announce that lunch is ready", the picture tool for "draw a cat", the code interpreter for "make a csv
    file", and any function NAME for `use NAME {"its": "arguments"}`; "use" may be left out, and words in
    place of JSON are the first argument. To "count to 60" it says the numbers, 20 a second. What it lacks it
    says, and who it is: instructions that are not the `usual` ones are quoted.
    """

    delay: float = 0.04
    usual: str = ""
    """The instructions of an assistant that nobody wrote any for; `{name}` stands for its name."""
    command: str = "spool"  # how a person calls the commands for assistants
    slow: bool = field(default=False, init=False)  # from the next answer on

    def play(self, instructions: str, items: Sequence[Item], tools: Sequence[Item] = ()) -> Iterable[Beat]:
        """A few sentences about the newest message and about what came before it, or the use of a tool."""
        first, each = _SLOW
        if self.slow:
            yield Wait(first)
        for beat in self._play(instructions, items, tools):
            if self.slow and isinstance(beat, Say):
                yield Wait(each)
            yield beat

    def _play(self, instructions: str, items: Sequence[Item], tools: Sequence[Item]) -> Iterator[Beat]:
        results = _results(items)
        asked = next((item for item in reversed(items) if item.get("role") == "user"), {})
        attached, wish = list(_attached(asked)), _NAMED.sub("", text_of(asked))
        yield Wait(self.delay * 5)
        if text_of(asked).startswith(_MEMORY):
            yield Say(_remembered(text_of(asked)))
        elif results:
            yield from self._say(f"The tool says: {'; '.join(results)}")
        elif found := list(_COUNT.finditer(wish)):  # the last one: what is quoted stands before it
            yield from _counted(int(found[-1][1] or found[-1][2]))
        elif attached:
            seen = f"I was given {' and '.join(attached)}. I am the offline model: I only look."
            yield from self._say(seen + _told(instructions, self.usual))
            yield from self._remember(items)
        elif calls := _calls(wish, tools):
            yield from calls
        elif made := list(_made(wish, tools)):
            yield from made
        else:
            newest = json.dumps(text_of(asked), ensure_ascii=False)
            told = _told(instructions, self.usual)
            yield from spoken(f"I am the offline model: no key, no network.{told} You said {newest}.")
            for name in _lacking(wish, tools):
                yield from self._say(_lack(name, tools, self.command))
            yield from self._remember(items)

    def _say(self, text: str) -> Iterator[Beat]:
        yield from spoken(text, delay=self.delay)

    def _remember(self, items: Sequence[Item]) -> Iterator[Beat]:
        """What came before the newest message."""
        earlier = [text_of(item) for item in items if item.get("role") == "user"][:-1]
        if not earlier:
            yield from self._say(" This thread is new: I remember nothing before it.")
            return
        first = json.dumps(earlier[0], ensure_ascii=False)
        yield from self._say(
            f" I remember {len(earlier)} earlier message{'s' * (len(earlier) > 1)} of yours in "
            f"this thread; the oldest I was given is {first}."
        )


def _counted(last: int) -> Iterator[Beat]:
    for number in range(1, min(last, _FARTHEST) + 1):
        yield Wait(_STEP)
        yield Say(f"{number}" if number == 1 else f" {number}")


def _results(items: Sequence[Item]) -> list[str]:
    """What functions gave, if that is the newest there is."""
    found: list[str] = []
    for item in reversed(items):
        if item.get("type") != "function_call_output":
            break
        found.insert(0, text_of(item))
    return found


def _attached(item: Item) -> Iterator[str]:
    content = item.get("content")
    for part in content if isinstance(content, list) else ():
        if part.get("type") == "input_image":
            data = str(part.get("image_url") or "").partition("base64,")[2]
            size = len(data) * 3 // 4 - data.count("=")
            yield f"a picture ({size} bytes)" if data else "a picture"
        elif part.get("type") == "input_file":
            yield f"the file {part.get('filename') or part.get('file_id')}"
    for name in _NAMED.findall(text_of(item)):
        if not name.endswith(_UNREAD):
            yield f"the file {name}"


def _remembered(text: str) -> str:
    """A summary as an offline model can make one: what people said, cut."""
    lines = [line.removeprefix("user: ") for line in text.splitlines() if not line.endswith(":")]
    return "; ".join(line for line in lines if not line.startswith("assistant: "))[:_NOTES]


def _told(instructions: str, usual: str) -> str:
    """A sentence about whose instructions these are; "" for those that nobody wrote."""
    before, _, after = usual.partition("{name}")
    words = " ".join(instructions.partition(_BLOCK)[0].split())
    if not words or (usual and words.startswith(before) and words.endswith(after)):
        return ""
    first = words if len(words) <= _QUOTED else f"{words[:_QUOTED].rstrip()} …"
    return f" My instructions: “{first}”{'' if first[-1] in '.!?…' else '.'}"


def _functions(tools: Sequence[Item]) -> Mapping[str, Item]:
    return {tool["name"]: tool for tool in tools if tool["type"] == "function"}


def _wanted(text: str) -> Mapping[str, str]:
    """The functions that words of a message stand for, each with its argument."""
    wanted = {}
    if _TIME.search(text):
        wanted["current_time"] = "Asia/Seoul" if "시" in text else "UTC"
    if found := _SUM.search(text):
        wanted["calculate"] = found[1].strip()
    if found := _ANNOUNCE.search(text):
        wanted["announce"] = found[1].strip()
    return wanted


def _calls(text: str, tools: Sequence[Item]) -> list[Call]:
    """The functions this message asks for, of those that are offered."""
    functions = _functions(tools)
    order = _ORDER.fullmatch(text.strip())
    named = [_call(functions[order["name"]], order["given"])] if order and order["name"] in functions else []
    if order and (order["use"] or order["given"].startswith("{")) and named:
        return named
    wanted = _wanted(text)
    return [_call(functions[name], wanted[name]) for name in wanted if name in functions] or named


def _call(function: Item, given: str) -> Call:
    """JSON goes out as it was written, right or wrong; anything else is the first argument."""
    if given.startswith("{"):
        return Call(function["name"], given)
    keys = (function.get("parameters") or {}).get("properties") or {}
    return Call(function["name"], {key: given for key in list(keys)[:1] if given})


def _lacking(text: str, tools: Sequence[Item]) -> Iterator[str]:
    """The tools this message asks for that are not offered."""
    order = _ORDER.fullmatch(text.strip())
    ordered = [order["name"]] if order and order["use"] and order["given"][:1] in ("", "{") else []
    wished = [*_wanted(text), *(name for name, wish in _HOSTED.items() if wish.search(text))]
    offered = _offered(tools)
    yield from (name for name in ordered or wished if name not in offered)


def _offered(tools: Sequence[Item]) -> list[str]:
    """What a person would call each tool."""
    return [tool["name"] if tool["type"] == "function" else tool["type"] for tool in tools]


def _lack(name: str, tools: Sequence[Item], command: str) -> str:
    has = f"only {', '.join(_offered(tools))}" if tools else "nor any other"
    new = "" if name in _HOSTED else " A new file of tools is read within seconds."
    return (
        f" This assistant does not have the tool `{name}`, {has}. To give it one: "
        f"`{command} assistants update NAME --tool {name}`.{new}"
    )


def _made(text: str, tools: Sequence[Item]) -> Iterator[Beat]:
    """A picture or a file, if the tool for it is offered."""
    offered = {tool["type"] for tool in tools}
    if _DRAW.search(text) and "image_generation" in offered:
        yield Hosted("image_generation_call", {"revised_prompt": text}, seconds=0.2)
        yield Say("Here is a picture. It is a small blue square: I am the offline model.")
    elif _FILE.search(text) and "code_interpreter" in offered:
        logs = [{"type": "logs", "logs": "3 rows"}]
        fields = {"code": _CODE, "outputs": logs}
        yield Hosted("code_interpreter_call", fields, seconds=0.2, produces=[("squares.csv", _CSV)])
        yield Say("I wrote the squares of three numbers: [squares.csv](sandbox:/mnt/data/squares.csv)")
        yield Cite({"type": "container_file_citation", "filename": "squares.csv"})
