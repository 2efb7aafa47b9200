"""What every run works with: built once, in the background, while messages are accepted already."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from core.concurrency import Background
from core.files.attachments import Attachments
from core.files.library import Library
from core.files.sent import SentFiles
from core.model_server.outages import Outages
from core.policy.access import Access
from core.policy.budget import Budget
from core.policy.prices import Prices
from core.ports import Model, Service
from core.runs.approvals import Approvals
from core.settings import Settings
from core.store.database import Database
from core.store.threads import Scopes
from core.tools import Toolbox

logger = logging.getLogger(__name__)


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
    scopes: Scopes = field(default_factory=Scopes)
    """Whose thread is whose, to name the one that a reset has ended."""
    budget: int = 24_000
    """Tokens a history may have at most."""
    answer_characters: int = 40_000
    """How long an answer may be; a longer one is ended there."""
    full: bool = True
    """The model server offers more than the portable contract: hosted tools, files, stores."""
    effort: str = "none"
    """How much a model thinks where its assistant does not say."""
    zone: str = "UTC"
    """IANA name of the time zone of people whose own is not known."""
    self_knowledge: bool = True
    """The model is also told the date, where it is, who asks, its commands and its tools."""
    buttons: bool = False
    """Under an answer stand buttons for another one."""
    feedback: bool = False
    """And buttons to say what one thinks of it, unless its assistant says otherwise."""
    mcp_hosts: frozenset[str] = frozenset()
    access: Access = field(default_factory=Access)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Values that no tool may hand to the model."""

    @classmethod
    def of(cls, settings: Settings, scopes: Scopes) -> Rules:
        """What an operator has set."""
        limits = Limits(settings.model_idle_seconds, settings.run_seconds, settings.tool_seconds)
        return cls(
            limits=limits,
            language=settings.language,
            shared=settings.thread_scope == "topic",
            scopes=scopes,
            budget=settings.budget,
            answer_characters=settings.answer_characters,
            full=settings.full_features,
            effort=settings.assistant_effort,
            zone=settings.zone,
            self_knowledge=settings.self_knowledge,
            buttons=settings.answer_buttons,
            feedback=settings.feedback,
            access=Access.of(settings),
            mcp_hosts=frozenset(host.lower() for host in settings.mcp_hosts),
            secrets=settings.secrets(),
        )


@dataclass(frozen=True, slots=True)
class RunContext:
    """The means of every run. What is not there is not offered to the model."""

    db: Database
    model: Model
    approvals: Approvals
    attachments: Attachments
    toolbox: Toolbox
    """The operator's function tools, as they were when the run began."""
    service: Service
    library: Library
    """Documents for searching."""
    rules: Rules
    later: Background
    """What goes on after a run: it is left to nobody when the process ends."""
    toolless: set[str] = field(default_factory=set)
    """Models that were found not to take function tools."""
    outages: Outages = field(default_factory=Outages)
    sent: SentFiles | None = None
    """Files of clients at the model server."""
    prices: Prices = field(default_factory=Prices)
    budget: Budget = field(default_factory=Budget)


class Ready:
    """`await ready()` gives the run context once it is built, which begins at once.

    Raises what the build raised; whoever asks after that has it built again.
    """

    def __init__(self, build: Callable[[], Awaitable[RunContext]]) -> None:
        self._build = build
        self._built = self._begin()

    def _begin(self) -> asyncio.Future[RunContext]:
        async def work() -> RunContext:
            try:
                return await self._build()
            except Exception:
                logger.exception("what answers need cannot be built; the next question tries again")
                raise

        return asyncio.ensure_future(work())

    async def __call__(self) -> RunContext:
        """The run context; asking is cheap."""
        if self._built.done() and self._built.exception():
            self._built = self._begin()
        return await asyncio.shield(self._built)

    async def renew(self, toolbox: Toolbox) -> None:
        """Runs that begin from now on have these tools; those under way keep theirs."""
        built = self._built
        await asyncio.wait({built})
        if not built.exception():  # else the next build has them
            self._built = asyncio.get_running_loop().create_future()
            self._built.set_result(replace(built.result(), toolbox=toolbox))

    async def close(self) -> None:
        """Close the connections, if there are any."""
        self._built.cancel()  # one that is done stays as it is
        await asyncio.wait({self._built})
        if not self._built.cancelled() and not self._built.exception():
            await self._built.result().service.close()
            await self._built.result().model.close()
