"""The output items of an answer while its script is played: the same ones in process and over HTTP.

Shapes: the SDK's `openai.types.responses.ResponseOutputItem`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from standins.script.picture import png
from standins.script.script import Call, Cite, Doing, Hosted, Reason, Say, Wait

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Added:
    """An item begins. `item` is a copy without its content."""

    index: int
    item: Item


@dataclass(frozen=True, slots=True)
class Said:
    """More text of the message at `index`."""

    index: int
    item: str
    text: str


@dataclass(frozen=True, slots=True)
class Cited:
    """Annotation `number` of the message at `index`."""

    index: int
    item: str
    number: int
    annotation: Item


@dataclass(frozen=True, slots=True)
class Done:
    """The item at `index` is complete."""

    index: int
    item: Item


Move = Added | Said | Cited | Done | Wait


class Host(Protocol):
    """Where the server's own tools work."""

    def container(self) -> str:
        """The container that code runs in, made when there is none."""
        ...

    def produce(self, container: str, name: str, content: bytes) -> str: ...

    def search(self, queries: Sequence[str]) -> list[Item]:
        """What a file search finds, as `results` of the API."""
        ...


class Output:
    """`name` makes the ids: the same name, the same ids. `include` as in a request, `parallel` its
    `parallel_tool_calls`: without it, calls after the first are not made.
    """

    def __init__(
        self, name: str, host: Host, *, include: Collection[str] = (), parallel: bool = True
    ) -> None:
        self.items: list[Item] = []
        self.characters, self._name = 0, hashlib.sha256(name.encode()).hexdigest()[:40]
        self._host, self._include, self._parallel = host, include, parallel
        self._called = False
        self._chunks: list[str] = []
        self._annotations: list[Item] = []
        self._open = False
        self._produced: dict[str, tuple[str, str]] = {}

    @property
    def text(self) -> str:
        """What the message that is open, or was last, says."""
        return "".join(self._chunks)

    def play(self, beat: Doing) -> Iterator[Move]:
        """What the beat does to the output, and the waits in it. Raises ValueError for a wrong citation."""
        if isinstance(beat, Say):
            yield from self._say(beat.text)
        elif isinstance(beat, Cite):
            yield from self._begin()
            yield self._cite(dict(beat.annotation))
        else:
            yield from self.close("completed")
            yield from self._item(beat)

    def close(self, status: Literal["completed", "incomplete"]) -> Iterator[Move]:
        """End the message that is open, if one is."""
        if self._open:
            self._open = False
            message = self.items[-1]
            message["status"] = status
            message["content"] = [self._part()]
            yield Done(len(self.items) - 1, message)

    def _begin(self) -> Iterator[Move]:
        if not self._open:
            self._open = True
            self._chunks, self._annotations = [], []
            yield self._add(
                {
                    **{"id": f"msg_{self._fresh()}", "type": "message", "status": "in_progress"},
                    **{"content": [], "role": "assistant"},
                }
            )

    def _say(self, text: str) -> Iterator[Move]:
        yield from self._begin()
        self._chunks.append(text)
        self.characters += len(text)
        yield Said(len(self.items) - 1, self.items[-1]["id"], text)

    def _part(self) -> Item:
        return {"type": "output_text", "annotations": self._annotations, "logprobs": [], "text": self.text}

    def _cite(self, annotation: Item) -> Cited:
        end, kind = len(self.text), annotation["type"]
        if kind == "container_file_citation":
            self._locate(annotation)
        if kind in ("file_citation", "file_path"):
            annotation.setdefault("index", end)
        else:
            annotation.setdefault("start_index", end)
            annotation.setdefault("end_index", end)
        self._annotations.append(annotation)
        return Cited(len(self.items) - 1, self.items[-1]["id"], len(self._annotations) - 1, annotation)

    def _locate(self, citation: Item) -> None:
        """The ids of a file that was produced here, and where the text links to it."""
        name = citation["filename"]
        if "file_id" not in citation:
            if name not in self._produced:
                raise ValueError(f"a script cites a file that nothing produced: {name}")
            citation["container_id"], citation["file_id"] = self._produced[name]
        link = f"sandbox:/mnt/data/{name}"
        if (start := self.text.rfind(link)) >= 0:
            citation.setdefault("start_index", start)
            citation.setdefault("end_index", start + len(link))

    def _item(self, beat: Call | Hosted | Reason) -> Iterator[Move]:
        if isinstance(beat, Call):
            if self._called and not self._parallel:
                return
            self._called = True
            self.characters += len(arguments_of(beat))
        item = finished(beat, self._fresh())
        if isinstance(beat, Hosted):
            self._work(item, beat)
        yield self._add(begun(item))
        if isinstance(beat, Hosted) and beat.seconds:
            yield Wait(beat.seconds)
        self.items[-1] = item
        yield Done(len(self.items) - 1, item)

    def _work(self, item: Item, beat: Hosted) -> None:
        if beat.type == "code_interpreter_call":
            item["container_id"] = container = beat.fields.get("container_id") or self._host.container()
            for name, content in beat.produces:
                self._produced[name] = (container, self._host.produce(container, name, content))
        elif beat.type == "file_search_call" and "results" not in beat.fields:
            item["results"] = self._host.search(item["queries"])
        leave_out(item, self._include)

    def _add(self, item: Item) -> Added:
        self.items.append(item)
        return Added(len(self.items) - 1, dict(item))

    def _fresh(self) -> str:
        return f"{self._name}{len(self.items):04x}"


_KINDS: Final[Mapping[str, tuple[str, Item, Item]]] = {
    "message": ("msg", {}, {}),
    "function_call": ("fc", {}, {"status": "in_progress", "arguments": ""}),
    "reasoning": ("rs", {}, {"summary": [], "encrypted_content": ""}),
    "web_search_call": (
        *("ws", {"action": {"type": "search", "query": "", "queries": []}}),
        {"status": "in_progress", "action": {"type": "search"}},
    ),
    "file_search_call": (
        *("fs", {"queries": [], "results": []}),
        {"status": "in_progress", "queries": [], "results": None},
    ),
    "code_interpreter_call": (
        *("ci", {"code": "", "outputs": []}),
        {"status": "in_progress", "code": "", "outputs": None},
    ),
    "image_generation_call": (
        *("ig", {"result": base64.b64encode(png()).decode(), "output_format": "png"}),
        {"status": "in_progress", "result": None},
    ),
    "mcp_call": (
        *("mcp", {"server_label": "", "name": "", "arguments": "{}", "output": "", "error": None}),
        {"status": "in_progress", "arguments": "", "output": None, "error": None},
    ),
    "mcp_list_tools": ("mcpl", {"server_label": "", "tools": [], "error": None}, {"tools": []}),
    "mcp_approval_request": ("mcpr", {"server_label": "", "name": "", "arguments": "{}"}, {}),
}
"""By type: how ids begin, what an item has by itself, and what is different in one that begins."""
_STATELESS: Final = ("mcp_list_tools", "mcp_approval_request")
_WITH: Final = {"file_search_call": "results", "code_interpreter_call": "outputs"}
"""Fields that are null unless the request includes them."""


def begun(item: Item) -> Item:
    return {**item, **_KINDS.get(item["type"], ("", {}, {}))[2]}


def finished(beat: Call | Hosted | Reason, name: str) -> Item:
    """The item with its content; `name` is unique to it."""
    if isinstance(beat, Call):
        item = _call(beat, name)
    elif isinstance(beat, Reason):
        item = _reasoning(beat, name)
    else:
        state = {} if beat.type in _STATELESS else {"status": "completed"}
        item = {"type": beat.type, **state, **_KINDS.get(beat.type, ("", {}))[1], **beat.fields}
    return {"id": f"{_KINDS.get(item['type'], ('item',))[0]}_{name}", **item}


def arguments_of(beat: Call) -> str:
    given = beat.arguments
    return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False, separators=(",", ":"))


def _call(beat: Call, name: str) -> Item:
    return {
        **{"type": "function_call", "status": "completed", "arguments": arguments_of(beat)},
        **{"call_id": beat.id or f"call_{name}", "name": beat.name},
    }


def _reasoning(beat: Reason, name: str) -> Item:
    summary = [{"type": "summary_text", "text": beat.summary}] if beat.summary else []
    sealed = base64.b64encode(f"sealed {name}".encode()).decode()
    return {"type": "reasoning", "summary": summary, "encrypted_content": sealed}


def leave_out(item: Item, include: Collection[str]) -> None:
    """Take away what a request has to ask for; `include` is its parameter."""
    kind = item["type"]
    if kind in _WITH and f"{kind}.{_WITH[kind]}" not in include:
        item[_WITH[kind]] = None
    action = item.get("action")
    if kind == "web_search_call" and action and f"{kind}.action.sources" not in include:
        item["action"] = {key: value for key, value in action.items() if key != "sources"}
