"""The calls of one round, carried out in parallel; each result is recorded before it is sent to the model.

What makes each step safe: a call that only reads may be repeated, so nothing is written before it. One with
effects needs a person's yes, and `begun` is recorded before it is carried out: after a crash a call that had
begun and has no result is not repeated, and the person is told.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from dataclasses import replace
from functools import partial
from typing import Final, Literal

from core.errors import Lost, Parked, Permanent, SpoolError, Unsaved, loggable
from core.runs.approvals import Approvals, Shown, shown
from core.runs.prompt.request import Offer
from core.runs.rounds import UNKNOWN
from core.runs.run import Run
from core.store import approvals, files, runs, steps
from core.store.approvals import Approval, State
from core.store.database import Execute
from core.store.steps import Begun, Call, CallState, Decided, Done, Round
from core.tools import Result, Tool, Toolbox, execute, objection
from core.types import Activity, ApprovalRequest, File

logger = logging.getLogger(__name__)
AT_ONCE: Final = 16
"""Calls of one run that are carried out at the same time."""
MOST_QUESTIONS: Final = 5
"""Questions of one run that are open at the same time; the others wait until one is answered."""
Verdict = State | Literal["unshown", "nobody", "trial"]
"""What became of a question; `unshown`: it was not asked, since what it is about cannot be shown; `nobody`:
clients of the API are asked nothing; `trial`: nobody is to be, and nothing is to be changed."""
NOT_IN_TRIAL: Final = (
    "error: this is a trial of the assistant, in which nothing is changed, so it was not done. Say which "
    "call you would have made, and go on as far as that is possible without it."
)
_NOT_ALLOWED: Final[dict[Verdict, str]] = {
    "refused": "error: the person did not allow this, so it was not done. Do not try it again unless asked.",
    "expired": "error: nobody answered in time, so it was not done. Say so; do not try it again by yourself.",
    "unshown": "error: these arguments are too long to be shown to a person, so nobody was asked and it was "
    "not done. Use fewer keys and shorter names and values, or several smaller calls.",
    "trial": NOT_IN_TRIAL,
    "nobody": "error: this needs a person's yes, and nobody can be asked here, so it was not done. Say so.",
}


class ToolCalls:
    """Carries out the calls of one run."""

    def __init__(self, run: Run, approvals: Approvals, toolbox: Toolbox) -> None:
        self._run, self._approvals, self._toolbox = run, approvals, toolbox
        self._slots, self._questions = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(MOST_QUESTIONS)
        self._asking = 0
        self._asked_at = 0.0
        self._deadline: asyncio.Timeout | None = None

    async def carry_out(self, one: Round, offer: Offer) -> None:
        """Returns ⇒ every call of the round has a recorded result. Raises Permanent at the run's deadline.

        Raises Parked where a client owes some: those that are carried out here are done by then.
        """
        owed = [call for call in one.calls if offer.of_client(call) and self._state(call) is None]
        tasks = [
            asyncio.create_task(self._result(call, offer), name=f"call {call.name}")
            for call in one.calls
            if call not in owed
        ]
        deadline = self._deadline = asyncio.timeout_at(self._run.draft.until)
        try:
            async with deadline:
                await asyncio.gather(*tasks)
        except TimeoutError:
            if deadline.expired():
                raise Permanent("run_deadline", notice="timeout") from None
            raise
        finally:
            self._deadline = None
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if owed:
            raise Parked(tuple(call.id for call in owed))

    def outputs(self, one: Round, offer: Offer) -> dict[str, tuple[str, float]]:
        """What the calls have given that are carried out here; nothing where the client carries out some."""
        if any(offer.of_client(call) for call in one.calls):
            return {}
        states = {call.id: self._state(call) for call in one.calls}
        return {id: (state.output, time.time()) for id, state in states.items() if isinstance(state, Done)}

    def _state(self, call: Call) -> CallState | None:
        return self._run.journal.get(steps.call(call.id))

    async def _record(self, call: Call, state: CallState, began: float | None = None) -> None:
        await self._run.journal.record(steps.call(call.id), state, began=began)

    async def _result(self, call: Call, offer: Offer) -> None:
        state = self._state(call)
        if isinstance(state, Done | Decided):
            return
        began = time.time()
        if call.server:
            await self._record(call, await self._remote(call, offer), began)
            return
        async with self._slots:
            began = time.time()
            tool = self._toolbox.get(call.name) if call.name in offer.functions else None
            result = await (
                self._effect(call, tool, begun=state is not None)
                if tool and tool.confirm
                else self._call(call, tool)
            )
        self._run.done(call.id, ok=result.ok)
        files, unshown = await self._files(call, result), result.output == _NOT_ALLOWED["unshown"]
        notice = "approval_unshown" if unshown else ""
        await self._record(call, Done(result.output, files, result.output == UNKNOWN, notice), began)

    async def _remote(self, call: Call, offer: Offer) -> Decided:
        """What is recorded of an MCP server's call. Nobody is asked about one that was not offered."""
        if not offer.remote(call.server, call.name):
            facts = {"run_id": self._run.claim.run}
            logger.warning(
                "the model server asks for an MCP tool that it was not offered: refused", extra=facts
            )
            return Decided(approve=False)
        verdict = await self._confirmed(call)
        return Decided(verdict == "approved", notice="approval_unshown" if verdict == "unshown" else "")

    async def sending(self, one: Round) -> None:
        """The round's results are about to be sent. A yes to an MCP server is sent once only: what a response
        that broke off did with it is not known.
        """
        for call in one.calls:
            state = self._state(call)
            if isinstance(state, Decided) and state.approve:
                lost = replace(state, approve=False, interrupted=True)
                await self._record(call, lost if state.sent else replace(state, sent=time.time()))

    async def interruptions(self, one: Round) -> list[str]:
        """What the person is told about calls: that nobody knows of an effect, or why they were not asked."""
        told = []
        for call in one.calls:
            state = self._state(call)
            assert isinstance(state, Done | Decided)  # a round is sent once all of it is done
            if key := "tool_interrupted" if state.interrupted else state.notice:
                told.append(await self._run.say(key, name=call.label))
        return told

    async def not_sent(self, one: Round) -> None:
        """The request was turned away: nothing of it was done."""
        for call in one.calls:
            state = self._state(call)
            if isinstance(state, Decided) and state.approve and state.sent:
                await self._record(call, Decided(approve=True))

    async def _call(self, call: Call, tool: Tool | None) -> Result:
        await self._begin(call)
        started = time.monotonic()
        rules = self._run.rules
        result = await execute(
            tool, call.name, call.arguments, seconds=rules.limits.tool, secrets=rules.secrets
        )
        fields = {"run_id": self._run.claim.run, "tool": call.name, "ok": result.ok}
        logger.info("tool called", extra={**fields, "seconds": round(time.monotonic() - started, 3)})
        return result

    async def _begin(self, call: Call) -> None:
        title = await self._run.say("task_function", name=call.name)
        self._run.doing(Activity(call.id, title))

    async def _effect(self, call: Call, tool: Tool, *, begun: bool) -> Result:
        """A call with effects: with a yes only, and never twice."""
        interrupted = await self._run.say("tool_interrupted", name=call.name)
        if begun:
            return Result(UNKNOWN, False)
        if objected := objection(tool, call.arguments):  # nobody is asked about what cannot be done
            return objected
        state = await self._confirmed(call)
        if state != "approved":
            return Result(_NOT_ALLOWED[state], False)
        await self._record(call, Begun(time.time()), time.time())  # from here on it is not repeated
        try:
            return await self._call(call, tool)
        except asyncio.CancelledError:
            self._run.draft.notes[interrupted] = None
            raise

    async def _confirmed(self, call: Call) -> Verdict:
        """What the person who asked says to this very call, once they were shown all of it."""
        options = self._run.claim.options
        if options and not options.page:
            return "trial" if options.trial else "nobody"
        async with self._questions:
            found = shown(call.arguments)
            if found is None or not await self._attached(call, found):
                return "unshown"
            return await self._asked(call, found)

    async def _attached(self, call: Call, found: Shown) -> bool:
        """Whether people can read all of the arguments: what the question shortens is whole in a file."""
        if not found.whole:
            return True
        try:
            whole = found.whole.encode()
            await self._run.reply.attach(f"ask-{call.id}", File(_file_of(call), "application/json", whole))
        except (Lost, Unsaved):
            raise
        except SpoolError as error:
            facts = {"run_id": self._run.claim.run, "tool": call.label, "error": loggable(error)}
            logger.warning("arguments cannot be shown as a file, so nobody is asked", extra=facts)
            return False
        return True

    async def _asked(self, call: Call, found: Shown) -> State:
        """The person's answer; the run's deadline stands still meanwhile."""
        run, seconds, now = self._run.claim.run, self._run.rules.limits.approval, time.time()
        person = self._run.message.user
        approval = await self._run.db(lambda tx: approvals.settle(tx, run, call.id, person, now, seconds))
        question = ApprovalRequest(
            approval.id,
            person,
            await self._words(call, found),
            await self._run.say("approve"),
            await self._run.say("refuse"),
        )
        await self._waiting(1)
        try:
            if approval.state == "waiting" and time.time() < approval.expires_at:
                await self._run.reply.ask(question)
            state = await self._approvals.wait(approval)
            logger.info("question over", extra={"run_id": run, "tool": call.name, "state": state})
            over = await self._run.say(f"approval_{state}", name=call.label)
            await self._run.reply.decided(question, over)
            return state
        finally:
            await self._waiting(-1)

    async def _waiting(self, change: int) -> None:
        """The run waits for a person from the first question to the last answer."""
        loop, claim = asyncio.get_running_loop(), self._run.claim
        before, self._asking = self._asking, self._asking + change
        if not before:
            self._asked_at = loop.time()
        elif not self._asking:
            self._run.draft.until += loop.time() - self._asked_at
        if self._deadline:
            self._deadline.reschedule(None if self._asking else self._run.draft.until)
        if bool(before) != bool(self._asking):
            waiting = bool(self._asking)
            await self._run.db(lambda tx: runs.await_action(tx, claim.run, claim.owner, waiting=waiting))
            if waiting:
                await self._approvals.asked()

    async def _words(self, call: Call, found: Shown) -> str:
        """The question, with the arguments."""
        name = f"{call.server}: {call.label}" if call.server else call.label
        words = await self._run.say("approval_question", name=name) + f"\n```\n{found.text}\n```"
        if found.whole:
            words += "\n" + await self._run.say("approval_file", name=f"`{_file_of(call)}`")
        return words

    async def _files(self, call: Call, result: Result) -> tuple[str, ...]:
        """Files the tool gave back, stored before its result is."""
        claim, rows = self._run.claim, []
        for number, given in enumerate(result.files):
            file = File(given.name, given.type, given.data)
            key, now = f"{call.id}-{number}", time.time()
            stored = partial(
                files.add_output, run=claim.run, thread=claim.thread, key=key, file=file, now=now
            )
            row = await self._run.db(stored)
            rows.append(row.id)
        return tuple(rows)

    async def close(self) -> None:
        """A run that ends does not ask for a yes any more, whatever came between a decision and its post."""
        calls = {call.id: call for one in self._run.rounds for call in one.calls}
        if not calls:
            return

        def work(tx: Execute) -> tuple[Approval, ...]:
            approvals.end_all(tx, self._run.claim.run)
            return approvals.of_run(tx, self._run.claim.run)

        for one in await self._run.db(work):
            call = calls[one.call_id]
            done = one.state != "approved" or self._state(call) is not None
            words = await self._run.say(f"approval_{one.state if done else 'refused'}", name=call.label)
            await self._run.reply.decided(ApprovalRequest(one.id, one.person, "", "", ""), words)


def _file_of(call: Call) -> str:
    return re.sub(r"\W+", "_", call.label)[:60] + ".json"
