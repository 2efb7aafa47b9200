"""Fakes of what is outside of the core: a platform, the posts of a topic, and a store in memory."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from core.errors import FileRefused
from core.ports import FullReply, Platform
from core.store import assistants
from core.store.database import MIGRATIONS, Execute
from core.store.steps import Journal
from core.types import (
    EVERY_FUNCTION,
    Activity,
    Address,
    AnswerButton,
    ApprovalRequest,
    Assistant,
    Attachment,
    Earlier,
    File,
    IncomingMessage,
    Person,
    Standing,
    function_tool,
)
from standins.script.script import Beat, Scenario

ASSISTANT = Assistant(
    "asst_settings",
    "Spool",
    "gpt-6-luna",
    instructions="Be kind.",
    tools=(function_tool(EVERY_FUNCTION),),
    truncation_strategy={"type": "auto"},
)
HERE = Address("fake", "W1", "C1", "T1")
TIMEOUT = 5.0
"""Seconds after which a test that waits for something has failed."""


def message(id: str, text: str = "", **more: Any) -> IncomingMessage:
    """A message of U1 in HERE, sent at the second its id names."""
    values: dict[str, Any] = {"address": HERE, "user": "U1", "text": text or f"message {id}"}
    return IncomingMessage(id=id, **(values | {"sent_at": float(id)} | more))


def elsewhere(**changes: str) -> Address:
    """HERE with another channel, topic, …"""
    return replace(HERE, **changes)


def settled(tx: Execute) -> None:
    """As after the start of a process: the assistant of the settings is there."""
    assistants.settle(tx, ASSISTANT, 1.0)


@contextlib.contextmanager
def store() -> Iterator[Execute]:
    """The schema in memory, for functions of `core.store`; each statement is its own transaction."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys=ON")
    for step in sorted(MIGRATIONS.glob("[0-9]*.sql")):
        connection.executescript(step.read_text("utf-8"))
    with contextlib.closing(connection):
        settled(connection)
        yield connection


class Watched:
    """A transaction that tells `seen` of each statement, its values and its rows."""

    def __init__(self, tx: Execute, seen: Callable[[str, Sequence[Any], list[Any]], object]) -> None:
        self._tx, self._seen = tx, seen

    def execute(self, sql: str, params: Sequence[Any] = (), /) -> SimpleNamespace:
        rows = self._tx.execute(sql, params).fetchall()
        self._seen(sql, params, rows)
        return SimpleNamespace(fetchall=lambda: rows)


class News:
    """Something happens, and whoever waits for a state looks again."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def tell(self) -> None:
        """Something happened."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def until(self, holds: Callable[[], object]) -> None:
        """Returns once it holds; TimeoutError after TIMEOUT seconds."""
        async with asyncio.timeout(TIMEOUT):
            while not holds():
                waiter = asyncio.get_running_loop().create_future()
                self._waiting.add(waiter)
                try:
                    await waiter
                finally:
                    self._waiting.discard(waiter)


class Heard(Scenario):
    """A scenario whose requests can be waited for; what stands in a list is one answer."""

    def __init__(self, *answers: Any) -> None:
        super().__init__()
        self.news = News()
        for answer in answers:
            self.enqueue(*(answer if isinstance(answer, list) else [answer]))

    def play(
        self,
        instructions: str,
        items: Sequence[Mapping[str, object]],
        tools: Sequence[Mapping[str, object]] = (),
    ) -> Iterable[Beat]:
        """See `standins.script.script.Scenario`."""
        beats = super().play(instructions, items, tools)
        self.news.tell()
        return beats

    async def until(self, count: int) -> None:
        """Returns once so many requests were made."""
        await self.news.until(lambda: len(self.requests) == count)


class FakeReply:
    """A reply that records every text it was given, and finishes when the platform lets it."""

    def __init__(self, platform: FakePlatform, asked: IncomingMessage, journal: Journal) -> None:
        self._platform, self.asked, self.run = platform, asked, journal.claim.run
        self.journal = journal
        self.texts: list[str] = []
        self.tasks: list[tuple[tuple[str, str], ...]] = []
        """Titles and states of what was being done, each time something was shown."""
        self.final: str | None = None
        self.buttons: tuple[tuple[str, str], ...] = ()
        self.first_shown_at: float | None = None

    def show(self, text: str, tasks: Sequence[Activity] = ()) -> None:
        """See `core.ports.Reply`."""
        self.texts.append(text)
        self.tasks.append(tuple((task.title, task.state) for task in tasks))
        self.first_shown_at = self.first_shown_at or asyncio.get_running_loop().time()
        self._platform.screen[self.run] = text
        self._platform.news.tell()

    async def finish(self, text: str, note: str = "", buttons: Sequence[AnswerButton] = ()) -> None:
        """See `core.ports.Reply`; raises the platform's next fault."""
        self._platform.finishing += 1
        self._platform.news.tell()
        await self._platform.may_finish.wait()
        if self._platform.faults:
            raise self._platform.faults.popleft()
        self.buttons = tuple((button.does, button.label) for button in buttons)
        self.final = "\n\n".join(part for part in (text, note) if part)
        self._platform.screen[self.run] = self.final
        self._platform.news.tell()

    async def shown(self) -> str:
        """See `core.ports.Reply`: what people see outlives the process."""
        return self._platform.screen.get(self.run, "")

    async def remove(self) -> None:
        """See `core.ports.Removing`: nothing is on the screen; raises the platform's next fault."""
        if self._platform.faults:
            raise self._platform.faults.popleft()
        self._platform.screen.pop(self.run, None)
        self._platform.removed.append(self.run)
        self._platform.news.tell()

    async def attach(self, key: str, file: File) -> None:
        """See `core.ports.Attaching`: once for each key, over deaths of the process."""
        if self._platform.file_faults:
            raise self._platform.file_faults.popleft()
        self._platform.attached.setdefault((self.run, key), file)
        self._platform.news.tell()

    async def ask(self, question: ApprovalRequest) -> None:
        """See `core.ports.Asking`."""
        self._platform.questions.setdefault(question.id, question)
        self._platform.news.tell()

    async def decided(self, question: ApprovalRequest, text: str) -> None:
        """See `core.ports.Asking`."""
        self._platform.decisions[question.id] = text
        self._platform.news.tell()


class FakePlatform:
    """`core.ports.Platform` as people see it: `screen` is what each run shows, over deaths of the process."""

    name, reads = "fake", False
    shows = "It shows plain text."

    def __init__(self) -> None:
        self.news = News()
        self.replies: list[FakeReply] = []
        self.screen: dict[str, str] = {}
        self.working = 0
        self.finishing = 0
        self.may_finish = asyncio.Event()
        self.may_finish.set()
        self.faults: deque[Exception] = deque()
        """Raised by `finish`, one each time."""
        self.refusal: Exception | None = None
        """Raised when a reply is begun."""
        self.topic: list[Earlier] = []
        self.topic_faults: deque[Exception] = deque()
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.read: list[tuple[str, float]] = []
        """What `earlier` was asked for: message id and since when."""
        self.people: dict[str, Person] = {}
        self.standings: dict[str, asyncio.Future[Standing | None]] = {}
        """What `standing` tells of a person, once it does."""
        self.notices: list[tuple[str, str]] = []
        """Whom was told what."""
        self.called: dict[str, str] = {}
        """What `names` knows."""
        self.may_name = asyncio.Event()
        self.may_name.set()
        self.channel: Sequence[Earlier] | Exception = ()
        """What `said` tells."""
        self.removed: list[str] = []
        """Runs whose replies were taken back."""
        self.attached: dict[tuple[str, str], File] = {}
        self.file_faults: deque[Exception] = deque()
        """Raised by `attach`, one each time."""
        self.questions: dict[str, ApprovalRequest] = {}
        self.decisions: dict[str, str] = {}
        self.stored: dict[str, bytes] = {}
        """What can be fetched, by the attachment's id."""

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """See `core.ports.Fetching`."""
        if attachment.id not in self.stored:
            raise FileRefused("file_unavailable")
        return self.stored[attachment.id]

    @contextlib.asynccontextmanager
    async def reply(self, message: IncomingMessage, journal: Journal) -> AsyncIterator[FullReply]:
        """See `core.ports.Platform`."""
        if self.refusal:
            raise self.refusal
        reply = FakeReply(self, message, journal)
        self.replies.append(reply)
        self.working += 1
        self.news.tell()
        try:
            yield reply
        finally:
            self.working -= 1
            self.news.tell()

    async def earlier(self, message: IncomingMessage, since: float) -> Sequence[Earlier]:
        """See `core.ports.Platform`."""
        self.read.append((message.id, since))
        self.news.tell()
        await self.may_read.wait()
        if self.topic_faults:
            raise self.topic_faults.popleft()
        return self.topic

    async def person(self, user: str) -> Person:
        """See `core.ports.Platform`."""
        return self.people.get(user, Person())

    async def standing(self, message: IncomingMessage) -> Standing | None:
        """See `core.ports.Door`."""
        return await self.standings[message.user]

    async def notice(self, message: IncomingMessage, words: str) -> None:
        """See `core.ports.Door`."""
        self.notices.append((message.user, words))
        self.news.tell()

    async def names(self, mentions: Collection[str], message: IncomingMessage) -> Mapping[str, str]:
        """See `core.ports.Platform`."""
        await self.may_name.wait()
        return {one: self.called[one] for one in mentions if one in self.called}

    async def said(self, message: IncomingMessage, since: float, most: int) -> Sequence[Earlier]:
        """See `core.ports.Platform`."""
        if isinstance(self.channel, Exception):
            raise self.channel
        return [one for one in self.channel if one.at >= since][-most:]

    @property
    def answers(self) -> list[str | None]:
        """The final text of each reply begun, in order; None where it was never finished."""
        return [reply.final for reply in self.replies]


_: type[Platform] = FakePlatform
