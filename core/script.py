"""A script is what a model would say, beat by beat, faults included.

`core.scripted_model` plays it in process; `bots.standins.openai` plays the same one over HTTP.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Say:
    """One text delta."""

    text: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing happens for this many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Fault:
    """The script ends here, badly.

    refuse: an HTTP error (`status`, `code`, `retry_after`) instead of a stream; only as the first beat.
    failed: `response.failed` with `code`.  error: an `error` event with `code`.
    incomplete: `response.incomplete` with `code` as its reason.
    cut: the connection breaks.  silent: the stream ends without a terminal event.
    hang: no byte any more, the connection stays open.
    """

    kind: Literal["refuse", "failed", "error", "incomplete", "cut", "silent", "hang"]
    code: str = "server_error"
    status: int = 500
    retry_after: float | None = None


Beat = Say | Wait | Fault


class Script(Protocol):
    """Decides what is said to a request."""

    def play(self, instructions: str, items: Sequence[Mapping[str, object]]) -> Iterable[Beat]:
        """`items` are the request's input items, oldest first. Ends without a Fault ⇒ completed."""
        ...


def spoken(text: str, *, delay: float = 0.0) -> Iterator[Beat]:
    """`text` as deltas of about a word each, `delay` seconds before each."""
    for number, word in enumerate(text.split(" ")):
        if delay:
            yield Wait(delay)
        yield Say(word if number == 0 else " " + word)


def text_of(item: Mapping[str, object]) -> str:
    """The plain text of an input item, "" when it has none."""
    content = item.get("content")
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence):
        return ""
    return "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))


@dataclass
class Scenario:
    """For tests: plays the enqueued answers in order, then echoes. `requests` keeps what was asked."""

    answers: deque[Sequence[Beat]] = field(default_factory=deque)
    requests: list[tuple[str, list[Mapping[str, object]]]] = field(default_factory=list)
    delay: float = 0.0

    def enqueue(self, *beats: Beat | str) -> None:
        """The next request is answered with these beats; a string is spoken word by word."""
        answer: list[Beat] = []
        for beat in beats:
            answer.extend(spoken(beat, delay=self.delay) if isinstance(beat, str) else [beat])
        self.answers.append(answer)

    def play(self, instructions: str, items: Sequence[Mapping[str, object]]) -> Iterable[Beat]:
        """The next enqueued answer, else `echo: <last message>`."""
        self.requests.append((instructions, [dict(item) for item in items]))
        if self.answers:
            return self.answers.popleft()
        return list(spoken(f"echo: {text_of(items[-1])}", delay=self.delay))


@dataclass
class Offline:
    """The demo's model: says that it is one, and proves that it was given the conversation."""

    delay: float = 0.04

    def play(self, instructions: str, items: Sequence[Mapping[str, object]]) -> Iterable[Beat]:
        """A few sentences about the newest message and about what came before it."""
        said = [text_of(item) for item in items if item.get("role") == "user"]
        newest = json.dumps(said[-1] if said else "", ensure_ascii=False)
        yield Wait(self.delay * 5)
        yield from spoken(f"I am the offline model: no key, no network. You said {newest}.")
        earlier = said[:-1]
        if earlier:
            first = json.dumps(earlier[0], ensure_ascii=False)
            yield from spoken(
                f" I remember {len(earlier)} earlier message{'s' * (len(earlier) > 1)} of this "
                f"thread; the oldest I was given is {first}.",
                delay=self.delay,
            )
        else:
            yield from spoken(" This thread is new: I remember nothing before it.", delay=self.delay)
