"""What a script is made of: one thing a model does after another, faults included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Say:
    """One text delta."""

    text: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing happens for this many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Call:
    """The model calls a function. Several in one script are calls in parallel.

    `arguments` become JSON; a string is sent as it is, broken or not. `id` is the call id, "" makes one.
    """

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True, slots=True)
class Hosted:
    """The server uses a tool of its own: an output item of that type, e.g. `web_search_call`, `mcp_call`,
    `mcp_approval_request`.

    `fields` of the finished item, over what such an item has by itself. `seconds` between its first and its
    last event. `produces`: name and bytes of the files that code of a `code_interpreter_call` leaves in its
    container.
    """

    type: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    produces: Sequence[tuple[str, bytes]] = ()


@dataclass(frozen=True, slots=True)
class Cite:
    """An annotation of the text said so far: `file_citation`, `url_citation`, `container_file_citation`.

    Places in the text may be left out, and so may be the ids of a container file that was produced before.
    """

    annotation: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reason:
    """A reasoning item, with encrypted content."""

    summary: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """The script ends here, badly.

    refuse: an HTTP error (`status`, `code`, `retry_after`) instead of a stream; only as the first beat.
    failed: `response.failed` with `code`.  error: an `error` event with `code`. All three with `message`.
    incomplete: `response.incomplete` with `code` as its reason.
    cut: the connection breaks.  silent: the stream ends without a terminal event.
    hang: no byte any more, the connection stays open.
    """

    kind: Literal["refuse", "failed", "error", "incomplete", "cut", "silent", "hang"]
    code: str = "server_error"
    status: int = 500
    retry_after: float | None = None
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


Doing = Say | Call | Hosted | Cite | Reason
"""What leaves something in the output."""
Beat = Doing | Wait | Fault


def spoken(text: str, *, delay: float = 0.0) -> Iterator[Beat]:
    """`text` as deltas of about a word each, `delay` seconds before each."""
    for number, word in enumerate(text.split(" ")):
        if delay:
            yield Wait(delay)
        yield Say(word if number == 0 else " " + word)


def text_of(item: Mapping[str, Any]) -> str:
    """The plain text of an input item: what was said, or what a function gave; "" when it has none."""
    content = item.get("output") if item.get("type") == "function_call_output" else item.get("content")
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence):
        return ""
    return "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
