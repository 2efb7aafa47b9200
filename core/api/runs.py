"""Runs of clients: made and begun in one transaction, the same runs as the chats have.

What makes each step safe: the run is on disk and claimed before anybody is told of it; outputs of a client
are written with the state that takes them (`submit`), so that a second submission finds another state.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from core.api import access, messages, threads
from core.api.assistants import refuse_hosted
from core.api.key import Key
from core.api.models import ApiModels
from core.api.page import Page, cursors, listed
from core.api.refusal import Refusal, Unaffordable, not_found
from core.api.run_options import run_options
from core.api.watch import Fields, Watch
from core.policy import budget
from core.policy.limits import Limits
from core.runs import claims
from core.runs.client import objects, views
from core.runs.client.endings import Endings
from core.runs.client.objects import Object
from core.runs.lanes import Lanes
from core.store import assistants, client_runs, runs, steps
from core.store.client_runs import RunRow
from core.store.database import Database, Execute
from core.store.threads import Row
from core.types import Assistant, Claim, RunId, RunOptions, ThreadId


@dataclass(frozen=True, slots=True)
class RunRules:
    """For all runs of clients. `expiry`: seconds a run has; `full`: the model server has hosted tools.

    `at_once`: how many of one project may wait for the model or be with it.
    """

    budget: int = 24_000
    expiry: float = 600.0
    full: bool = True
    at_once: int = 256
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that goes on from here: what is told of it, in order, and the claim where it is ours."""

    run: RunId
    told: Object
    events: Sequence[tuple[str, Mapping[str, Any]]]
    claim: Claim | None


class Runs:
    """What clients may do with runs and their steps."""

    def __init__(
        self,
        db: Database,
        lanes: Lanes,
        endings: Endings,
        models: ApiModels,
        made: threads.Threads,
        rules: RunRules,
    ) -> None:
        self._db, self._lanes, self._endings, self._rules = db, lanes, endings, rules
        self._models, self._threads = models, made

    async def create(self, key: Key, thread: str, fields: Fields, watch: Watch | None = None) -> Object:
        """Begin a run that answers the thread as it stands; returns ⇒ it is on disk."""
        model = await self._model(fields)

        def work(tx: Execute) -> Begun:
            there = access.thread(tx, key, thread, "runs.create", write=True)
            if active := runs.unfinished_in(tx, there.id):
                raise Refusal(f"Thread {there.id} already has an active run {active}.")
            now = time.time()
            for one in fields.get("additional_messages") or ():
                messages.add(tx, key, there, one, now)
            return self._begin(tx, key, there, fields, model)

        return await self._told(work, watch)

    async def create_with_thread(self, key: Key, fields: Fields, watch: Watch | None = None) -> Object:
        """The same in a new thread; whoever watches is told of that first."""
        model = await self._model(fields)
        ready = await self._threads.with_stores(key, fields.get("thread") or {})
        shared = await self._threads.with_stores(key, fields)

        def work(tx: Execute) -> Begun:
            there = threads.add(tx, key, ready, time.time())
            threads.check_resources(tx, key, shared.get("tool_resources") or {})
            made = objects.thread(there.id, there.created_at, there.object)
            return self._begin(tx, key, there, shared, model, ("thread.created", made))

        return await self._told(work, watch)

    async def get(self, key: Key, thread: str, run: str) -> Object:
        """One run."""
        return await self._db(lambda tx: views.run(tx, _find(tx, key, thread, run, "runs.read")))

    async def all(self, key: Key, thread: str, page: Page) -> Object:
        """A page of the thread's runs."""

        def work(tx: Execute) -> Object:
            there = access.thread(tx, key, thread, "runs.list")
            with cursors("run"):
                found, more = client_runs.page(tx, there.id, page)
            return listed([views.run(tx, one) for one in found], more=more)

        return await self._db(work)

    async def modify(self, key: Key, thread: str, run: str, fields: Fields) -> Object:
        """Other metadata."""

        def work(tx: Execute) -> Object:
            found = _find(tx, key, thread, run, "runs.modify", write=True)
            if "metadata" in fields:
                client_runs.change(tx, found.id, fields["metadata"] or {})
            return views.now(tx, found.id)

        return await self._db(work)

    async def cancel(self, key: Key, thread: str, run: str) -> Object:
        """The run is to end; what it has said so far stays."""

        def work(tx: Execute) -> tuple[RunId, Claim | None, Object]:
            found = _find(tx, key, thread, run, "runs.cancel", write=True)
            if found.ended_at or found.status == "cancelling":
                raise Refusal(f"Cannot cancel run with status '{found.status}'.")
            claim = self._endings.mark(tx, found, "cancelled", time.time())
            return found.id, claim, views.now(tx, found.id)

        marked = self._db(work)
        marked.add_done_callback(
            lambda done: None if done.exception() else self._endings.carry_out(*done.result())
        )
        return (await asyncio.shield(marked))[2]

    async def submit(
        self, key: Key, thread: str, run: str, outputs: Sequence[Fields], watch: Watch | None = None
    ) -> Object:
        """The outputs of all calls that are owed: the run goes on. Once; a second time is refused."""

        def work(tx: Execute) -> Begun:
            found = _find(tx, key, thread, run, "runs.submit", write=True)
            if found.status != "requires_action" or not found.awaits:
                raise Refusal(f'Runs in status "{found.status}" do not accept tool outputs.')
            given = [one["tool_call_id"] for one in outputs]
            if sorted(given) != sorted(found.awaits):
                raise Refusal(f"Expected tool outputs for call_ids {list(found.awaits)}, got {given}")
            now = time.time()
            for one in outputs:
                steps.settle_call(tx, found.id, one["tool_call_id"], one.get("output") or "", now)
            client_runs.answered(tx, found.id)
            queued = views.now(tx, found.id)
            claim = self._claim(tx, found.thread)
            done = ("thread.run.step.completed", _owed(tx, found))
            return Begun(found.id, queued, (done, ("thread.run.queued", queued)), claim)

        return await self._told(work, watch)

    async def steps(self, key: Key, thread: str, run: str, page: Page, include: Sequence[str] = ()) -> Object:
        """A page of the run's steps; `include` what searches have found."""
        found = await self._steps(key, thread, run, include)
        ids = [one["id"] for one in found]
        for cursor in (page.after, page.before):
            if cursor is not None and cursor not in ids:
                raise not_found("run step", cursor)
        found = found if page.order == "asc" else found[::-1]
        ids = [one["id"] for one in found]
        if page.after is not None:
            found = found[ids.index(page.after) + 1 :]
        if page.before is not None:
            found = found[: [one["id"] for one in found].index(page.before)]
        backwards = page.before is not None and page.after is None
        cut = found[-page.limit :] if backwards else found[: page.limit]
        return listed(cut, more=len(found) > page.limit)

    async def step(self, key: Key, thread: str, run: str, step: str, include: Sequence[str] = ()) -> Object:
        """One step."""
        for one in await self._steps(key, thread, run, include):
            if one["id"] == step:
                return one
        raise not_found("run step", step)

    async def _steps(self, key: Key, thread: str, run: str, include: Sequence[str]) -> list[Object]:
        """All steps of the run, the oldest first; those of the response under way, too."""

        def work(tx: Execute) -> list[Object]:
            row = _find(tx, key, thread, run, "steps.read")
            found, outputs = views.records(tx, row.id) if row.options else views.of_chat(tx, row)
            known = {one["id"] for one in found}
            found += [one for one in live if one["id"] not in known]
            return [objects.step(one, row, outputs) for one in found]

        live = [dict(one) for one in self._lanes.watching.live.get(RunId(run), list)()]
        told = await self._db(work)
        return told if include else [objects.without_results(one) for one in told]

    async def _model(self, fields: Fields) -> str | None:
        wanted = fields.get("model")
        return await self._models.current(wanted) if wanted else None

    def _begin(
        self, tx: Execute, key: Key, there: Row, fields: Fields, model: str | None, *first: tuple[str, Object]
    ) -> Begun:
        seen = assistants.visible(tx, fields["assistant_id"], key.project)
        if seen is None:
            raise not_found("assistant", fields["assistant_id"])
        self.allow(tx, key, fields.get("tools") or seen[0].tools)
        options = run_options(key, seen[0], fields, model)
        return self.queue(tx, there, seen[0], options, fields.get("metadata") or {}, *first)

    def queue(
        self,
        tx: Execute,
        there: Row,
        assistant: Assistant,
        options: RunOptions,
        metadata: Mapping[str, str],
        *first: tuple[str, Object],
    ) -> Begun:
        """Queue the run and claim it: the one commit before its model is asked."""
        now = time.time()
        run = runs.add(tx, there.id, now, lane=there.id, person=options.person)
        runs.answered_by(tx, run, assistant.id, assistant.version)
        client_runs.set_up(tx, run, options, metadata, now + self._rules.expiry)
        told = views.now(tx, run)
        claim = self._claim(tx, there.id)
        events = (*first, ("thread.run.created", told), ("thread.run.queued", told))
        return Begun(run, told, events, claim)

    def _claim(self, tx: Execute, thread: ThreadId) -> Claim | None:
        return claims.begin(tx, thread, self._lanes.owner, self._rules.budget, self._lanes.turns)

    def allow(self, tx: Execute, key: Key, tools: Sequence[Mapping[str, Any]]) -> None:
        """Raises Refusal where such a run cannot be carried out or paid here, or is one too many."""
        if not self._rules.full:
            refuse_hosted(tools)
        if runs.under_way(tx, key.project) >= self._rules.at_once:
            told = f"{self._rules.at_once} runs of this project are under way (API_RUNS_AT_ONCE)."
            cure = " Wait until one has ended."
            raise Refusal(told + cure, status=429, code="too_many_runs", retry_after=1.0)
        now = time.time()
        if over := self._rules.limits.money.over(tx, key.person, now):
            raise Unaffordable(over, now)
        if over := self._rules.limits.over(tx, key.person, "", now):
            wait = max(1.0, over.again_at - now)
            told = f"Rate limit reached for runs ({over.limit}). Try again in {wait:.0f} s."
            raise Refusal(told, status=429, code="rate_limit_exceeded", retry_after=wait)

    async def _told(self, work: Callable[[Execute], Begun], watch: Watch | None) -> Object:
        begun = await self.begun(work, watch)
        assert begun
        return begun.told

    async def begun(
        self, work: Callable[[Execute], Begun | None], watch: Watch | None = None
    ) -> Begun | None:
        """Once committed, the run begins even if whoever asked for it is gone."""

        def begin(done: asyncio.Future[Begun | None]) -> None:
            error = None if done.cancelled() else done.exception()
            if isinstance(error, Unaffordable):  # what had counted it was rolled back with all else
                self._db(partial(budget.count, limit=error.limit, now=time.time()))
            begun = None if done.cancelled() or error else done.result()
            if begun is None:
                return
            if watch:
                self._lanes.watching.watch(begun.run, watch)
            for name, object in begun.events:
                self._lanes.watching.tell(begun.run, name, object)
            self._endings.expects(begun.told["expires_at"] or 0.0)
            if begun.claim:
                self._lanes.start(begun.claim)

        accepted = self._db(work)
        accepted.add_done_callback(begin)
        return await asyncio.shield(accepted)


def _find(tx: Execute, key: Key, thread: str, id: str, action: str, *, write: bool = False) -> RunRow:
    there = access.thread(tx, key, thread, action, write=write)
    found = client_runs.get(tx, there.id, id)
    if found is None:
        raise not_found("run", id)
    return found


def _owed(tx: Execute, row: RunRow) -> Object:
    """The step whose outputs the client has given."""
    found, outputs = views.records(tx, row.id)
    owed = next(one for one in found if any(call["id"] in row.awaits for call in one.get("calls", ())))
    return objects.step(owed, row, outputs)
