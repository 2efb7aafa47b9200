"""One tool as a value: what the model is told of it, and how it is called."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

AT_ONCE = 64
"""Calls of one synchronous tool that may be running; one that hangs for ever thus leaks no more threads."""


class BadArguments(ValueError):
    """The arguments do not fit; the text says which and why, for the model."""


class NotATool(ValueError):
    """The function cannot be described to the model; the text names it and the cure."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function the model may call. Made by `core.tools.schema.made`, found by `core.tools.load`."""

    name: str
    """What the model calls it: ^[a-zA-Z0-9_-]{1,64}$."""
    description: str
    parameters: Mapping[str, Any]
    """JSON schema of the arguments, as strict mode wants it."""
    confirm: bool
    """It has effects: a person says yes to each call, and no call is repeated."""
    seconds: float | None
    """Its own time limit; None: whatever the caller says."""
    call: Callable[..., Any] = field(repr=False)
    """The function itself, synchronous or not."""
    read: Callable[[str], Mapping[str, Any]] = field(repr=False)
    """The call's keyword arguments from the model's JSON. Raises BadArguments."""
    source: str = ""
    """Where it was found: a file, or an entry point."""
    slots: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(AT_ONCE), repr=False, compare=False
    )
    """Its threads, taken and given back by `core.tools.call`."""

    def spec(self) -> dict[str, Any]:
        """The tool as a request of the Responses API names it."""
        return {
            "type": "function",
            "name": self.name,
            "description": self.description,
            "parameters": dict(self.parameters),
            "strict": True,
        }
