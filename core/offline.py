"""The demo's model: it says that it is one, and shows what it was given and offered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.beats import Beat, Call, Cite, Hosted, Say, Wait, spoken, text_of

Item = Mapping[str, Any]

_TIME: Final = re.compile(r"what time|the time|몇 시|시간", re.IGNORECASE)
_SUM: Final = re.compile(r"(?:calculate|compute|계산\S*)\D*?([\d(][\d\s.()+*/%^-]*)", re.IGNORECASE)
_ANNOUNCE: Final = re.compile(r"\b(?:announce|공지)\S*\s+(?:that\s+)?(.+)", re.IGNORECASE | re.DOTALL)
_DRAW: Final = re.compile(r"\bdraw|picture|그려|그림", re.IGNORECASE)
_FILE: Final = re.compile(r"\bfile|csv|chart|파일|차트", re.IGNORECASE)
_NAMED: Final = re.compile(r"\[(?:File|Picture) ([^\]\n:]+)(?:: [^\]\n]*)?\]")
"""How a file that is not in the request itself is named among the words of a message."""
_UNREAD: Final = "could not be read"
_MEMORY: Final = ("Remembered so far:", "About to be forgotten:")
"""How a conversation to be summarised begins (`core.memory`)."""
_NOTES: Final = 600
"""Characters of a summary."""
_CSV: Final = b"number,square\n1,1\n2,4\n3,9\n"
_CODE: Final = "rows = [(n, n * n) for n in range(1, 4)]\n# written to /mnt/data/squares.csv"


@dataclass
class Offline:
    """The demo's model: says that it is one, and proves that it was given the conversation.

    It uses what it is offered: `current_time` for "what time is it", `calculate` for "calculate 2*(3+4)",
    `announce` for "announce that lunch is ready", the picture tool for "draw a cat", the code
    interpreter for "make a csv file".
    """

    delay: float = 0.04

    def play(self, instructions: str, items: Sequence[Item], tools: Sequence[Item] = ()) -> Iterable[Beat]:
        """A few sentences about the newest message and about what came before it, or the use of a tool."""
        results = _results(items)
        asked = next((item for item in reversed(items) if item.get("role") == "user"), {})
        attached, wish = list(_attached(asked)), _NAMED.sub("", text_of(asked))
        yield Wait(self.delay * 5)
        if text_of(asked).startswith(_MEMORY):
            yield Say(_remembered(text_of(asked)))
        elif results:
            yield from self._say(f"The tool says: {'; '.join(results)}")
        elif attached:
            yield from self._say(
                f"I was given {' and '.join(attached)}. I am the offline model: I only look."
            )
            yield from self._remember(items)
        elif calls := list(_calls(wish, tools)):
            yield from calls
        elif made := list(_made(wish, tools)):
            yield from made
        else:
            newest = json.dumps(text_of(asked), ensure_ascii=False)
            yield from spoken(f"I am the offline model: no key, no network. You said {newest}.")
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
            f" I remember {len(earlier)} earlier message{'s' * (len(earlier) > 1)} of this "
            f"thread; the oldest I was given is {first}."
        )


def _results(items: Sequence[Item]) -> list[str]:
    """What functions gave, if that is the newest there is."""
    found: list[str] = []
    for item in reversed(items):
        if item.get("type") != "function_call_output":
            break
        found.insert(0, text_of(item))
    return found


def _attached(item: Item) -> Iterator[str]:
    """The files of a message, in words."""
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


def _calls(text: str, tools: Sequence[Item]) -> Iterator[Call]:
    """The functions this message asks for, of those that are offered."""
    functions = {tool["name"]: tool for tool in tools if tool["type"] == "function"}
    wanted = {}
    if _TIME.search(text):
        wanted["current_time"] = "Asia/Seoul" if "시" in text else "UTC"
    if found := _SUM.search(text):
        wanted["calculate"] = found[1].strip()
    if found := _ANNOUNCE.search(text):
        wanted["announce"] = found[1].strip()
    for name, argument in wanted.items():
        if name in functions:
            given = (functions[name].get("parameters") or {}).get("properties") or {}
            yield Call(name, {key: argument if place == 0 else None for place, key in enumerate(given)})


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
