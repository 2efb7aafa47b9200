"""Events of a response: their bytes, those of an output item, and how much of them a server sends."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from standins.openai.rules import Json

_NOISE: Final = secrets.token_urlsafe(64)
_BLOCK: Final = 16


@dataclass(frozen=True, slots=True)
class Event:
    """A rare event: its whole frame, made once."""

    sequence: int
    frame: bytes
    name: str

    def encode(self, *, obfuscate: bool) -> bytes:
        return self.frame


@dataclass(frozen=True, slots=True)
class Delta:
    """A text delta. `middle` is the JSON between sequence number and text, the same for a whole message."""

    sequence: int
    middle: str
    text: str

    def encode(self, *, obfuscate: bool) -> bytes:
        """The frame. Obfuscation fills text up to a multiple of 16 characters, so sizes tell little."""
        noise = f',"obfuscation":"{_NOISE[: _BLOCK - len(self.text) % _BLOCK]}"' if obfuscate else ""
        return (
            "event: response.output_text.delta\n"
            f'data: {{"type":"response.output_text.delta","sequence_number":{self.sequence}{self.middle}'
            f'"delta":{json.dumps(self.text)},"logprobs":[]{noise}}}\n\n'
        ).encode()


@dataclass(frozen=True, slots=True)
class Break:
    """The connection of whoever listens ends here: broken ("cut") or closed without a word ("silent")."""

    kind: Literal["cut", "silent"]


def event(sequence: int, name: str, **fields: Any) -> Event:
    data = json.dumps({"type": name, "sequence_number": sequence, **fields}, separators=(",", ":"))
    return Event(sequence, f"event: {name}\ndata: {data}\n\n".encode(), name)


def delta_middle(item_id: str, index: int) -> str:
    """What stands between the sequence number and the text of every delta of one message."""
    return f',"item_id":"{item_id}","output_index":{index},"content_index":0,'


Step = tuple[str, Json]  # name and fields of an event; every one also carries the item's id and index

_WORK: Final = {
    "web_search_call": ("in_progress", "searching"),
    "file_search_call": ("in_progress", "searching"),
    "code_interpreter_call": ("in_progress",),
    "image_generation_call": ("in_progress", "generating"),
    "mcp_call": ("in_progress",),
    "mcp_list_tools": ("in_progress",),
}
_EMPTY: Final[Json] = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
_PIECE: Final = 12  # characters of a delta


def opening(item: Json) -> Iterator[Step]:
    """What follows the beginning of the item at once."""
    if item["type"] == "message":
        yield "content_part.added", {"content_index": 0, "part": _EMPTY}
    for word in _WORK.get(item["type"], ()):
        yield f"{item['type']}.{word}", {}


def closing(item: Json) -> Iterator[Step]:
    """What comes before its end."""
    kind = item["type"]
    if kind == "message":
        part = item["content"][0]
        yield "output_text.done", {"content_index": 0, "text": part["text"], "logprobs": []}
        yield "content_part.done", {"content_index": 0, "part": part}
    elif kind == "function_call":
        yield from _written("function_call_arguments", "arguments", item["arguments"])
    elif kind == "reasoning":
        yield from _thought(item)
    elif kind == "code_interpreter_call":
        yield from _written("code_interpreter_call_code", "code", item.get("code") or "")
        yield "code_interpreter_call.interpreting", {}
    elif kind == "mcp_call":
        yield from _written("mcp_call_arguments", "arguments", item["arguments"])
    if kind in _WORK:
        failed = kind.startswith("mcp_") and bool(item.get("error"))
        yield f"{kind}.{'failed' if failed else 'completed'}", {}


def _written(name: str, field: str, text: str) -> Iterator[Step]:
    for start in range(0, len(text), _PIECE):
        yield f"{name}.delta", {"delta": text[start : start + _PIECE]}
    yield f"{name}.done", {field: text}


def _thought(item: Json) -> Iterator[Step]:
    for number, part in enumerate(item["summary"]):
        where = {"summary_index": number}
        yield "reasoning_summary_part.added", {**where, "part": {**part, "text": ""}}
        yield "reasoning_summary_text.delta", {**where, "delta": part["text"]}
        yield "reasoning_summary_text.done", {**where, "text": part["text"]}
        yield "reasoning_summary_part.done", {**where, "part": part}


Form = Literal["full", "deltas", "done", "part", "item", "whole", "json"]
FORMS: Final[tuple[Form, ...]] = get_args(Form)
"""How compatible servers send an answer: with deltas as OpenAI does, or with a part of that.

Seen in the field: text only in `output_text.done` (short answers of OpenAI, too), in `content_part.done`, in
`output_item.done`, or in the terminal event; deltas with an empty `output` at the end; JSON for a stream.
"""
_CALLS: Final = "response.function_call_arguments.done"
_KEPT: Final[dict[Form, set[str]]] = {
    "deltas": {"response.function_call_arguments.delta"},
    "done": {"response.output_text.done", "response.refusal.done", _CALLS},
    "part": {"response.content_part.done", _CALLS},
    "item": {"response.output_item.done"},
    "whole": set(),
}
"""What tells of an answer's content in each form; in none of these but `whole` the end has any `output`."""


async def formed(
    events: AsyncGenerator[Event | Delta | Break], form: Form
) -> AsyncGenerator[Event | Delta | Break]:
    """The events as a server of that form sends them."""
    async with aclosing(events):
        async for one in events:
            if form == "full" or isinstance(one, Break):
                yield one
            elif isinstance(one, Delta):
                if form == "deltas":
                    yield one
            elif one.name.endswith((".done", ".delta")):
                if one.name in _KEPT[form]:
                    yield one
            else:
                yield one if form == "whole" else _without_output(one)


def _without_output(one: Event) -> Event:
    """The terminal event of a server that tells nothing twice."""
    data = json.loads(one.frame.split(b"data: ", 1)[1])
    if not data.get("response", {}).get("output"):
        return one
    return event(one.sequence, one.name, response={**data["response"], "output": []})
