"""A script is what a model would say and do, beat by beat, faults included.

`tests.scripted_model` plays it in process; `standins.openai` plays the same one over HTTP.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from standins.script.beats import (
    Beat,
    Call,
    Cite,
    Doing,
    Fault,
    Hosted,
    Reason,
    Say,
    Wait,
    spoken,
    text_of,
)
from standins.script.offline import Offline

__all__ = [
    "Beat",
    "Call",
    "Cite",
    "Doing",
    "Fault",
    "Hosted",
    "Item",
    "Offline",
    "Part",
    "Reason",
    "Say",
    "Scenario",
    "Script",
    "Wait",
    "approvals",
    "outputs",
    "performed",
    "spoken",
    "text_of",
]

Item = Mapping[str, Any]
Part = Beat | str | Callable[[Sequence[Item]], "Part | Iterable[Part]"]
"""Of an answer: a beat, a text spoken word by word, or a function that gives such parts for the items."""


class Script(Protocol):
    """Decides what is said to a request.

    `play` may take a third argument, `tools`: the tools the request offers, in the shape of the API.
    """

    def play(self, instructions: str, items: Sequence[Item]) -> Iterable[Beat]:
        """`items` are the request's input items, oldest first. Ends without a Fault ⇒ completed."""
        ...


def performed(
    script: Script, instructions: str, items: Sequence[Item], tools: Sequence[Item]
) -> Iterable[Beat]:
    """What the script says; it is given the tools when it wants them."""
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
        """The next request is answered with these."""
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
