"""What accepting a message leads to, in one transaction: a thread, a run, perhaps its claim."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from core.policy.access import Access
from core.runs import claims
from core.store import approvals, counts, erasures, messages, runs, threads
from core.store.database import Execute
from core.store.facts import remember
from core.types import Claim, IncomingMessage, RunId, ThreadId

logger = logging.getLogger(__name__)


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
    """Accepts by that policy; what may begin at once is claimed for `owner`."""

    def __init__(self, policy: Policy, owner: str) -> None:
        self._policy, self._owner, self._scopes = policy, owner, policy.scopes

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
        if messages.known(tx, message):
            if not oldest:  # what is found in a history was not delivered
                counts.add(tx, counts.REPEATED, message.address.platform, now)
            return Receipt(new=False)
        if erasures.covers(tx, message):
            return Receipt(new=False)
        if message.sent_at < oldest:
            logger.warning(
                "message is older than CATCH_UP_SECONDS, left alone", extra={"at": message.sent_at}
            )
            return Receipt(new=False)
        scope = self._scopes.at(message.address)
        thread = threads.find_or_create(tx, message.address, message.user, scope, now)
        if message.kind == "stop" and (stopped := runs.stop(tx, thread)):
            messages.add(tx, message, thread, None)
            return Receipt(new=True, stopped=stopped)
        run = self._run_for(tx, message, thread, now)
        if message.followed and messages.followed_before(tx, message.address):
            message = replace(message, followed=False)  # how that ends is said once in a topic
        messages.add(tx, message, thread, run)
        if message.kind == "reset":
            threads.renew(tx, message.address, message.user, scope, origin="reset", now=now)
        lane = thread if message.kind == "ask" else run
        claim = claims.begin(tx, lane, self._owner, self._policy.budget)
        idle = claim and lane == thread  # nothing was under way there, so nobody was asked anything
        refused = () if idle else approvals.refuse_all(tx, thread, message.user)
        return Receipt(new=True, claim=claim, run=run, thread=thread, refused=refused)

    def _run_for(self, tx: Execute, message: IncomingMessage, thread: ThreadId, now: float) -> RunId:
        if message.kind != "ask":
            return runs.add(tx, thread, now, lane=None)  # our own texts wait for nobody
        if self._policy.collect and (run := runs.waiting_in(tx, thread, message.address.topic)):
            return run
        return runs.add(tx, thread, now, lane=thread)
