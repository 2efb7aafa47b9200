"""A script is what a model would say and do, beat by beat, faults included.

`tests.scripted_model` plays it in process; `standins.openai` plays the same one over HTTP.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol


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
    """The model calls a function. Several in one script are calls in parallel. `arguments` become JSON; a
    string is sent as it is, broken or not. `id` is the call id, "" makes one.
    """

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True, slots=True)
class Hosted:
    """The server uses a tool of its own: an output item of that type, e.g. `web_search_call`, `mcp_call`,
    `mcp_approval_request`. `fields` of the finished item, over what such an item has by itself. `seconds`
    between its first and its last event. `produces`: name and bytes of the files that code of a
    `code_interpreter_call` leaves in its container.
    """

    type: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    produces: Sequence[tuple[str, bytes]] = ()


@dataclass(frozen=True, slots=True)
class Cite:
    """An annotation of the text said so far, or of the one that follows: `file_citation`, `url_citation`,
    `container_file_citation`.

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


Doing = Say | Call | Hosted | Cite | Reason  # what leaves something in the output
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


Item = Mapping[str, Any]
Part = Beat | str | Callable[[Sequence[Item]], "Part | Iterable[Part]"]
"""Of an answer: a beat, a text spoken word by word, or a function that gives such parts for the items."""


class Script(Protocol):
    """Decides what is said to a request. `play` may take a third argument, `tools`: the tools the request
    offers, in the shape of the API.
    """

    def play(self, instructions: str, items: Sequence[Item]) -> Iterable[Beat]:
        """`items` are the request's input items, oldest first. Ends without a Fault ⇒ completed."""
        ...


def performed(
    script: Script, instructions: str, items: Sequence[Item], tools: Sequence[Item]
) -> Iterable[Beat]:
    play: Callable[..., Iterable[Beat]] = script.play
    wants = inspect.signature(play).parameters
    takes = len(wants) > 2 or any(parameter.kind is parameter.VAR_POSITIONAL for parameter in wants.values())
    return play(instructions, items, tools) if takes else play(instructions, items)


def outputs(items: Sequence[Item]) -> dict[str, str]:
    """What functions gave, by call id, in the order of the items."""
    return {item["call_id"]: text_of(item) for item in items if item.get("type") == "function_call_output"}


def approvals(items: Sequence[Item]) -> dict[str, bool]:
    """What people said to questions of remote tools, by the id of the request."""
    kind = "mcp_approval_response"
    return {item["approval_request_id"]: item["approve"] for item in items if item.get("type") == kind}


def _echo(items: Sequence[Item]) -> str:
    return f"echo: {text_of(items[-1])}"


@dataclass
class Scenario:
    """For tests: plays the enqueued answers in order, then `otherwise`, which echoes.

    `requests` keeps what was asked, `tools` what each of these requests offered. A function among the parts
    of an answer is called with the items when its turn has come:

        script.enqueue(Call("clock"), Call("dice"))
        script.enqueue(lambda items: " and ".join(outputs(items).values()))
    """

    answers: deque[Iterable[Part]] = field(default_factory=deque)
    requests: list[tuple[str, list[Item]]] = field(default_factory=list)
    delay: float = 0.0
    otherwise: Part = _echo
    tools: list[Sequence[Item]] = field(default_factory=list)

    def enqueue(self, *parts: Part) -> None:
        self.answers.append(parts)

    def play(self, instructions: str, items: Sequence[Item], tools: Sequence[Item] = ()) -> Iterable[Beat]:
        """The next enqueued answer, else `otherwise`: `echo: <last message>`."""
        self.requests.append((instructions, [dict(item) for item in items]))
        self.tools.append(tools)
        answer = self.answers.popleft() if self.answers else (self.otherwise,)
        return self._beats(answer, items)

    def _beats(self, parts: Iterable[Part], items: Sequence[Item]) -> Iterator[Beat]:
        for part in parts:
            if isinstance(part, str):
                yield from spoken(part, delay=self.delay)
            elif callable(part):
                made = part(items)
                several = made if isinstance(made, Iterable) and not isinstance(made, str) else (made,)
                yield from self._beats(several, items)
            else:
                yield part
