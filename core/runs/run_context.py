"""What every run works with: built once by the composition root, the same for all runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from core.concurrency import Background
from core.files.attachments import Attachments
from core.files.library import Library
from core.ports import Model, Service
from core.runs.approvals import Approvals
from core.store.database import Database
from core.tools import Toolbox


@dataclass(frozen=True, slots=True)
class Limits:
    """Deadlines in seconds: without any byte of the model, for a whole run, for one function tool."""

    idle: float = 60.0
    run: float = 600.0
    tool: float = 30.0
    approval: float = 600.0


@dataclass(frozen=True, slots=True)
class Rules:
    """How runs are carried out, whatever the assistant."""

    limits: Limits = field(default_factory=Limits)
    language: str = "en"
    """Of our own texts where a person's is not known."""
    shared: bool = False
    """Several people share a thread: the model is told who says what."""
    budget: int = 24_000
    """Tokens a history may have at most."""
    answer_characters: int = 40_000
    """How long an answer may be; a longer one is ended there."""
    full: bool = True
    """The model server offers more than the portable contract: hosted tools, files, stores."""
    effort: str = "none"
    """How much a model thinks where its assistant does not say."""
    mcp_hosts: frozenset[str] = frozenset()
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Values that no tool may hand to the model."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """The means of every run. What is not there is not offered to the model."""

    db: Database
    model: Model
    approvals: Approvals
    attachments: Attachments
    toolbox: Callable[[], Awaitable[Toolbox]]
    """The operator's function tools; loaded soon after start."""
    service: Callable[[], Awaitable[Service]]
    library: Callable[[], Awaitable[Library]]
    """Documents for searching. This and `service` are built when they are first needed."""
    rules: Rules
    later: Background
    """What goes on after a run: it is left to nobody when the process ends."""
