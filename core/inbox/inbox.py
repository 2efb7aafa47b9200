"""What a platform may ask of the core, each in one transaction."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from core.assistants.choose import Choice, choose
from core.assistants.model_choice import ModelChoice, ModelChoices
from core.errors import Unsaved
from core.files.attachments import Attachments, place
from core.inbox.acceptance import Acceptance, Policy, Receipt
from core.policy.access import Act
from core.policy.feedback import Feedback
from core.policy.personal_data import PersonalData
from core.runs.approvals import Approvals
from core.runs.lanes import Lanes
from core.runs.prompt.again import again
from core.runs.summaries import NOTHING, Held, held
from core.store import approvals, deletions, files, messages, names, notices, runs, threads
from core.store.approvals import Decision
from core.store.database import Chain, Database, Execute
from core.store.facts import find, remember
from core.types import Address, IncomingMessage, RunId, ThreadId, Wish

logger = logging.getLogger(__name__)


class Inbox:
    """Turns what people do into threads, messages and runs, each in one transaction."""

    def __init__(
        self,
        db: Database,
        lanes: Lanes,
        policy: Policy,
        approvals: Approvals | None = None,
        attachments: Attachments | None = None,
        models: ModelChoices | None = None,
    ) -> None:
        self._db, self._lanes, self._policy = db, lanes, policy
        self._approvals, self._attachments = approvals or Approvals(db), attachments
        self._scopes, self._models, self.feedback = policy.scopes, models, Feedback(db)
        self.data = PersonalData(db)
        self.access = policy.access
        self._acceptance = Acceptance(policy, lanes)
        lanes.turns, self._approvals.asked = replace(lanes.turns, limits=policy.limits), lanes.go_on
        self._called: dict[tuple[str, str, str], str] = {}
        self.page: Callable[[str], Awaitable[str]] | None = None
        """Gives a link that opens the web page, once, for a person; None where no page is served."""
        self.explain: Callable[[Act], Awaitable[Mapping[str, Any]]] | None = None
        """Tells what is in force for whoever would do that: `core.policy.explain`."""

    def receive(
        self,
        message: IncomingMessage,
        facts: Mapping[str, object] | None = None,
        *,
        chain: Chain | None = None,
        live: bool = True,
    ) -> asyncio.Future[Receipt]:
        """Accept a message; done ⇒ it is on disk and may be acknowledged.

        `facts` are stored in the same transaction (a gateway's position, say). The transaction is put
        in line at once: messages are accepted in the order of the calls, awaited or not, and not after one
        of the same `chain` that could not be saved. Not `live`: found in a history, so perhaps too old.
        """
        now = time.time()
        oldest = 0.0 if live else now - self._policy.window  # ours and the platform's clock may differ
        accepted = self._db(lambda tx: self._acceptance.accept(tx, message, facts or {}, now, oldest), chain)
        # A callback and not the caller: once committed, the run begins even if the caller was cancelled.
        accepted.add_done_callback(lambda _: self._begin(message, accepted))
        return asyncio.shield(accepted)

    def _begin(self, message: IncomingMessage, accepted: asyncio.Future[Receipt]) -> None:
        if error := accepted.exception():
            if isinstance(error, Unsaved):
                self._lanes.refused(message, error)
            return
        receipt = accepted.result()
        proven = self._attachments and not message.unproven  # else its run fetches them, once it may
        if self._attachments and proven and message.files and receipt.run and receipt.thread:
            self._attachments.begin(message, receipt.thread, receipt.run)
        if receipt.refused:
            self._approvals.decided(receipt.refused)
        if receipt.claim:
            self._lanes.start(receipt.claim)
        if receipt.stopped:
            self._lanes.stop(receipt.stopped)

    def amend(
        self,
        message: IncomingMessage,
        facts: Mapping[str, object] | None = None,
        *,
        chain: Chain | None = None,
    ) -> asyncio.Future[bool]:
        """A message was changed: if its run has not begun, that is the question. True: so it is.

        Put in line at once like `receive`.
        """

        def work(tx: Execute) -> tuple[ThreadId, RunId] | None:
            for name, value in (facts or {}).items():
                remember(tx, name, value)
            before = messages.attached(tx, message.address, message.id)
            amended = messages.amend(tx, message)
            if amended and before != [file.id for file in message.files]:
                files.drop(tx, place(message.address, message.id))
            return amended

        async def done() -> bool:
            amended = await changed
            if amended and self._attachments and not message.unproven:
                self._attachments.begin(message, *amended)
            return amended is not None

        changed = self._db(work, chain)
        return asyncio.ensure_future(done())

    def reset(
        self,
        address: Address,
        user: str,
        *,
        parent: str = "",
        order: str = "",
        facts: Mapping[str, object] | None = None,
        chain: Chain | None = None,
    ) -> asyncio.Future[threads.Extent | None]:
        """Map the next message from there to a new thread; gives how far the old one reached.

        None: this address does not tell which. `parent`: see `Scopes.extent`. `order` is the platform's id of
        a command that may be delivered again: it is carried out once. Put in line at once like `receive`, so
        what was said before stays in the old thread.
        """
        now, refused = time.time(), list[str]()

        def work(tx: Execute) -> threads.Extent | None:
            for name, value in (facts or {}).items():
                remember(tx, name, value)
            if not self._scopes.tells(address):
                return None
            scope, extent = self._scopes.at(address), self._scopes.extent(address, parent)
            given = IncomingMessage(order, address, user, "", now, kind="reset")
            if order and messages.known(tx, given):
                return extent
            old = threads.find_or_create(tx, address, user, scope, now)
            if order:
                messages.add(tx, given, old, None)
            refused.extend(approvals.refuse_all(tx, old, user))
            threads.renew(tx, address, user, scope, origin="reset", now=now)
            return extent

        done = self._db(work, chain)
        done.add_done_callback(lambda _: self._approvals.decided(refused))
        return asyncio.shield(done)

    async def stop(self, address: Address, user: str) -> bool:
        """Cancel the run under way of the thread this person has there, if it answers in that topic.

        False: there is none.
        """

        def work(tx: Execute) -> RunId | None:
            thread = threads.find(tx, address, user, self._scopes.at(address))
            return runs.stop(tx, thread, topic=address.topic) if thread else None

        return self._signal(await self._db(work))

    async def stop_post(self, ref: str, user: str | None = None) -> bool | None:
        """Cancel the run that shows this post. False: this person did not ask it; None: it has ended.

        Without a person nobody's right is asked for.
        """

        def work(tx: Execute) -> RunId | bool | None:
            shown = runs.showing(tx, ref)
            if shown and user not in (None, shown[2]):
                return False
            return runs.stop(tx, shown[1], run=shown[0]) if shown else None

        stopped = await self._db(work)
        if stopped is False:
            return False
        return True if self._signal(RunId(stopped) if isinstance(stopped, str) else None) else None

    def _signal(self, run: RunId | None) -> bool:
        if run:
            self._lanes.stop(run)
        return run is not None

    def press(
        self,
        ref: str,
        order: IncomingMessage,
        wish: Wish,
        *,
        facts: Mapping[str, object] | None = None,
        chain: Chain | None = None,
    ) -> asyncio.Future[Decision]:
        """A person pressed a button under the answer that shows this post; done ⇒ it is on disk, once.

        `order`: the press as a message, whose id the platform repeats with it: who, when and the wish in
        their language. Where it goes is where the question came from. Put in line at once like `receive`.
        """
        now = time.time()

        def work(tx: Execute) -> tuple[Decision, IncomingMessage, Receipt]:
            for name, value in (facts or {}).items():
                remember(tx, name, value)
            return self._pressed(tx, ref, order, wish, now)

        pressed = self._db(work, chain)

        def begin(done: asyncio.Future[tuple[Decision, IncomingMessage, Receipt]]) -> None:
            if not done.exception():
                accepted: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
                accepted.set_result(done.result()[2])
                self._begin(done.result()[1], accepted)

        async def decided() -> Decision:
            return (await asyncio.shield(pressed))[0]

        pressed.add_done_callback(begin)
        return asyncio.ensure_future(decided())

    def _pressed(
        self, tx: Execute, ref: str, order: IncomingMessage, wish: Wish, now: float
    ) -> tuple[Decision, IncomingMessage, Receipt]:
        """What becomes of a press, the message that it is, and what accepting that led to."""
        if messages.known(tx, order):
            return "done", order, Receipt(new=False)
        shown = runs.showing(tx, ref)
        asked = messages.of_run(tx, shown[0]) if shown else ()
        if asked and asked[0].user != order.user:
            return "not_yours", order, Receipt(new=False)
        if not (shown and asked and self._newest(tx, shown[0], shown[1], asked[-1])):
            return "over", order, Receipt(new=False)
        said = again(order, asked, wish)
        return "done", said, self._acceptance.accept(tx, said, {}, now, 0.0)

    def _newest(self, tx: Execute, run: RunId, thread: ThreadId, asked: IncomingMessage) -> bool:
        """Whether the conversation still ends with that answer, and no word of its question was deleted."""
        current = threads.find(tx, asked.address, asked.user, self._scopes.at(asked.address))
        if current != thread or any(row.gone for row in messages.rows_of(tx, run)):
            return False
        return messages.newest_of(tx, thread, run, asked)

    async def decide(self, approval: str, user: str, yes: bool) -> Decision:
        """A person pressed a button of a question; `done` ⇒ it is on disk."""
        return await self._approvals.decide(approval, user, yes)

    async def memory(self, address: Address, user: str) -> Held | None:
        """What the thread this person has there holds; None: this address does not tell which one."""
        if not self._scopes.tells(address):
            return None

        def work(tx: Execute) -> Held:
            thread = threads.find(tx, address, user, self._scopes.at(address))
            return held(tx, thread, self._policy.budget) if thread else NOTHING

        return await self._db(work)

    async def assistants(self, address: Address, parent: str, user: str, wanted: str) -> Choice:
        """Who answers there and who else could; or, for admins, that `wanted` does from the next run on."""
        admin = self.access.admin(address.platform, user)
        return await self._db(lambda tx: choose(tx, address, parent, wanted.strip(), user=user, admin=admin))

    async def console(self, person: str) -> str:
        """A link for an admin, who is named with the platform; "" for others, and where no page is served."""
        admin = person in self.access.admins
        return await self.page(person) if self.page and admin else ""

    async def explained(self, act: Act, user: str) -> Mapping[str, Any] | None:
        """What is in force there for the person of that act; None where who asks is no admin."""
        may = self.explain and self.access.admin(act.platform, user)
        return await self.explain(act) if self.explain and may else None

    async def model(self, address: Address, parent: str, user: str, wanted: str) -> ModelChoice:
        """Which model answers there; or, for admins, that the assistant there uses `wanted` from now on."""
        assert self._models is not None
        admin = user if self.access.admin(address.platform, user) else ""
        return await self._models.choose(address, parent, wanted.strip(), admin)

    def withdraw(self, address: Address, message_id: str, sent_at: float = 0.0) -> asyncio.Future[bool]:
        """A message was deleted. True: it waited for an answer, and has none.

        A run under way that answers nothing else is stopped, and its posts go; after the answer only what the
        message said leaves the disk. `sent_at`: when it was sent, where that is known. Put in line at once.
        """
        deleted = self._db(lambda tx: deletions.delete(tx, address, message_id, sent_at))

        async def done() -> bool:
            deletion = await deleted
            if deletion.wiped:
                self._db.wipe()
            for run in deletion.stopped:
                self._signal(run)
            if deletion.cancelled:  # who stood behind it in its lane may be able to begin
                await self._lanes.go_on()
            return deletion.cancelled is not None

        return asyncio.ensure_future(done())

    async def spoke_before(self, address: Address, user: str) -> bool:
        """True when this person has addressed the assistant in this topic before."""
        return await self._db(lambda tx: messages.spoke_before(tx, address, user))

    async def asked_last(self, address: Address, before: float) -> tuple[str, float] | None:
        """Whom we answer, or answered, in this topic just before then, and when they asked; None: nobody."""
        return await self._db(lambda tx: messages.asked_last(tx, address, before))

    async def recent(self, platform: str, since: float) -> list[Address]:
        """Topics in which someone wrote to the assistant since then, the latest first."""
        return await self._db(lambda tx: messages.recent(tx, platform, since))

    async def first(self, person: str, about: str, until: float) -> bool:
        """Whether that person, named with the network, is to be told of it; if so, not again before then."""
        return await self._db(lambda tx: notices.first(tx, person, about, time.time(), until))

    async def fact(self, name: str) -> object:
        """A fact stored under this name, None when there is none."""
        return await self._db(lambda tx: find(tx, name))

    async def remember(self, name: str, value: object, chain: Chain | None = None) -> None:
        """Store a fact; returns ⇒ it is on disk. `chain`: it says that all of that before it is stored."""
        await self._db(lambda tx: remember(tx, name, value), chain, mark=True)

    async def called(self, where: Address, told: Mapping[str, str]) -> None:
        """What people there see in place of ids. Only what is new or has changed is written. Never raises."""
        of = where.platform, where.workspace
        new = {id: name for id, name in told.items() if id and name and self._called.get((*of, id)) != name}
        if new:
            with suppress(Unsaved):  # it is told again
                await self._db(lambda tx: names.keep(tx, *of, new))
                self._called |= {(*of, id): name for id, name in new.items()}
