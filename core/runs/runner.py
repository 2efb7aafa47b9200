"""One run, from its claim to its outcome: the answer is made, recorded, shown. Every step may be killed.

What makes each safe: the claim was committed with the message; the journal keeps what must not happen twice
(`runs.loop`, `runs.tool_calls`); `record("answer")` is written before the answer is completed on the
platform, so a death after it repaints and a death before it asks the model again, into the same posts.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from core.errors import Lost, SpoolError, TooLarge, Unreachable, Unsaved, loggable
from core.ports import FullReply, Platform, Reply
from core.runs import output_files, rounds, summaries
from core.runs.answer import Answer, Draft
from core.runs.lanes import Stopping
from core.runs.loop import RunLoop
from core.runs.response import discard
from core.runs.run_context import Ready, Rules, RunContext
from core.store import approvals, files, items
from core.store.approvals import Approval
from core.store.database import Database, Execute
from core.store.journal import Journal
from core.texts import text as own_text
from core.types import ApprovalRequest, Claim, File, Outcome

logger = logging.getLogger(__name__)
MAX_DEATHS = 10


class Runner:
    """Carries out claims; give `Lanes` its `run`."""

    def __init__(self, db: Database, rules: Rules, platforms: Mapping[str, Platform], ready: Ready) -> None:
        self._db, self._rules, self.platforms, self._ready = db, rules, platforms, ready

    async def run(self, claim: Claim, stopping: Stopping) -> Outcome:
        """Answer the claim's messages. Raises only what the database raises."""
        started, draft = asyncio.get_running_loop().time(), Draft()
        journal = Journal(self._db, claim)
        platform = self.platforms[claim.messages[-1].address.platform]
        try:
            run_context = await self._ready() if claim.assistant else None  # our own texts wait for nobody
        except Exception as error:
            answer = Answer("failed", "", error=type(error).__name__)
            await self._last_word(platform, journal, "internal")
            self._log(claim, answer, draft, None, started)
            return Outcome(answer.ending, error=answer.error)
        reply, loop = None, None
        try:
            async with platform.reply(claim.messages[-1], journal) as reply:
                loop = RunLoop(run_context, platform, journal, reply, draft) if run_context else None
                answer = await self._answer(journal, platform, reply, loop, draft, stopping)
                ending = _discard(run_context, journal)
                await asyncio.gather(reply.finish(answer.shown, answer.note), ending)
                answer = await self._attach(journal, platform, reply, answer)
        except Unreachable as error:
            logger.error("answer cannot be shown", extra={"run_id": claim.run, "error": loggable(error)})
            answer = Answer("failed", draft.shown, error=f"unreachable: {error}")
            await self._last_word(platform, journal, "unshowable")
            await _discard(run_context, journal)
        except BaseException:
            if loop:
                loop.asked.leave()
            raise
        if loop:
            await loop.asked.close()
            await loop.asked.recall()
        self._log(claim, answer, draft, reply, started)
        ratio = _ratio(answer, loop)
        return Outcome(answer.ending, self._turn(journal, loop, answer), answer.error, ratio)

    async def _last_word(self, platform: Platform, journal: Journal, notice: str) -> None:
        """Perhaps it was the answer that is not accepted there, and a notice is."""
        with suppress(Unreachable):
            async with platform.reply(journal.claim.messages[-1], journal) as reply:
                seen = await reply.shown()  # stays: a notice replaces nothing people may have read
                await reply.finish(seen, await self._say(platform, journal, notice))

    async def _answer(
        self,
        journal: Journal,
        platform: Platform,
        reply: FullReply,
        loop: RunLoop | None,
        draft: Draft,
        stopping: Stopping,
    ) -> Answer:
        """The recorded answer; else one is made and recorded, and only then shown as final."""
        if "answer" in journal.memo:
            return Answer(
                **{**journal.memo["answer"], "files": tuple(journal.memo["answer"].get("files", ()))}
            )
        answer = await self._make(journal, platform, reply, loop, draft, stopping)
        await self._close_questions(journal, platform, reply)
        await journal.record("answer", asdict(answer))
        return answer

    async def _make(
        self,
        journal: Journal,
        platform: Platform,
        reply: FullReply,
        loop: RunLoop | None,
        draft: Draft,
        stopping: Stopping,
    ) -> Answer:
        claim = journal.claim
        if loop is None:
            return Answer("completed", "", note=await self._own(platform, journal))
        if claim.deaths >= MAX_DEATHS:
            note = await self._say(platform, journal, "interrupted")
            return Answer("failed", await reply.shown(), note=note, error="interrupted")
        if stopping.is_set():  # the process died between the order to stop and its execution
            return await self._stopped(platform, journal, await reply.shown())
        asking = asyncio.create_task(loop.answer())
        ordered = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait({asking, ordered}, return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                return asking.result()
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)  # it may have to say what it left undone
            stopped = await self._stopped(platform, journal, draft.shown or await reply.shown(), draft.head)
            return replace(stopped, note="\n".join(filter(None, [stopped.note, draft.note])))
        finally:
            asking.cancel()
            ordered.cancel()
            await asyncio.gather(asking, ordered, return_exceptions=True)

    async def _close_questions(self, journal: Journal, platform: Platform, reply: FullReply) -> None:
        """A run that ends does not ask for a yes any more, whatever came between a decision and its post."""
        calls = {call.id: call for one in rounds.of(journal) for call in one.calls}
        if not calls:
            return

        def work(tx: Execute) -> tuple[Approval, ...]:
            approvals.end_all(tx, journal.claim.run)
            return approvals.of_run(tx, journal.claim.run)

        for one in await self._db(work):
            call = calls[one.call_id]
            done = one.state != "approved" or rounds.step(call) in journal.memo
            words = await self._say(platform, journal, f"approval_{one.state if done else 'refused'}")
            question = ApprovalRequest(one.id, one.person, "", "", "")
            await reply.decided(question, words.format(name=call.label))

    async def _own(self, platform: Platform, journal: Journal) -> str:
        """One of our own texts, for a message that is no question."""
        message = journal.claim.messages[-1]
        if message.kind == "memory":
            locale = message.locale or await platform.locale(message.user)
            held = await self._db(lambda tx: summaries.held(tx, journal.claim.thread, self._rules.budget))
            return summaries.told(held, locale, self._rules.language)
        return await self._say(platform, journal, message.kind)

    async def _stopped(self, platform: Platform, journal: Journal, text: str, head: str = "") -> Answer:
        note = await self._say(platform, journal, "stopped")
        return Answer("cancelled", output_files.plain(text.removeprefix(head)), note=note, head=head)

    async def _attach(self, journal: Journal, platform: Platform, reply: FullReply, answer: Answer) -> Answer:
        """Post the answer's files, each once; what is not taken is said under the answer."""
        refused: list[str] = []
        for id in answer.files:
            row = await self._db(lambda tx, id=id: files.get(tx, id))  # type: ignore[misc]
            content = await self._db(lambda tx, id=id: files.content(tx, id))  # type: ignore[misc]
            if row is None or content is None:
                continue
            try:
                await reply.attach(File(row.id, row.name, row.type, content))
            except TooLarge as error:
                words = await self._say(platform, journal, "file_out_large")
                refused.append(words.format(name=f"`{row.name}`", megabytes=error.limit // 2**20))
            except (Lost, Unsaved):
                raise
            except SpoolError as error:
                logger.error(
                    "file cannot be shown", extra={"run_id": journal.claim.run, "error": loggable(error)}
                )
                refused.append(
                    (await self._say(platform, journal, "file_out_refused")).format(name=f"`{row.name}`")
                )
        if not refused:
            return answer
        answer = replace(answer, note="\n".join(filter(None, [answer.note, *refused])), files=())
        await journal.record("answer", asdict(answer))
        async with platform.reply(journal.claim.messages[-1], journal) as again:
            await again.finish(answer.shown, answer.note)
        return answer

    def _turn(self, journal: Journal, loop: RunLoop | None, answer: Answer) -> tuple[str, ...]:
        """What the thread remembers: the question always, the model's words as far as they were shown."""
        if loop is None:
            return ()
        before = "\n\n".join(one.text for one in rounds.of(journal) if one.text)
        last = output_files.plain(answer.text).removeprefix(before).strip() if before else answer.text
        said = (items.item("assistant", last),) if last else ()
        return (*loop.asked.remembered(), *rounds.remembered(journal), *said)

    async def _say(self, platform: Platform, journal: Journal, key: str) -> str:
        message = journal.claim.messages[-1]
        return own_text(key, message.locale or await platform.locale(message.user), self._rules.language)

    def _log(self, claim: Claim, answer: Answer, draft: Draft, reply: Reply | None, started: float) -> None:
        """The one line of a run. No text of anybody, no names."""
        waited = max(0.0, time.time() - claim.created_at) - (asyncio.get_running_loop().time() - started)
        fields: dict[str, Any] = {
            "run_id": claim.run,
            "thread_id": claim.thread,
            "assistant_id": claim.assistant.id if claim.assistant else None,
            "platform": claim.messages[-1].address.platform,
            "outcome": answer.ending,
            "error": answer.error or None,
            "first_token_s": _since(draft.first_token_at, started, waited),
            "first_text_s": _since(reply.first_shown_at if reply else None, started, waited),
            "attempts": max(draft.attempts, claim.attempts),
            "resumed": claim.resumed,
            **{key: answer.usage[key] for key in ("input_tokens", "output_tokens") if key in answer.usage},
        }
        logger.info("run %s", answer.ending, extra=fields)


async def _discard(run_context: RunContext | None, journal: Journal) -> None:
    if run_context:  # else the model was not asked
        await discard(run_context.model, journal)


def _ratio(answer: Answer, loop: RunLoop | None) -> float | None:
    """Reported over estimated input tokens; pictures and files would spoil it."""
    reported = answer.usage.get("input_tokens", 0)
    if loop is None or not reported or loop.asked.files() or not (told := loop.estimated):
        return None
    return reported / told


def _since(at: float | None, started: float, waited: float) -> float | None:
    """Seconds from the message's acceptance to that moment of the event loop."""
    return None if at is None else round(at - started + waited, 4)
