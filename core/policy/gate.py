"""A run whose question was accepted before its writer's standing was known (`IncomingMessage.unproven`).

The model is asked meanwhile; until the platform has told, nothing of the run is shown, carried out or put on
record. A refusal deletes the question in one transaction, which also orders the run to end and gives the
notice: whoever goes on with the run after a death finds that it answers nothing any more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Self

from core.policy.access import Access, Verdict, asked
from core.ports import FullReply, Platform
from core.store import deletions, notices, steps
from core.store.database import Database, Execute
from core.store.steps import Journal
from core.texts import of_script
from core.types import Activity, AnswerButton, ApprovalRequest, File, IncomingMessage

Begin = Callable[[], AbstractAsyncContextManager[FullReply]]


class Gate:
    """Of one run. It is open at once where nothing has to be asked, or something was shown before a death."""

    def __init__(
        self, db: Database, access: Access, platform: Platform, journal: Journal, language: str
    ) -> None:
        self._db, self._access, self._platform, self._language = db, access, platform, language
        self._unproven = [one for one in journal.claim.messages if one.unproven]
        if self._unproven:
            begun = journal.get(steps.post(0)) or journal.get(steps.round(0)) or journal.get(steps.ANSWER)
            self._unproven = [] if begun else self._unproven  # it was decided before a death
        self._asking: asyncio.Task[bool] | None = None

    def ask(self, refused: Callable[[], None]) -> None:
        """Begin to; `refused` is called once a refusal is on disk."""
        if self._unproven:
            self._asking = asyncio.create_task(self._ask(refused), name="standing")

    async def allowed(self) -> bool:
        """Whether it may be answered, once that is known; not where the run was left before."""
        if self._asking:
            await asyncio.wait({self._asking})
        return self._asking is None or (not self._asking.cancelled() and self._asking.result())

    async def passed(self) -> None:
        """Returns once it may be answered; else never, for the run is ordered to end."""
        if not await self.allowed():
            await asyncio.Event().wait()

    async def _ask(self, refused: Callable[[], None]) -> bool:
        """Of each question, who is asked for it all; one that is refused leaves nothing to answer."""
        for message in self._unproven:
            verdict = self._access.authorize(asked(message, await self._platform.standing(message)))
            if not verdict.allowed:
                await self._refuse(message, verdict)
                refused()
                return False
        return True

    async def _refuse(self, message: IncomingMessage, verdict: Verdict) -> None:
        person, now = f"{message.address.platform}:{message.user}", time.time()

        def work(tx: Execute) -> bool:
            for one in self._unproven:
                deletions.delete(tx, one.address, one.id, one.sent_at)
            return notices.first(tx, person, "access", now, now + verdict.window)

        if await self._db(work) and not verdict.silent:
            locale = message.locale or of_script(message.text)
            await self._platform.notice(message, verdict.notice(locale, self._language))

    def close(self) -> None:
        """The run is left: nobody waits any more."""
        if self._asking:
            self._asking.cancel()

    def opened(self, begin: Begin) -> AbstractAsyncContextManager[FullReply]:
        """The reply that `begin` gives; while something is asked, one that begins it after that."""
        known = self._asking is None or (self._asking.done() and self._asking.result())
        return begin() if known else Behind(self, begin)


class Behind:
    """`core.ports.FullReply` behind a gate: what is shown before it opens is kept, the newest of it."""

    def __init__(self, gate: Gate, begin: Begin) -> None:
        self._gate, self._begin, self._open = gate, begin, AsyncExitStack()
        self._reply: FullReply | None = None
        self._newest: tuple[str, Sequence[Activity]] = ("", ())

    async def __aenter__(self) -> Self:
        self._opening = asyncio.create_task(self._opened(), name="opening reply")
        return self

    async def __aexit__(self, *error: object) -> None:
        self._opening.cancel()
        await asyncio.gather(self._opening, return_exceptions=True)
        await self._open.aclose()

    async def _opened(self) -> FullReply | None:
        if await self._gate.allowed():
            self._reply = await self._open.enter_async_context(self._begin())
            if any(self._newest):
                self._reply.show(*self._newest)
        return self._reply

    async def _whole(self) -> FullReply:
        """The reply, once it is open; a run that is refused has none, and is ordered to end."""
        reply = await asyncio.shield(self._opening)
        while reply is None:
            await asyncio.Event().wait()
        return reply

    @property
    def first_shown_at(self) -> float | None:
        """See `core.ports.Reply`."""
        return self._reply.first_shown_at if self._reply else None

    def show(self, text: str, activities: Sequence[Activity] = ()) -> None:
        """See `core.ports.Reply`."""
        self._newest = (text, activities)
        if self._reply:
            self._reply.show(text, activities)

    async def finish(self, text: str, note: str = "", buttons: Sequence[AnswerButton] = ()) -> None:
        """See `core.ports.Reply`."""
        await (await self._whole()).finish(text, note, buttons)

    async def shown(self) -> str:
        """See `core.ports.Reply`."""
        return await self._reply.shown() if self._reply else ""

    async def attach(self, key: str, file: File) -> None:
        """See `core.ports.Attaching`."""
        await (await self._whole()).attach(key, file)

    async def ask(self, question: ApprovalRequest) -> None:
        """See `core.ports.Asking`."""
        await (await self._whole()).ask(question)

    async def decided(self, question: ApprovalRequest, text: str) -> None:
        """See `core.ports.Asking`."""
        if self._reply:
            await self._reply.decided(question, text)

    async def remove(self) -> None:
        """See `core.ports.Removing`."""
        if await asyncio.shield(self._opening):
            await (await self._whole()).remove()
