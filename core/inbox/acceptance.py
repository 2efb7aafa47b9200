"""What accepting a message leads to, in one transaction: a thread, a run, perhaps its claim."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from core.policy.access import Access
from core.policy.limits import Limits, told_until
from core.runs import claims
from core.runs.lanes import Lanes
from core.settings import Settings
from core.store import approvals, counts, erasures, messages, notices, runs, threads, usage
from core.store.database import Execute
from core.store.facts import remember
from core.types import Address, Claim, IncomingMessage, Over, RunId, ThreadId

logger = logging.getLogger(__name__)
APP_TURNS: Final = 6
"""Messages of apps in a channel, or in one topic of it, that are answered without a person's between them."""
FOLDED: Final = 5.0
"""Seconds in which the same order of the same person there is answered by what was said to the first."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How messages are mapped to threads and runs.

    `budget` is the history's size in tokens; of what is read from a history, messages older than `window`
    seconds are not accepted any more.
    """

    scope: threads.Scope = "user"
    dm_scope: threads.Scope | None = None
    collect: bool = False
    budget: int = 24_000
    window: float = 3600.0
    access: Access = field(default_factory=Access)
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def of(cls, settings: Settings) -> Policy:
        """That of the settings."""
        return cls(
            scope=settings.thread_scope,
            dm_scope=settings.dm_scope or None,
            collect=settings.while_busy == "collect",
            budget=settings.budget,
            window=settings.catch_up_seconds,
            access=Access.of(settings),
            limits=Limits.of(settings),
        )

    @property
    def scopes(self) -> threads.Scopes:
        """Whose memory is whose, everywhere."""
        return threads.Scopes(self.scope, self.dm_scope)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What accepting a message led to."""

    new: bool
    claim: Claim | None = None
    stopped: RunId | None = None
    run: RunId | None = None
    """The run that answers it."""
    thread: ThreadId | None = None
    refused: tuple[str, ...] = ()
    """Approvals that the message counts as a no for."""


class Acceptance:
    """Accepts by that policy; what may begin at once is claimed for these lanes."""

    def __init__(self, policy: Policy, lanes: Lanes) -> None:
        self._policy, self._lanes, self._scopes = policy, lanes, policy.scopes

    def accept(
        self,
        tx: Execute,
        message: IncomingMessage,
        facts: Mapping[str, object],
        now: float,
        oldest: float,
    ) -> Receipt:
        """The message, and `facts` with it. One that is known leads to nothing, nor does one sent before
        `oldest`; 0: it was delivered, and not found in a history."""
        for name, value in facts.items():
            remember(tx, name, value)
        if self._passed_over(tx, message, now, oldest):
            return Receipt(new=False)
        scope = self._scopes.at(message.address)
        thread = threads.find_or_create(tx, message.address, message.user, scope, now)
        if message.app and self._spun(tx, message.address):
            messages.add(tx, message, thread, None)  # a history does not bring it back
            return Receipt(new=False)
        if message.kind == "stop" and (found := self._stopped(tx, message, thread)):
            return found
        place, person = usage.place_and_person(message.address, message.user)
        if over := self._over(tx, message, place, person, now, live=not oldest):
            return self._refused(tx, replace(message, kind="limited", over=over), thread, person, now)
        return self._accepted(tx, message, thread, person, now)

    def _stopped(self, tx: Execute, message: IncomingMessage, thread: ThreadId) -> Receipt | None:
        """What is under way there is stopped, or what waits for its turn, which begins only to say so."""
        waiting = claims.begin(tx, thread, self._lanes.owner, self._policy.budget)
        if stopped := runs.stop(tx, thread):
            messages.add(tx, message, thread, None)
            return Receipt(new=True, claim=waiting, stopped=stopped)
        return None

    def _accepted(
        self, tx: Execute, message: IncomingMessage, thread: ThreadId, person: str, now: float
    ) -> Receipt:
        run, folded = self._run_for(tx, message, thread, person, now)
        if message.followed and messages.followed_before(tx, message.address):
            message = replace(message, followed=False)  # how that ends is said once in a topic
        messages.add(tx, message, thread, run)
        if message.kind == "reset":
            scope = self._scopes.at(message.address)
            threads.renew(tx, message.address, message.user, scope, origin="reset", now=now)
        lane = thread if message.kind == "ask" else run
        claim = None if folded else self._begin(tx, lane)
        idle = claim and lane == thread  # nothing was under way there, so nobody was asked anything
        refused = () if idle else approvals.refuse_all(tx, thread, message.user)
        return Receipt(new=True, claim=claim, run=run, thread=thread, refused=refused)

    def _passed_over(self, tx: Execute, message: IncomingMessage, now: float, oldest: float) -> bool:
        if messages.known(tx, message):
            if not oldest:  # what is found in a history was not delivered
                counts.add(tx, counts.REPEATED, message.address.platform, now)
            return True
        if too_old := message.sent_at < oldest:
            logger.warning(
                "message is older than CATCH_UP_SECONDS, left alone", extra={"at": message.sent_at}
            )
        return too_old or erasures.covers(tx, message)

    def _spun(self, tx: Execute, where: Address) -> bool:
        """Whether apps have had their turns there: two that answer each other would go on for ever."""
        turns = max(messages.turns_of_apps(tx, where), messages.turns_of_apps(tx, where, where.topic))
        if over := turns >= APP_TURNS:
            logger.info("an app is not answered before a person is", extra={"channel": where.channel})
        return over

    def _begin(self, tx: Execute, lane: str) -> Claim | None:
        return claims.begin(tx, lane, self._lanes.owner, self._policy.budget, self._lanes.turns)

    def _over(
        self, tx: Execute, message: IncomingMessage, place: str, person: str, now: float, *, live: bool
    ) -> Over | None:
        """Which limit it is over. What was missed came in its own time, and only now all at once."""
        limits, there = self._policy.limits, f"{message.address.platform}:{place}"
        spent = limits.money.over(tx, person, now) if message.kind == "ask" else None
        return spent or (limits.over(tx, person, there, now) if live else limits.waiting(tx, person, now))

    def _refused(
        self, tx: Execute, message: IncomingMessage, thread: ThreadId, person: str, now: float
    ) -> Receipt:
        """It is known, and its person is told once in the limit's window: that notice is the answer."""
        assert message.over
        if not notices.first(tx, person, message.over.limit, now, told_until(message.over, now)):
            kept = replace(message, text="", files=(), quotes=()) if message.unproven else message
            messages.add(tx, kept, thread, None)  # of who may be a stranger not what they said
            return Receipt(new=True)
        run = runs.add(tx, thread, now, lane=None, person=person)
        messages.add(tx, message, thread, run)
        return Receipt(new=True, claim=self._begin(tx, run), run=run)

    def _run_for(
        self, tx: Execute, message: IncomingMessage, thread: ThreadId, person: str, now: float
    ) -> tuple[RunId, bool]:
        """The run that answers it, and whether that is an own text which is, or just was, on its way."""
        if message.kind != "ask":
            if run := runs.saying(tx, person, message.address, message.kind, now - FOLDED):
                return run, True
            return runs.add(tx, thread, now, lane=None, person=person), False  # they wait for nobody
        collect = self._policy.collect and not message.unproven
        if collect and (run := runs.waiting_in(tx, thread, message.address.topic)):
            return run, False
        return runs.add(tx, thread, now, lane=thread, person=person), False
