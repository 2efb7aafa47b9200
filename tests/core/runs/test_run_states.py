"""Runs, lanes and inbox together: whatever people and processes do, in whatever order, a simple model holds.

The model is a list of runs per thread. The real thing is a database file, with processes that die, freeze,
close and take over. After every step both must say the same.
"""

from __future__ import annotations

from typing import Literal, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from core.errors import Lost
from core.store import items, runs
from core.store.steps import Journal, Step
from core.types import Claim, Outcome, RunId
from tests.core.fakes import HERE, message
from tests.core.hands import Hands
from tests.core.runs.expected import LIVE, Processes, Run, Thread
from tests.core.whole import lane_tasks

T = TypeVar("T")
PEOPLE = st.sampled_from(["U1", "U2"])


class Spool(Processes):
    """The rules are what may happen."""

    def pick(self, data: st.DataObject) -> tuple[Thread, Run, Claim]:
        """Some run under way."""
        living = [(thread, thread.live) for thread in self.threads if thread.live]
        thread, run = data.draw(st.sampled_from(living))
        return thread, run, self.claims()[run.messages[0]]

    def some_run_is_live(self) -> bool:
        """There is something to carry on with."""
        return self.alive and any(thread.live for thread in self.threads)

    # ---- what people do

    @initialize(collect=st.booleans())
    def configured(self, collect: bool) -> None:
        """WHILE_BUSY."""
        self.collect = collect

    @precondition(lambda self: self.alive)
    @rule(user=PEOPLE)
    def receive(self, user: str) -> None:
        """Somebody writes."""
        self.said += 1
        id = str(self.said)
        if user not in self.current:
            self.current[user] = Thread()
            self.threads.append(self.current[user])
        thread = self.current[user]
        idle = not thread.live
        receipt = self.do(lambda: self.inbox.receive(message(id, user=user)))
        if self.collect and thread.waiting:
            thread.waiting[-1].messages.append(id)
        else:
            thread.runs.append(Run([id]))
        thread.begin()
        assert receipt.new
        assert idle is (receipt.claim is not None)

    @precondition(lambda self: self.alive and self.said)
    @rule(data=st.data(), user=PEOPLE)
    def receive_again(self, data: st.DataObject, user: str) -> None:
        """The platform delivers a message another time."""
        id = str(data.draw(st.integers(1, self.said)))
        assert not self.do(lambda: self.inbox.receive(message(id, user=user))).new

    @precondition(lambda self: self.alive)
    @rule(user=PEOPLE)
    def reset(self, user: str) -> None:
        """The next message of that person starts over."""
        assert self.do(lambda: self.inbox.reset(HERE, user))
        self.current[user] = Thread()
        self.threads.append(self.current[user])

    @precondition(lambda self: self.alive)
    @rule(user=PEOPLE)
    def stop(self, user: str) -> None:
        """The run under way is to end."""
        run = self.current[user].live if user in self.current else None
        assert (run is not None) is self.do(lambda: self.inbox.stop(HERE, user))
        if run:
            run.status = "cancelling"
            claim = self.claims()[run.messages[0]]
            assert self.hands.stopping[claim.run].is_set()

    @precondition(lambda self: self.alive and self.said)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        """A message is deleted."""
        id = str(data.draw(st.integers(1, self.said)))
        self.do(lambda: self.inbox.withdraw(HERE, id))
        for thread in self.threads:
            if (live := thread.live) and id in live.messages:
                live.gone.add(id)
                live.status = "cancelling" if live.gone == set(live.messages) else live.status
            for run in thread.waiting:
                if id in run.messages:
                    run.messages.remove(id)
                    self.withdrawn.add(id)
                    run.status = run.status if run.messages else "cancelled"

    # ---- what runs do

    @precondition(lambda self: self.some_run_is_live())
    @rule(data=st.data(), name=st.sampled_from(["context", "answer"]))
    def record(self, data: st.DataObject, name: str) -> None:
        """A step is done."""
        _, run, claim = self.pick(data)
        self.do(lambda: Journal(self.db, claim).record(Step(name, int, int), len(run.steps)))
        run.deaths = run.deaths if name in run.steps else 0
        run.steps.add(name)

    @precondition(lambda self: self.some_run_is_live())
    @rule(data=st.data())
    def meet_an_error(self, data: st.DataObject) -> None:
        """An attempt fails."""
        _, run, claim = self.pick(data)
        run.attempts += 1
        met = self.do(lambda: self.db(lambda tx: runs.met_error(tx, claim.run, claim.owner, "e")))
        assert run.attempts == met

    @precondition(lambda self: self.some_run_is_live())
    @rule(data=st.data(), ending=st.sampled_from(["completed", "incomplete", "failed", "cancelled"]))
    def finish(self, data: st.DataObject, ending: Literal["completed", "failed"]) -> None:
        """A run has its outcome; the next one of its lane begins."""
        thread, run, claim = self.pick(data)
        turn = items.item("assistant", f"turn {claim.run}")
        self.let(self.hands, claim.run, Outcome(ending, (turn,)))
        thread.turns.append(turn)
        run.status, run.held = ending, False
        thread.begin()

    def let(self, hands: Hands, run: RunId, outcome: Outcome) -> None:
        """Give a run its outcome."""

        async def work() -> None:
            hands.let(run, outcome)

        self.do(work)

    # ---- what processes do

    @precondition(lambda self: self.alive)
    @rule(how=st.sampled_from(["die", "freeze", "close"]))
    def end(self, how: str) -> None:
        """The process is gone, does not answer any more, or is stopped in order."""
        self.alive = False
        if how == "close":
            self.do(self.hands.lanes.close)
            for thread in self.threads:
                for run in thread.runs:
                    run.held = False
        elif how == "freeze":
            self.frozen += [(self.hands, claim) for claim in self.claims().values()]
        else:
            self.do(self.killed)
            self.frozen.clear()  # their tasks ended with those of the one that died

    async def killed(self) -> None:
        """Tasks end where they are; the database learns nothing."""
        for task in lane_tasks():
            task.cancel()

    @precondition(lambda self: not self.alive)
    @rule()
    def take_over(self) -> None:
        """Another process starts."""
        self.alive, self.hands = True, Hands(self.db)
        self.do(lambda: self.hands.lanes.resume(["fake"]))
        for thread in self.threads:
            if run := thread.live:
                run.deaths += run.held
                run.held = True
                assert self.claims()[run.messages[0]].resumed
            thread.begin()

    @precondition(lambda self: self.alive and self.frozen)
    @rule(data=st.data(), writes=st.sampled_from(["record", "finish"]))
    def thaw(self, data: st.DataObject, writes: str) -> None:
        """A frozen process goes on as if nothing had happened; it is told that the run is lost."""
        hands, claim = data.draw(st.sampled_from(self.frozen))
        if writes == "record":
            with pytest.raises(Lost):
                self.do(lambda: Journal(self.db, claim).record(Step("answer", str, str), "of a ghost"))
        else:
            self.frozen.remove((hands, claim))
            self.let(hands, claim.run, Outcome("completed", ("turn of a ghost",)))

    # ---- what must hold

    @invariant()
    def runs_are_as_they_must_be(self) -> None:
        """Status, errors and deaths of each run, which messages it answers, and who owns it."""
        rows = self.ask("SELECT thread_id, id, status, attempts, deaths, owner FROM runs ORDER BY seq")
        told = self.ask(
            "SELECT run_id, thread_id, platform_id FROM messages WHERE role = 'user' ORDER BY seq"
        )
        found: dict[str, list[tuple[object, ...]]] = {}
        for thread_id, id, status, attempts, deaths, owner in rows:
            answers = [platform_id for run, _, platform_id in told if run == id]
            assert status not in LIVE or not self.alive or owner == self.hands.lanes.owner
            found.setdefault(thread_id, []).append((status, attempts, deaths, answers))
        expected = [
            [(run.status, run.attempts, run.deaths, run.messages) for run in thread.runs]
            for thread in self.threads
            if thread.runs
        ]
        assert sorted(map(repr, expected)) == sorted(map(repr, found.values()))
        assert self.said == len(told)
        assert self.withdrawn == {platform_id for run, _, platform_id in told if run is None}

    @invariant()
    def threads_remember_their_own_turns(self) -> None:
        """Each finished run's turn once, in order, and no ghost's."""
        rows = self.ask("SELECT thread_id, item FROM items ORDER BY seq")
        found: dict[str, list[str]] = {}
        for thread_id, item in rows:
            found.setdefault(thread_id, []).append(item)
        expected = [thread.turns for thread in self.threads if thread.turns]
        assert sorted(expected) == sorted(found.values())

    @invariant()
    def what_runs_is_what_is_carried_out(self) -> None:
        """The living process has exactly the live runs, each with its thread's history and its own steps."""
        if not self.alive:
            return
        claims = self.claims()
        living = {thread.live.messages[0]: thread for thread in self.threads if thread.live}
        assert set(living) == set(claims)
        for first, thread in living.items():
            assert tuple(thread.turns) == claims[first].history
            assert thread.live is not None
            assert set(claims[first].memo) <= thread.live.steps


class TestSpool(Spool.TestCase):  # type: ignore[misc, valid-type]
    """Whatever happens, in whatever order."""

    settings = settings(max_examples=20, stateful_step_count=30)
