"""An answer: in the making, and as it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from core.ports import Reply
from core.types import Activity, Ending


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run has come to: the model's text, and our own lines above and under it."""

    ending: Ending
    text: str
    note: str = ""
    error: str = ""
    usage: Mapping[str, int] = field(default_factory=dict)
    head: str = ""
    """What a voice message said, quoted."""
    files: tuple[str, ...] = ()
    """Ids of the files it brings along."""

    @property
    def shown(self) -> str:
        """The text as people see it, without the note."""
        return self.head + self.text


@dataclass
class Draft:
    """The answer in the making, and when its first words came."""

    head: str = ""
    before: str = ""
    """What the rounds before this response said."""
    text: str = ""
    """What the model has said so far, with all rounds."""
    first_token_at: float | None = None
    attempts: int = 0
    until: float = 0.0
    """Event-loop time at which the run must be done."""
    room: int = 40_000
    """Characters it may have."""
    shown: str = ""
    notes: dict[str, None] = field(default_factory=dict)
    """Our own lines under the answer, each once."""
    tasks: dict[str, Activity] = field(default_factory=dict)

    def begin(self, before: str) -> None:
        """A response begins; what earlier rounds said stays."""
        self.before, self.text = before, before

    def say(self, more: str, reply: Reply) -> str:
        """The model goes on; gives as much of it as there is room for."""
        if self.text and self.text == self.before:
            self.text += "\n\n"
        more = more[: max(0, self.room - len(self.text))]
        self.text += more
        self.show(reply)
        return more

    def show(self, reply: Reply) -> None:
        """Another attempt does not take back what people see: it is shown once it has said as much."""
        if len(self.text) >= len(self.shown) and self.text != self.shown:
            self.shown = self.text
            reply.show(self.head + self.text, tuple(self.tasks.values()))

    def doing(self, task: Activity, reply: Reply) -> None:
        """Something is done for it."""
        if self.tasks.get(task.id) != task:
            self.tasks[task.id] = task
            reply.show(self.head + (self.shown or self.text), tuple(self.tasks.values()))

    def done(self, id: str, reply: Reply, *, ok: bool = True) -> None:
        """That is over."""
        if task := self.tasks.get(id):
            self.doing(replace(task, state="complete" if ok else "error"), reply)

    @property
    def note(self) -> str:
        """All lines under the answer."""
        return "\n".join(self.notes)
