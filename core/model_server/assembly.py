"""A response put together from whatever form a server gives it in: its text once, its items whole.

OpenAI sends text in deltas and says it again when a part, a message and the response are done. Other servers
send only some of these. What deltas said stays; a later event adds what it knows beyond that. Thoughts are
left out.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from core.types import Cited, Growing, ItemAdded, ItemDone, ModelEvent, TextDelta

_TEXT_PARTS: Final = ("output_text", "refusal", "text", None)
"""Types of parts that are said; others are thoughts."""
_NO_ARGUMENTS: Final[tuple[object, ...]] = ("", "{}", None, {})
_GROWING: Final = ("function_call_arguments", "code_interpreter_call_code")
"""What grows and is no text of the answer."""
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe0e\ufe0f\uffa0")
"""Characters without any ink whose category does not say so."""
_CLOSING: Final = {
    f"<{name}>": re.compile(f"</{name}>", re.IGNORECASE) for name in ("think", "thought", "thinking")
}
"""What local models put around their thoughts, and what ends each."""
_LONGEST: Final = len("</thinking>")
_MOST_BLANKS: Final = 1_000
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def visible(text: str) -> bool:
    """Whether there is anything to see: neither blanks nor zero-width characters count."""
    return any(not _unseen(letter) for letter in text)


def _unseen(letter: str) -> bool:
    return letter.isspace() or letter in _BLANK or unicodedata.category(letter) in ("Cf", "Cc", "Cs")


def mended(text: str) -> str:
    """The same with halves of characters joined; a half without its other one becomes U+FFFD."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Veil:
    """Hides thoughts at the beginning of a message, and keeps it back until there is something to see."""

    def __init__(self) -> None:
        self._kept, self._thought, self._lifted = "", False, False
        self._closing: re.Pattern[str] | None = None

    def through(self, more: str) -> str:
        """What of the message can be shown now, as far as it was not shown before."""
        if self._lifted:
            return more
        self._kept += more
        while True:
            if self._closing is not None:
                end = self._closing.search(self._kept)
                if end is None:
                    self._kept = self._kept[-_LONGEST:]  # thoughts may be long
                    return ""
                self._kept, self._closing, self._thought = self._kept[end.end() :], None, True
            start = next((at for at, one in enumerate(self._kept) if not _unseen(one)), len(self._kept))
            begun = self._kept[start : start + _LONGEST].lower()
            tag = next((tag for tag in _CLOSING if begun.startswith(tag)), "")
            if tag:
                self._kept, self._closing = self._kept[start + len(tag) :], _CLOSING[tag]
            elif any(tag.startswith(begun) for tag in _CLOSING):
                self._kept = self._kept[-_MOST_BLANKS:]
                return ""
            else:
                return self._lift(self._kept[start:] if self._thought else self._kept)

    def rest(self) -> str:
        """The message is over: what looked like the beginning of a thought and was none."""
        return "" if self._lifted or self._closing or not visible(self._kept) else self._lift(self._kept)

    def _lift(self, text: str) -> str:
        self._kept, self._lifted = "", True
        return text

    @classmethod
    def of(cls, text: str) -> str:
        """What can be shown of a whole message."""
        veil = cls()
        return veil.through(text) + veil.rest()


class ResponseText:
    """Each method takes what an event says, and gives what of it is new and can be shown."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._message = self._part = 0  # where in it the newest of each begins
        self._where: tuple[Any, ...] = (None, None)
        self._grown = False  # by deltas, not by its end alone
        self._half, self._veil = "", Veil()

    def delta(self, more: str, event: Mapping[str, Any]) -> str:
        """A part goes on."""
        shown = self._turn(event)
        self._grown = True
        more, self._half = self._half + more, ""
        if "\ud800" <= more[-1:] <= "\udbff":  # the other half comes with the next delta
            more, self._half = more[:-1], more[-1]
        return shown + self._say(mended(more))

    def part(self, text: str, event: Mapping[str, Any]) -> str:
        """A part is done, and this is all of it."""
        if self._grown and text == self._since(self._part):  # whatever place this event gives it
            return ""
        return self._turn(event) + self._complete(text, self._part)

    def begin(self) -> str:
        """A message begins; gives what was left of the one before."""
        left = self._say("\ufffd" if self._half else "") + self._veil.rest()
        self._half, self._veil = "", Veil()
        self._message = self._part = len(self._said)
        self._grown = False
        return left

    def message(self, text: str, event: Mapping[str, Any]) -> str:
        """A message is done, and this is all of it."""
        shown = "" if text == self._since(self._message) else self._turn(event)
        return shown + self._complete(text, self._message) + self.begin()

    def whole(self, messages: Sequence[str]) -> str:
        """The response is done, and these are all its messages."""
        said, shown = self._since(0), ""
        if not "".join(messages).startswith(said):
            if visible(said):
                return self.begin()
            said = ""
        for text in messages:
            if len(text) > len(said):
                shown += "" if said else self.begin()
                self._half = ""
                shown += self._say(text[len(said) :])
            said = said[len(text) :]
        return shown + self.begin()

    def _turn(self, event: Mapping[str, Any]) -> str:
        """Another part begins where the event names one, another message where it names that."""
        where = (event.get("output_index"), event.get("content_index"))
        if where == self._where:
            return ""
        new = [None not in both and both[0] != both[1] for both in zip(self._where, where, strict=True)]
        self._where = tuple(old if one is None else one for old, one in zip(self._where, where, strict=True))
        if new[0]:
            return self.begin()
        if new[1]:
            self._part, self._grown = len(self._said), False
        return ""

    def _complete(self, text: str, start: int) -> str:
        said = self._since(start)
        if visible(said) and not text.startswith(said):
            return ""
        self._half = ""
        return self._say(text.removeprefix(said))

    def _since(self, start: int) -> str:
        return "".join(self._said[start:])

    def _say(self, text: str) -> str:
        if text:
            self._said.append(text)
        return self._veil.through(text) if text else ""


@dataclass
class _Call:
    """A function call that has begun: what its events have told of it so far."""

    item: dict[str, Any]
    index: object = None
    written: list[str] = field(default_factory=list)
    whole: str = ""

    def filled(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """The item with what only other events told."""
        made = self.item | {key: value for key, value in item.items() if value not in ("", None)}
        arguments = mended(self.whole or "".join(self.written))
        return made | (
            {"arguments": arguments} if made.get("arguments") in _NO_ARGUMENTS and arguments else {}
        )


class Assembly:
    """`take` each event, then the `whole` response: what is new of it, as model events.

    `details`: also how arguments and code grow, and what is cited.
    """

    def __init__(self, *, details: bool = False) -> None:
        self.details = details
        self._text = ResponseText()
        self._calls: list[_Call] = []
        self._items: list[str] = []
        self._told: set[str] = set()  # messages whose end was told: a resumed stream may repeat it

    def take(self, kind: str, event: Mapping[str, Any]) -> list[ModelEvent]:
        """What an event brings that is not the last."""
        text, _, what = kind.removeprefix("response.").rpartition(".")
        if what == "delta" and text not in _GROWING:  # nearly all events are
            more = self._text.delta(str(event.get("delta") or ""), event)
            return [TextDelta(more)] if more else []
        return list(self._rare(text, what, event))

    def _rare(self, text: str, what: str, event: Mapping[str, Any]) -> Iterator[ModelEvent]:
        if text == "output_item":
            item = event.get("item")
            yield from self._item(what, item if isinstance(item, dict) else {}, event)
        elif text == "function_call_arguments":
            call = self._arguments(what, event)
            if self.details and what == "delta" and call.item.get("call_id") and call.item.get("name"):
                yield Growing(item_name(call.item), str(event.get("delta") or ""))
        elif text == "code_interpreter_call_code":
            yield Growing(str(event.get("item_id") or ""), mended(str(event.get("delta") or "")))
        elif text == "output_text.annotation":
            if isinstance(event.get("annotation"), Mapping):
                yield Cited(event["annotation"])
        elif more := self._part(text, event):
            yield TextDelta(more)

    def _part(self, text: str, event: Mapping[str, Any]) -> str:
        part = event.get("part") if text == "content_part" else event
        if not isinstance(part, Mapping) or (part is not event and part.get("type") not in _TEXT_PARTS):
            return ""
        return self._text.part(str(part.get("text") or part.get("refusal") or ""), event)

    def _item(self, what: str, item: dict[str, Any], event: Mapping[str, Any]) -> Iterator[ModelEvent]:
        kind, shown = item.get("type", "message"), ""
        if what == "added":
            if kind == "function_call":
                self._calls.append(_Call(item, event.get("output_index")))
            shown = self._text.begin() if kind == "message" else ""
        elif kind == "message" and not (item_name(item) and item_name(item) in self._told):
            self._told.add(item_name(item))
            shown = self._text.message(text_of({"output": [item]}), event)
        if shown:
            yield TextDelta(shown)
        yield ItemAdded(item) if what == "added" else self._done(item, event.get("output_index"))

    def _done(self, item: dict[str, Any], index: object) -> ItemDone:
        self._items.append(item_name(item))
        if item.get("type") == "function_call" and (call := self._call(item, index)):
            self._calls.remove(call)
            item = call.filled(item)
        return ItemDone(_thoughtless(item))

    def _call(self, item: Mapping[str, Any], index: object) -> _Call | None:
        """The call under way that is meant: by its id, else by its place, else the only one."""
        names = {item.get("id"), item.get("call_id")} - {None, ""}
        named = [call for call in self._calls if names & {call.item.get("id"), call.item.get("call_id")}]
        there = [call for call in self._calls if index is not None and call.index == index]
        only = self._calls if len(self._calls) == 1 and index is None else []
        return next(iter(named or there or only), None)

    def _arguments(self, what: str, event: Mapping[str, Any]) -> _Call:
        id, index = event.get("item_id"), event.get("output_index")
        call = self._call({"id": id}, index)
        if call is None:
            call = _Call({"type": "function_call", "id": id, "call_id": id}, index)
            self._calls.append(call)
        call.item["name"] = call.item.get("name") or event.get("name")
        if what == "delta":
            call.written.append(str(event.get("delta") or ""))
        elif given := event.get("arguments"):
            call.whole = given if isinstance(given, str) else json.dumps(given)
        return call

    def whole(self, response: Mapping[str, Any], *, completed: bool) -> Iterator[ModelEvent]:
        """What the finished response has that the stream did not bring.

        Where it has no more items than that, nothing is new: some servers name the same items anew in it.
        A call whose end was not told is one nevertheless, if all is `completed`.
        """
        if shown := self._text.whole(messages_of(response)):
            yield TextDelta(shown)
        output, heard = output_of(response), set(self._items)
        new = [(at, item) for at, item in enumerate(output) if item_name(item) not in heard]
        new = new if len(output) > len(self._items) else []
        for at, item in new:
            yield self._done(item, at)
        if completed and not any(item.get("type") == "function_call" for _, item in new):
            yield from (ItemDone(call.filled({})) for call in self._calls if call.item.get("name"))


def _thoughtless(item: dict[str, Any]) -> dict[str, Any]:
    """A message without the thoughts at its beginning: they are not remembered."""
    content = item.get("content")
    if item.get("type") != "message" or "<" not in text_of({"output": [item]}):
        return item
    if isinstance(content, str):
        return item | {"content": Veil.of(content)}
    first, *others = parts_of(item)
    return item | {"content": [{**first, "text": Veil.of(str(first.get("text") or ""))}, *others]}


def output_of(response: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The output items of a whole response."""
    output = response.get("output")
    return [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []


def messages_of(response: Mapping[str, Any]) -> list[str]:
    """The texts of a whole response's messages; of a server that gives nothing but its text, that."""
    said = [item for item in output_of(response) if item.get("type", "message") == "message"]
    texts = [
        "".join(str(part.get("text") or part.get("refusal") or "") for part in parts_of(item))
        for item in said
    ]
    alone = response.get("output_text")
    return texts if any(texts) or not isinstance(alone, str) else [alone]


def text_of(response: Mapping[str, Any]) -> str:
    """The text of a whole response."""
    return "".join(messages_of(response))


def parts_of(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The parts of a message's content; of a server that gives a mere text, that text."""
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "output_text", "text": content}] if content else []
    return [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []


def item_name(item: Mapping[str, Any]) -> str:
    """What tells one output item from another."""
    return str(item.get("call_id") or item.get("id") or "")
