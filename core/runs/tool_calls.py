"""The calls of one round, carried out in parallel; each result is recorded before it is sent to the model.

What makes each step safe: a call that only reads may be repeated, so nothing is written before it. One with
effects needs a person's yes, and `begun` is recorded before it is carried out: after a crash a call that had
begun and has no result is not repeated, and the person is told.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

from core.errors import Permanent
from core.ports import FullReply
from core.runs.answer import Draft
from core.runs.rounds import UNKNOWN, Call, Round, step
from core.runs.run_context import RunContext
from core.store import approvals, files, runs
from core.store.approvals import State
from core.store.files import Taken
from core.store.journal import Journal
from core.tools import Result, Tool, Toolbox, execute, objection
from core.types import Activity, ApprovalRequest

logger = logging.getLogger(__name__)
AT_ONCE: Final = 16
"""Calls of one run that are carried out at the same time."""
QUESTION_CHARACTERS: Final = 1500
_UNSEEN: Final = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
"""Characters that hide or turn round what stands beside them, and halves of characters."""
_NOT_ALLOWED: Final[dict[State, str]] = {
    "refused": "error: the person did not allow this, so it was not done. Do not try it again unless asked.",
    "expired": "error: nobody answered in time, so it was not done. Say so; do not try it again by yourself.",
}
Say = Callable[[str], Awaitable[str]]
"""Gives our own text of that key in the person's language."""


class ToolCalls:
    """Carries out the calls of one run."""

    def __init__(
        self,
        run_context: RunContext,
        journal: Journal,
        reply: FullReply,
        draft: Draft,
        toolbox: Toolbox,
        say: Say,
    ) -> None:
        self._run_context, self._journal, self._reply, self._draft = run_context, journal, reply, draft
        self._toolbox, self._say = toolbox, say
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._asking = 0
        self._asked_at = 0.0
        self._deadline: asyncio.Timeout | None = None

    async def carry_out(self, one: Round, allowed: frozenset[str]) -> None:
        """Returns ⇒ every call of the round has a recorded result. Raises Permanent at the run's deadline."""
        tasks = [
            asyncio.create_task(self._result(call, allowed), name=f"call {call.name}") for call in one.calls
        ]
        deadline = self._deadline = asyncio.timeout_at(self._draft.until)
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

    async def _result(self, call: Call, allowed: frozenset[str]) -> None:
        memo = self._journal.memo.get(step(call), {})
        if "output" in memo or "approve" in memo:
            return
        if call.server:
            state = await self._confirmed(call)
            await self._journal.record(step(call), {"approve": state == "approved"})
            return
        async with self._slots:
            tool = self._toolbox.get(call.name) if call.name in allowed else None
            result = await (
                self._effect(call, tool, memo) if tool and tool.confirm else self._call(call, tool)
            )
        self._draft.done(call.id, self._reply, ok=result.ok)
        value: dict[str, Any] = {"output": result.output, "files": await self._files(call, result)}
        if result.output == UNKNOWN:
            value["interrupted"] = True
        await self._journal.record(step(call), value)

    async def sending(self, one: Round) -> None:
        """The round's results are about to be sent. A yes to an MCP server is sent once only: what a response
        that broke off did with it is not known.
        """
        for call in one.calls:
            memo = self._journal.memo[step(call)]
            if memo.get("approve"):
                changed = {"approve": False, "interrupted": True} if "sent" in memo else {"sent": time.time()}
                await self._journal.record(step(call), {**memo, **changed})

    async def interruptions(self, one: Round) -> list[str]:
        """What the person is told about calls of which nobody knows whether they took effect."""
        interrupted = [call for call in one.calls if self._journal.memo[step(call)].get("interrupted")]
        return [(await self._say("tool_interrupted")).format(name=call.name) for call in interrupted]

    async def not_sent(self, one: Round) -> None:
        """The request was turned away: nothing of it was done."""
        for call in one.calls:
            memo = self._journal.memo[step(call)]
            if memo.get("approve") and "sent" in memo:
                await self._journal.record(step(call), {"approve": True})

    async def _call(self, call: Call, tool: Tool | None) -> Result:
        await self._begin(call)
        started = time.monotonic()
        rules = self._run_context.rules
        result = await execute(
            tool, call.name, call.arguments, seconds=rules.limits.tool, secrets=rules.secrets
        )
        fields = {"run_id": self._journal.claim.run, "tool": call.name, "ok": result.ok}
        logger.info("tool called", extra={**fields, "seconds": round(time.monotonic() - started, 3)})
        return result

    async def _begin(self, call: Call) -> None:
        title = (await self._say("task_function")).format(name=call.name)
        self._draft.doing(Activity(call.id, title), self._reply)

    async def _effect(self, call: Call, tool: Tool, memo: dict[str, Any]) -> Result:
        """A call with effects: with a yes only, and never twice."""
        interrupted = (await self._say("tool_interrupted")).format(name=call.name)
        if "begun" in memo:
            return Result(UNKNOWN, False)
        if objected := objection(tool, call.arguments):  # nobody is asked about what cannot be done
            return objected
        state = await self._confirmed(call)
        if state != "approved":
            return Result(_NOT_ALLOWED[state], False)
        await self._journal.record(step(call), {"begun": time.time()})  # from here on it is not repeated
        try:
            return await self._call(call, tool)
        except asyncio.CancelledError:
            self._draft.notes[interrupted] = None
            raise

    async def _confirmed(self, call: Call) -> State:
        """What the person who asked says to this very call; the run's deadline stands still meanwhile."""
        claim, seconds, now = self._journal.claim, self._run_context.rules.limits.approval, time.time()
        person = claim.messages[-1].user
        approval = await self._run_context.db(
            lambda tx: approvals.settle(tx, claim.run, call.id, person, now, seconds)
        )
        question = ApprovalRequest(
            approval.id,
            person,
            await self._words(call),
            await self._say("approve"),
            await self._say("refuse"),
        )
        await self._waiting(1)
        try:
            if approval.state == "waiting" and time.time() < approval.expires_at:
                await self._reply.ask(question)
            state = await self._run_context.approvals.wait(approval)
            logger.info("question over", extra={"run_id": claim.run, "tool": call.name, "state": state})
            over = (await self._say(f"approval_{state}")).format(name=call.label)
            await self._reply.decided(question, over)
            return state
        finally:
            await self._waiting(-1)

    async def _waiting(self, change: int) -> None:
        """The run waits for a person from the first question to the last answer."""
        loop, claim = asyncio.get_running_loop(), self._journal.claim
        before, self._asking = self._asking, self._asking + change
        if not before:
            self._asked_at = loop.time()
        elif not self._asking:
            self._draft.until += loop.time() - self._asked_at
        if self._deadline:
            self._deadline.reschedule(None if self._asking else self._draft.until)
        if bool(before) != bool(self._asking):
            waiting = bool(self._asking)
            await self._run_context.db(
                lambda tx: runs.await_action(tx, claim.run, claim.owner, waiting=waiting)
            )

    async def _words(self, call: Call) -> str:
        """The question, with the exact arguments as far as they fit."""
        arguments = _readable(call.arguments)
        if len(arguments) > QUESTION_CHARACTERS:
            arguments = arguments[:QUESTION_CHARACTERS] + f"\n… (+{len(arguments) - QUESTION_CHARACTERS})"
        name = f"{call.server}: {call.label}" if call.server else call.label
        return (await self._say("approval_question")).format(name=name) + f"\n```\n{arguments}\n```"

    async def _files(self, call: Call, result: Result) -> list[str]:
        """Files the tool gave back, stored before its result is."""
        claim, rows = self._journal.claim, []
        for number, file in enumerate(result.files):
            taken = Taken(file.name, file.type, content=file.data)
            key, now = f"{call.id}-{number}", time.time()
            stored = partial(
                files.add_output, run=claim.run, thread=claim.thread, key=key, given=taken, now=now
            )
            row = await self._run_context.db(stored)
            rows.append(row.id)
        return rows


def _readable(arguments: str) -> str:
    """The arguments over several lines; nothing in them ends a block of code or changes how they look."""
    with suppress(ValueError):
        arguments = json.dumps(json.loads(arguments), indent=2, ensure_ascii=False)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", arguments).replace("```", "'''")
