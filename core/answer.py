"""An answer: in the making, and as it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.ports import Reply
from core.types import Ending


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run has come to: the model's text, and the line of ours that goes under it."""

    ending: Ending
    text: str
    note: str = ""
    error: str = ""
    usage: Mapping[str, int] = field(default_factory=dict)


@dataclass
class Draft:
    """The answer in the making, and when its first words came."""

    text: str = ""
    first_token_at: float | None = None
    attempts: int = 0
    until: float = 0.0
    """Event-loop time at which the model must be done."""
    shown: str = ""

    def show(self, reply: Reply) -> None:
        """Another attempt that says the same again does not take back what people see already."""
        if not self.shown.startswith(self.text):
            self.shown = self.text
            reply.show(self.text)
