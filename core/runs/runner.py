"""One run, from its claim to its outcome: the answer is made, recorded, shown. Every step may be killed.

What makes each safe: the claim was committed with the message; the journal keeps what must not happen twice
(`runs.loop`, `runs.tool_calls`); step `answer` is recorded before the answer is completed on the platform, so
a death after it repaints and a death before it asks the model again, into the same posts.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, Protocol

from core.errors import Parked, Unreachable, loggable
from core.policy.access import DAY
from core.ports import Platform
from core.runs import output_files, read_channel, rounds, summaries
from core.runs.client import objects, records
from core.runs.client.watching import Watching
from core.runs.lanes import Stopping
from core.runs.loop import RunLoop
from core.runs.run import Run
from core.runs.run_context import Ready, Rules, RunContext
from core.store import client_runs, deletions, items, notices, steps
from core.store.database import Database, Execute
from core.store.steps import Answer
from core.texts import ended
from core.types import AnswerButton, Assistant, Claim, Ending, Outcome, Over, Vote, Wish

logger = logging.getLogger(__name__)
MAX_DEATHS = 10


class Answering(Protocol):
    """How one kind of run comes to its answer, and what it leaves."""

    async def answer(self) -> Answer:
        """Make the answer; it is recorded and shown by who asks."""
        ...

    async def forget(self) -> None:
        """The answer is known: what was kept for a death before that is let go of."""
        ...

    def leave(self) -> None:
        """The run is let go of without an outcome: another process goes on with it."""
        ...

    async def outcome(self, answer: Answer) -> Outcome:
        """How it ended, and what the thread remembers."""
        ...


class Runner:
    """Carries out claims; give `Lanes` its `run`."""

    def __init__(self, db: Database, rules: Rules, platforms: Mapping[str, Platform], ready: Ready) -> None:
        self._db, self._rules, self.platforms, self._ready = db, rules, platforms, ready
        self.watching = Watching()
        """Who is told of clients' runs."""

    async def run(self, claim: Claim, stopping: Stopping) -> Outcome:
        """Answer the claim's messages. Raises only what the database raises."""
        run = Run(
            self._db, self._rules, self.platforms[claim.messages[-1].address.platform], claim, self.watching
        )
        if run.message.over:
            return await _refused(run, run.message.over, stopping)
        if claim.assistant and not run.admitted:
            return await _closed(run, claim.assistant, stopping)
        try:
            context = await self._ready() if claim.assistant else None  # our own texts wait for nobody
        except Exception as error:
            run.gate.ask(stopping.set)
            await _last_word(run, "internal")
            _log(run, Answer("failed", "", error=type(error).__name__))
            return Outcome("failed", error=type(error).__name__)
        kind = ModelRun(run, context, stopping) if context else TextRun(run)
        try:
            answer = await self._carry_out(run, kind, stopping)
        except Parked as parked:
            parked.marks = _marks(run)
            raise
        outcome = replace(await kind.outcome(answer), marks=_marks(run))
        _log(run, answer)
        return replace(outcome, items=()) if answer is WITHDRAWN else outcome

    async def _carry_out(self, run: Run, kind: Answering, stopping: Stopping) -> Answer:
        run.gate.ask(stopping.set)
        try:
            async with run:
                answer = run.journal.get(steps.ANSWER)
                if answer is None:
                    answer = await kind.answer()
                    answer = answer if await run.gate.allowed() else WITHDRAWN
                    await run.record_answer(answer)  # only then it is shown as final
                if answer != WITHDRAWN and not await _withdrawn(run, stopping):
                    buttons = await _buttons(run, answer)
                    await asyncio.gather(run.reply.finish(answer.shown, answer.note, buttons), kind.forget())
                if answer == WITHDRAWN or await _withdrawn(run, stopping):  # perhaps only meanwhile
                    await asyncio.gather(run.reply.remove(), kind.forget())
                    return WITHDRAWN
                return await output_files.attach(run, answer) if answer.files else answer
        except Unreachable as error:
            logger.error("answer cannot be shown", extra={**run.place, "error": loggable(error)})
            await _last_word(run, "unshowable")
            await kind.forget()
            return Answer("failed", run.draft.shown, error=f"unreachable: {error}")
        except BaseException:
            kind.leave()
            raise


class TextRun:
    """Says one of our own texts, for a message that is no question."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def answer(self) -> Answer:
        """See `Answering.answer`."""
        return Answer("completed", "", note=await self._text())

    async def _text(self) -> str:
        run, asked = self._run, self._run.message
        if asked.kind not in ("memory", "reset"):
            return await run.say(asked.kind)
        locale, budget = await run.locale(), run.rules.budget
        if asked.kind == "reset":
            return ended(run.rules.scopes.extent(asked.address, asked.parent), locale, run.rules.language)
        held = await run.db(lambda tx: summaries.held(tx, run.claim.thread, budget))
        return summaries.told(held, locale, run.rules.language)

    async def forget(self) -> None:
        """See `Answering.forget`."""

    def leave(self) -> None:
        """See `Answering.leave`."""

    async def outcome(self, answer: Answer) -> Outcome:
        """See `Answering.outcome`."""
        return Outcome(answer.ending, error=answer.error)


class ModelRun:
    """Has the model answer, unless the run is stopped or has died too often."""

    def __init__(self, run: Run, context: RunContext, stopping: Stopping) -> None:
        self._run, self._context, self._stopping = run, context, stopping
        self._loop = RunLoop(run, context)

    async def answer(self) -> Answer:
        """See `Answering.answer`."""
        answer = await self._answer()
        if self._run.rounds:
            await self._loop.calls.close()
        if progress := self._loop.reader.progress:
            known = {one["id"] for each in self._run.rounds for one in each.records}
            last = progress.closed(answer.ending)
            return replace(answer, records=tuple(one for one in last if one["id"] not in known))
        if any(message.followed for message in self._run.claim.messages):
            told = await self._run.say("follow_ends")
            return replace(answer, note="\n".join(filter(None, [answer.note, told])))
        return answer

    async def _answer(self) -> Answer:
        run, draft = self._run, self._run.draft
        if run.claim.deaths >= MAX_DEATHS:
            note = await run.say("interrupted")
            return Answer("failed", await run.reply.shown(), note=note, error="interrupted")
        if self._stopping.is_set():  # the process died between the order to stop and its execution
            return await self._stopped(await run.reply.shown())
        asking = asyncio.create_task(self._loop.answer())
        ordered = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({asking, ordered}, return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                return asking.result()
        finally:
            ordered.cancel()
            if not asking.done():
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)  # it may have to say what it left undone
        stopped = await self._stopped(draft.shown or await run.reply.shown(), draft.head)
        return replace(stopped, note="\n".join(filter(None, [stopped.note, draft.note])))

    async def _stopped(self, text: str, head: str = "") -> Answer:
        if self._run.claim.options:
            return Answer(await self._run.db(self._stop), text)
        note = await self._run.say("stopped")
        return Answer("cancelled", output_files.plain(text.removeprefix(head)), note=note, head=head)

    def _stop(self, tx: Execute) -> Ending:
        """Whether its client or its time has ended it."""
        row = client_runs.get(tx, self._run.claim.thread, self._run.claim.run)
        over = row and row.expires_at and row.expires_at <= time.time()  # no row: its thread was deleted
        return "expired" if over else "cancelled"

    async def forget(self) -> None:
        """See `Answering.forget`."""
        await self._loop.reader.discard()

    def leave(self) -> None:
        """See `Answering.leave`."""
        self._loop.input.leave()

    async def outcome(self, answer: Answer) -> Outcome:
        """See `Answering.outcome`."""
        await self._loop.input.close()
        await self._loop.input.recall()
        await read_channel.forget(self._run, self._context.toolbox)
        turn = (*self._loop.input.remembered(), *self._said(answer))
        told, error = (
            (*(one for each in self._run.rounds for one in each.records), *answer.records),
            answer.error,
        )
        if self._run.claim.options and answer.ending == "failed":
            error = f"{objects.error_code(error)}: {error}"
        return Outcome(answer.ending, turn, error, self._ratio(answer), told)

    def _said(self, answer: Answer) -> tuple[str, ...]:
        """The model's part of what the thread remembers: its words as far as they were shown."""
        if self._run.claim.options:
            last_said = [items.item("assistant", one["text"]) for one in records.texts(answer.records)]
            return (*rounds.remembered(self._run), *last_said)
        last = answer.text
        worked: tuple[str, ...] = ()
        if self._run.rounds:
            before = "\n\n".join(one.text for one in self._run.rounds if one.text)
            last = output_files.plain(last).removeprefix(before).strip() if before else last
            worked = tuple(rounds.remembered(self._run))
        return (*worked, items.item("assistant", last)) if last else worked

    def _ratio(self, answer: Answer) -> float | None:
        """Reported over estimated input tokens; pictures and files would spoil it."""
        reported = answer.usage.get("input_tokens", 0)
        told = self._loop.estimated
        return reported / told if reported and told and not self._loop.input.sent() else None


WITHDRAWN: Final = Answer("cancelled", "", error="message deleted")
"""Of a run whose question was deleted: its posts are gone, and nothing of it is remembered."""


async def _closed(run: Run, assistant: Assistant, stopping: Stopping) -> Outcome:
    """It is not for who asks, who alone is told so, once a day; after a death just then, again."""
    run.gate.ask(stopping.set)
    where, now, about = run.message.address, time.time(), f"audience:{assistant.id}"
    person = f"{where.platform}:{run.message.user}"
    if await run.gate.allowed() and not await run.db(lambda tx: notices.told(tx, person, about, now)):
        told = await run.say("assistant_closed", name=assistant.label, id=assistant.id)
        await run.platform.notice(run.message, told)
        await run.db(lambda tx: notices.first(tx, person, about, now, now + DAY))
    run.gate.close()
    _log(run, Answer("cancelled", "", error="audience"))
    return Outcome("cancelled", error="audience")


async def _refused(run: Run, over: Over, stopping: Stopping) -> Outcome:
    """It was one message too many. Who wrote it is told, and nobody else; after a death just then, again."""
    run.gate.ask(stopping.set)
    if await run.gate.allowed():
        await run.platform.notice(run.message, await run.say_over(over))
    run.gate.close()
    _log(run, Answer("cancelled", "", error=over.limit))
    return Outcome("cancelled", error=over.limit)


async def _withdrawn(run: Run, stopping: Stopping) -> bool:
    """Whether it was stopped because all that it answers was deleted, perhaps before a death."""
    if run.claim.options or not stopping.is_set():
        return False
    return await run.db(lambda tx: deletions.all_gone(tx, run.claim.run))


async def _buttons(run: Run, answer: Answer) -> tuple[AnswerButton, ...]:
    """Under what the model has said, and under no text of ours."""
    said = answer.text.strip() and answer.ending in ("completed", "incomplete")
    if not (said and run.claim.assistant) or run.claim.options:
        return ()
    offered: list[Wish | Vote] = ["again", "shorter"] if run.rules.buttons else []
    offered += ["good", "bad"] if run.claim.assistant.rated(run.rules.feedback) else []
    return tuple([AnswerButton(one, await run.say(f"{one}_button")) for one in offered])


async def _last_word(run: Run, notice: str) -> None:
    """Perhaps it was the answer that is not accepted there, and a notice is."""
    if not await run.gate.allowed():
        return
    with suppress(Unreachable):
        async with run.opened() as reply:
            seen = await reply.shown()  # stays: a notice replaces nothing people may have read
            await reply.finish(seen, await run.say(notice))


def _log(run: Run, answer: Answer) -> None:
    """The one line of a run. No text of anybody, no names."""
    claim = run.claim
    waited = max(0.0, time.time() - claim.created_at) - (asyncio.get_running_loop().time() - run.started)
    fields: dict[str, Any] = {
        "run_id": claim.run,
        "thread_id": claim.thread,
        "assistant_id": claim.assistant.id if claim.assistant else None,
        "platform": run.message.address.platform,
        "outcome": answer.ending,
        "error": answer.error or None,
        "first_token_s": _since(run.draft.first_token_at, run.started, waited),
        "first_text_s": _since(run.first_shown_at, run.started, waited),
        "attempts": max(run.draft.attempts, claim.attempts),
        "resumed": claim.resumed,
        **dict(zip(("input_tokens", "output_tokens"), run.tokens or (), strict=False)),
    }
    logger.info("run %s", answer.ending, extra=fields)


def _marks(run: Run) -> tuple[float | None, float | None, int]:
    """For `Outcome`: the moments of the event loop as times."""
    zero, token, text = (
        time.time() - asyncio.get_running_loop().time(),
        run.draft.first_token_at,
        run.first_shown_at,
    )
    return (token and zero + token, text and zero + text, run.journal.edits)


def _since(at: float | None, started: float, waited: float) -> float | None:
    """Seconds from the message's acceptance to that moment of the event loop."""
    return None if at is None else round(at - started + waited, 4)
