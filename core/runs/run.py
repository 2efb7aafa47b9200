"""One run while it is carried out: its claim, its journal, its reply, and what has been said so far."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Final, Self, TypeVar

from core.assistants.audience import admits
from core.errors import Lost
from core.policy.gate import Gate
from core.policy.ledger import Requests, whose
from core.policy.limits import told_until
from core.ports import FullReply, Platform
from core.runs.client import records
from core.runs.client.watching import Watching
from core.runs.prompt.stood import Stood
from core.runs.run_context import Rules
from core.settings import time_zone
from core.store import notices, runs, steps, thread_messages, usage
from core.store.database import Database, Execute
from core.store.steps import Answer, Journal, Round, Step
from core.store.usage import Usage
from core.texts import of_script, text
from core.types import Activity, Claim, Over, Person

T = TypeVar("T")
SAID_SECONDS: Final = 15.0
"""A longer wait is said in the post."""
PAUSE: Final = "pause"


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
    activities: dict[str, Activity] = field(default_factory=dict)

    def begin(self, before: str) -> None:
        """A response begins; what earlier rounds said stays."""
        self.before, self.text = before, before

    @property
    def note(self) -> str:
        """All lines under the answer."""
        return "\n".join(self.notes)


class Run:
    """What everybody who works on one run shares. While it is entered, `reply` is open."""

    reply: FullReply

    def __init__(
        self, db: Database, rules: Rules, platform: Platform, claim: Claim, watching: Watching | None = None
    ) -> None:
        self.db, self.rules, self.platform, self.claim = db, rules, platform, claim
        self.watching = watching or Watching()
        self.message = claim.messages[-1]
        self.journal, self.draft, self.requests = Journal(db, claim), Draft(), Requests(claim)
        self.journal.stood = self.stood = Stood(self.journal)
        self.gate = Gate(db, rules.access, platform, self.journal, rules.language)
        self.started = asyncio.get_running_loop().time()
        self.first_shown_at: float | None = None
        self._asker: Person | None = None
        self.tokens: tuple[int, int] | None = None
        """Input and output of all its requests, once its answer is recorded."""
        self.rounds: list[Round] = []
        """The rounds so far, in order."""
        while one := self.journal.get(steps.round(len(self.rounds))):
            self.rounds.append(one)

    @property
    def place(self) -> Mapping[str, str]:
        """Where it is, for a log line."""
        return {"run_id": self.claim.run, "channel": self.message.address.channel}

    @property
    def shared(self) -> bool:
        """Whether several people talk in its thread."""
        return self.rules.shared and not self.message.address.direct

    def opened(self) -> AbstractAsyncContextManager[FullReply]:
        """A reply to the message, whatever another one of this run has shown."""
        return self.gate.opened(lambda: self.platform.reply(self.message, self.journal))

    @property
    def admitted(self) -> bool:
        """Whether its assistant is for all who ask here. What has begun before a death was."""
        claim, access = self.claim, self.rules.access
        if claim.memo or claim.options or not claim.assistant:
            return True
        return all(
            admits(
                claim.assistant,
                one.address,
                one.user,
                parent=one.parent,
                team=one.team,
                admin=access.admin(one.address.platform, one.user),
            )
            for one in claim.messages
        )

    async def __aenter__(self) -> Self:
        self._open = self.opened()
        self.reply = await self._open.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        self.first_shown_at = self.reply.first_shown_at
        self.gate.close()
        return await self._open.__aexit__(kind, error, trace)

    async def person(self) -> Person:
        """Who asked, as far as the platform tells."""
        told = await self.platform.person(self.message.user)
        return told if told.name else replace(told, name=self.message.author)

    async def asker(self) -> Person:
        """The same for what the model waits for: asked once in a run, whatever comes of it."""
        if self._asker is None:
            self._asker = Person(name=self.message.author)  # who gives up has asked, too
            self._asker = await self.person()
        return self._asker

    async def locale(self) -> str:
        """Of the person who asked; where nobody tells it, what their words speak for."""
        told = self.message.locale or (await self.person()).locale
        return told or of_script(self.message.text)

    async def zone(self) -> str:
        """The IANA name of that person's time zone; where nobody tells it, of the settings'."""
        told = (await self.asker()).zone
        return told if told and time_zone.known(told) else self.rules.zone

    async def say(self, key: str, **values: object) -> str:
        """Our own text in that person's language."""
        words = text(key, await self.locale(), self.rules.language)
        return words.format(**values) if values else words

    async def say_over(self, over: Over) -> str:
        """Which limit was reached, and when something is possible again in that person's zone."""
        at = time_zone.moment(over.again_at, await self.zone(), time.time())
        return await self.say(over.limit.lower(), at=at)

    async def note(self, key: str, **values: object) -> None:
        """Say it under the answer."""
        self.draft.notes[await self.say(key, **values)] = None

    async def note_over(self, over: Over) -> None:
        """Say under the answer which limit has ended it."""
        self.draft.notes[await self.say_over(over)] = None

    async def tell(self, over: Over) -> None:
        """There is no answer, but the one notice of that limit in its window; after a death perhaps again."""
        await self.gate.passed()
        now, person = time.time(), whose(self.claim)["person"]
        until = told_until(over, now)
        first = await self.db(lambda tx: notices.first(tx, person, over.limit, now, until))
        if first or self.claim.resumed:
            await self.platform.notice(self.message, await self.say_over(over))

    async def record_round(self, one: Round) -> None:
        """The line that fixes a round: from here on its calls are these, whatever happens."""
        await self.gate.passed()
        rows = await self.requests.taken()
        self.rounds.append(one)  # as the journal does: who is cancelled meanwhile has recorded it too
        await self._record(steps.round(len(self.rounds) - 1), one, rows, self._said(one))

    def _said(self, one: Round) -> Callable[[Execute], None]:
        """What a client's thread shows from now on: the messages of that round."""
        claim = self.claim
        assistant = claim.assistant.id if claim.assistant else None
        told = [record for record in one.records if record["type"] == "message"]
        said = [records.message(record, claim.thread, claim.run, assistant) for record in told]

        def work(tx: Execute) -> None:
            for message in said:
                thread_messages.add_answer(tx, message)

        return work

    async def record_answer(self, answer: Answer) -> None:
        """The line that fixes the answer: from here on the model is not asked again."""
        self.requests.broke("")  # what still goes on is of no use any more

        def count(tx: Execute) -> None:
            self.tokens = usage.of_run(tx, self.claim.run)

        await self._record(steps.ANSWER, answer, await self.requests.taken(), count)

    async def _record(
        self, step: Step[T], value: T, rows: Sequence[Usage], beside: Callable[[Execute], None]
    ) -> None:
        """The step, what it has cost, and what belongs to it."""

        def write(tx: Execute) -> None:
            usage.add(tx, *rows)
            beside(tx)
            if worked := sorted(self.requests.containers):
                claim, made = self.claim, steps.CONTAINERS
                steps.record(tx, claim.run, claim.owner, made.name, made.write(worked), None, time.time())

        def cost(tx: Execute) -> None:
            if runs.gone(tx, self.claim.run):  # else whoever has it now counts it
                usage.add(tx, *rows)

        try:
            await self.journal.record(step, value, began=self.requests.began_at, beside=write)
        except Lost:  # a deleted thread takes its run along, and not what that has cost
            await self.db(cost)
            raise

    async def save(self, work: Callable[[Execute], T]) -> T:
        """A transaction, with the rows of the requests that are over."""
        rows = await self.requests.taken()

        def write(tx: Execute) -> T:
            usage.add(tx, *rows)
            return work(tx)

        return await self.db(write)

    def doing(self, activity: Activity) -> None:
        """Something is done for it."""
        draft = self.draft
        if draft.activities.get(activity.id) != activity:
            draft.activities[activity.id] = activity
            self.reply.show(draft.head + (draft.shown or draft.text), tuple(draft.activities.values()))

    async def waited(self, seconds: float) -> bool:
        """Wait before the next attempt; False where the run's time would be over."""
        if asyncio.get_running_loop().time() + seconds >= self.draft.until:
            return False
        if seconds > SAID_SECONDS:
            until = datetime.now(UTC) + timedelta(seconds=seconds)
            title = await self.say("task_pause", seconds=round(seconds), time=f"{until:%H:%M:%S}")
            self.doing(Activity(PAUSE, title))
        await asyncio.sleep(seconds)
        self.done(PAUSE)
        return True

    def done(self, id: str, *, ok: bool = True) -> None:
        """That is over."""
        if activity := self.draft.activities.get(id):
            self.doing(replace(activity, state="complete" if ok else "error"))
