"""In front of every handler of a network: the verdict of each act, and the notice of a refusal."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from core.concurrency import Background
from core.inbox import Inbox
from core.policy.access import Act, Verdict
from core.types import IncomingMessage, Standing


class Door:
    """Of one network.

    `known`: how a person stands, if that was told before, else it begins to be asked; costs no time. `ask`:
    the same, asked for now; None where it is not told within a second. `notice`: see `core.ports.Door`.
    """

    def __init__(
        self,
        inbox: Inbox,
        language: str,
        known: Callable[[str], Standing | None],
        ask: Callable[[str], Awaitable[Standing | None]],
        notice: Callable[[IncomingMessage, str], Awaitable[None]],
    ) -> None:
        self.inbox, self._language, self._background = inbox, language, Background()
        self._known, self._ask, self._notice = known, ask, notice

    def judge(self, act: Act) -> Verdict:
        """By what is known: nothing stands between an event and the model but the commit."""
        if not act.person:
            return Verdict(False, "unknown", silent=True)
        verdict = self.inbox.access.authorize(act)
        if verdict.allowed is None:
            verdict = self.inbox.access.authorize(replace(act, standing=self._known(act.person)))
        return verdict

    async def decide(self, act: Act) -> Verdict:
        """By what is known a second from now; what is not (`allowed` is None) is refused."""
        verdict = self.judge(act)
        if verdict.allowed is None:
            verdict = self.inbox.access.authorize(replace(act, standing=await self._ask(act.person)))
        return verdict

    async def learnt(self, act: Act) -> Act:
        """With how the person stands, where that decides and is told within a second."""
        unknown = self.inbox.access.authorize(act).allowed is None
        return replace(act, standing=await self._ask(act.person)) if unknown else act

    async def words(self, act: Act, verdict: Verdict, locale: str) -> str:
        """What whoever was refused is told, once a day; else ""."""
        person, until = f"{act.platform}:{act.person}", time.time() + verdict.window
        if verdict.silent or not await self.inbox.first(person, "access", until):
            return ""
        return verdict.notice(locale, self._language)

    def refuse(self, message: IncomingMessage, act: Act, verdict: Verdict, locale: str) -> None:
        """A message is not answered and not stored; its acknowledgement does not wait for the notice."""
        if not verdict.silent:
            self._background.start(self._tell(message, act, verdict, locale), "notice")

    async def _tell(self, message: IncomingMessage, act: Act, verdict: Verdict, locale: str) -> None:
        if words := await self.words(act, verdict, locale):
            await self._notice(message, words)

    async def close(self) -> None:
        """Leave what is under way."""
        await self._background.close()
