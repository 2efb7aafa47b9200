"""A response put together from whatever form a server gives it in: its text once, its items whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from core.model_server.items import item_name, messages_of, output_of, parts_of, text_of
from core.model_server.text import ResponseText, Veil, mended
from core.types import ItemAdded, ItemDone, ModelEvent, TextDelta

_TEXT_PARTS: Final = ("output_text", "refusal", "text", None)
"""Types of parts that are said; others are thoughts."""
_NO_ARGUMENTS: Final[tuple[object, ...]] = ("", "{}", None, {})


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
    """`take` each event, then the `whole` response: what is new of it, as model events."""

    def __init__(self) -> None:
        self._text = ResponseText()
        self._calls: list[_Call] = []
        self._items: list[str] = []
        self._told: set[str] = set()  # messages whose end was told: a resumed stream may repeat it

    def take(self, kind: str, event: Mapping[str, Any]) -> list[ModelEvent]:
        """What an event brings that is not the last."""
        text, _, what = kind.removeprefix("response.").rpartition(".")
        if what == "delta" and text != "function_call_arguments":  # nearly all events are
            more = self._text.delta(str(event.get("delta") or ""), event)
            return [TextDelta(more)] if more else []
        return list(self._rare(text, what, event))

    def _rare(self, text: str, what: str, event: Mapping[str, Any]) -> Iterator[ModelEvent]:
        if text == "output_item":
            item = event.get("item")
            yield from self._item(what, item if isinstance(item, dict) else {}, event)
        elif text == "function_call_arguments":
            self._arguments(what, event)
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

    def _arguments(self, what: str, event: Mapping[str, Any]) -> None:
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
