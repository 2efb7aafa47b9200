"""One run, from its claim to its outcome: context, model, reply. Every step may be killed.

What makes each safe: the claim was committed with the message; `once("context")` and `record("response")`
keep what must not happen twice; `record("answer")` is written before the answer is completed on the
platform, so a death after it repaints and a death before it asks the model again, into the same posts.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
import time
from contextlib import aclosing, suppress
from dataclasses import asdict, dataclass
from typing import Any

from core.answer import Answer, Draft
from core.database import Database
from core.errors import Lost, Permanent, Retryable, Unreachable, Unsaved
from core.journal import Journal
from core.lanes import MAX_ATTEMPTS, Stopping
from core.ports import Model, Platform, Reply
from core.store import items, messages, runs
from core.store.runs import Claim, Outcome
from core.texts import text as own_text
from core.types import Earlier, Finished, Prompt, Started, TextDelta

logger = logging.getLogger(__name__)
MAX_DEATHS = 10


@dataclass(frozen=True, slots=True)
class Assistant:
    """Who answers."""

    id: str
    instructions: str
    model: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Deadlines in seconds: without any event of the model, and for a whole run of the model."""

    idle: float = 60.0
    run: float = 600.0


class Runner:
    """Carries out claims; give `Lanes` its `run`."""

    def __init__(
        self,
        db: Database,
        model: Model,
        assistant: Assistant,
        *,
        limits: Limits,
        language: str,
        shared: bool,
        budget: int,
    ) -> None:
        self._db, self._model, self._assistant = db, model, assistant
        self._limits, self._language, self._shared, self._budget = limits, language, shared, budget
        self.platforms: dict[str, Platform] = {}

    async def run(self, claim: Claim, stopping: Stopping) -> Outcome:
        """Answer the claim's messages. Raises only what the database raises."""
        started, draft = asyncio.get_running_loop().time(), Draft()
        journal = Journal(self._db, claim)
        platform = self.platforms[claim.messages[-1].address.platform]
        reply = None
        try:
            async with platform.reply(claim.messages[-1], journal) as reply:
                answer = await self._answer(journal, platform, reply, draft, stopping)
                await asyncio.gather(reply.finish(answer.text, answer.note), self._discard(journal))
        except Unreachable as error:
            logger.error("answer cannot be shown", extra={"run_id": claim.run, "error": str(error)})
            answer = Answer("failed", draft.shown, error=f"unreachable: {error}")
            await self._last_word(platform, journal)
        self._log(claim, answer, draft, reply, started)
        return Outcome(answer.ending, self._turn(journal, answer), answer.error)

    async def _last_word(self, platform: Platform, journal: Journal) -> None:
        """Perhaps it was this answer that is not accepted there, and a notice is."""
        with suppress(Unreachable):
            async with platform.reply(journal.claim.messages[-1], journal) as reply:
                await reply.finish("", await self._say(platform, journal, "unshowable"))
        await self._discard(journal)

    async def _answer(
        self, journal: Journal, platform: Platform, reply: Reply, draft: Draft, stopping: Stopping
    ) -> Answer:
        """The recorded answer; else one is made and recorded, and only then shown as final."""
        if "answer" in journal.memo:
            return Answer(**journal.memo["answer"])
        answer = await self._make(journal, platform, reply, draft, stopping)
        await journal.record("answer", asdict(answer))
        return answer

    async def _make(
        self, journal: Journal, platform: Platform, reply: Reply, draft: Draft, stopping: Stopping
    ) -> Answer:
        claim = journal.claim
        message = claim.messages[-1]
        if message.kind != "ask":
            locale = message.locale or await platform.locale(message.user)
            return Answer("completed", "", note=own_text(message.kind, locale, self._language))
        if claim.deaths >= MAX_DEATHS:
            return await self._failed(platform, journal, "interrupted", "interrupted", await reply.shown())
        if stopping.is_set():  # the process died between the order to stop and its execution
            return await self._stopped(platform, journal, await reply.shown())
        asking = asyncio.create_task(self._ask(journal, platform, reply, draft))
        ordered = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait({asking, ordered}, return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                return asking.result()
            return await self._stopped(platform, journal, draft.shown or await reply.shown())
        finally:
            asking.cancel()
            ordered.cancel()
            await asyncio.gather(asking, ordered, return_exceptions=True)

    async def _ask(self, journal: Journal, platform: Platform, reply: Reply, draft: Draft) -> Answer:
        """Ask the model until it answers, refuses for good, or three errors were met."""
        claim = journal.claim
        draft.until = asyncio.get_running_loop().time() + self._limits.run
        while True:
            try:
                return await self._attempt(journal, platform, reply, draft)
            except Permanent as error:
                return await self._failed(platform, journal, error.notice, error.code, draft.shown)
            except (Lost, Unreachable, Unsaved):
                raise
            except Exception as error:  # a bug of ours counts too: nobody is left without an answer
                met = _retryable(error)
                logger.warning("run met an error", extra={"run_id": claim.run, "error": met.code})
                draft.attempts = await self._db(
                    lambda x, code=met.code: runs.met_error(x, claim.run, claim.owner, code)  # type: ignore[misc]
                )
                if draft.attempts >= MAX_ATTEMPTS:
                    return await self._failed(platform, journal, met.notice, met.code, draft.shown)
                await asyncio.sleep(_pause(draft.attempts, met.retry_after))

    async def _attempt(self, journal: Journal, platform: Platform, reply: Reply, draft: Draft) -> Answer:
        """One model response, followed to its terminal event. Raises Retryable or Permanent."""
        prompt = await self._prompt(journal, platform)
        loop, limits = asyncio.get_running_loop(), self._limits
        overall, moved = draft.until, 0.0
        draft.text = ""
        try:
            async with asyncio.timeout_at(min(loop.time() + limits.idle, overall)) as deadline:
                async with aclosing(
                    self._model.stream(prompt, resume=journal.memo.get("response") or None)
                ) as events:
                    async for event in events:
                        if loop.time() > moved + min(
                            1.0, limits.idle / 4
                        ):  # a timer for each word would cost more than the word
                            moved = loop.time()
                            deadline.reschedule(min(moved + limits.idle, overall))
                        if isinstance(event, TextDelta):
                            draft.first_token_at = draft.first_token_at or loop.time()
                            draft.text += event.text
                            draft.show(reply)
                        elif isinstance(event, Started):
                            await self._started(journal, event)
                        else:
                            return await self._finished(platform, journal, event, draft.text)
        except TimeoutError:
            await self._forget(journal)
            if loop.time() >= overall:
                raise Permanent("run_deadline", notice="timeout") from None
            raise Retryable("model_idle") from None
        except (Retryable, Permanent) as error:
            if not (isinstance(error, Retryable) and error.resumable):
                await self._forget(journal)
            raise
        raise Retryable("stream_ended_early")

    async def _started(self, journal: Journal, event: Started) -> None:
        """Only a background response can be resumed, and only that is worth a commit."""
        if event.response_id and journal.memo.get("response") != event.response_id:
            await journal.record("response", event.response_id)

    async def _forget(self, journal: Journal) -> None:
        """The response is of no use any more: the next attempt asks anew."""
        if journal.memo.get("response"):
            await self._discard(journal)
            await journal.record("response", "")

    async def _discard(self, journal: Journal) -> None:
        """The server keeps a background response only as long as it may be resumed."""
        if response := journal.memo.get("response"):
            await self._model.discard(response)

    async def _prompt(self, journal: Journal, platform: Platform) -> Prompt:
        claim = journal.claim
        if claim.context_since is not None:
            await journal.once("context", lambda: self._context(claim, platform, claim.context_since or 0.0))
        return Prompt(
            model=self._assistant.model,
            instructions=self._assistant.instructions,
            items=claim.history + self._asked(journal),
            cache_key=claim.thread,
            user=hashlib.sha256(claim.messages[-1].user.encode()).hexdigest()[:32],
        )

    async def _context(self, claim: Claim, platform: Platform, since: float) -> list[dict[str, str]]:
        """What others said in the topic and the thread does not know, the newest that fits."""
        asked = claim.messages[0]
        earlier = await platform.earlier(asked, since)
        new = await self._db(lambda x: messages.unseen(x, claim.thread, asked.address, earlier))
        fits = items.fitting([one.text for one in new], runs.context_room(self._budget))
        return [asdict(message) for message in new[len(new) - fits :]]

    def _asked(self, journal: Journal) -> tuple[str, ...]:
        """The run's own input items: what stood in the topic before, and the messages."""
        earlier = [Earlier(**message) for message in journal.memo.get("context", ())]
        before = "\n".join(f"{message.user}: {message.text}" for message in earlier)
        context = [f"Earlier messages of this chat thread, for context:\n{before}"] if before else []
        said = [
            f"{message.author or message.user}: {message.text}" if self._shared else message.text
            for message in journal.claim.messages
        ]
        return tuple(items.item("user", text) for text in context + said)

    def _turn(self, journal: Journal, answer: Answer) -> tuple[str, ...]:
        """What the thread remembers: the question always, the model's words as far as they were shown."""
        if journal.claim.messages[-1].kind != "ask":
            return ()
        said = (items.item("assistant", answer.text),) if answer.text else ()
        return self._asked(journal) + said

    async def _finished(self, platform: Platform, journal: Journal, event: Finished, text: str) -> Answer:
        usage = dict(event.usage or {})
        if event.ending == "completed" and text.strip():
            return Answer("completed", text, usage=usage)
        reason = event.reason or ("empty_answer" if event.ending == "completed" else "incomplete")
        known = reason if reason in ("max_output_tokens", "content_filter", "empty_answer") else "incomplete"
        note = await self._say(platform, journal, known)
        return Answer("incomplete", text, note=note, error=reason, usage=usage)

    async def _failed(
        self, platform: Platform, journal: Journal, notice: str, code: str, text: str
    ) -> Answer:
        return Answer("failed", text, note=await self._say(platform, journal, notice), error=code)

    async def _stopped(self, platform: Platform, journal: Journal, text: str) -> Answer:
        return Answer("cancelled", text, note=await self._say(platform, journal, "stopped"))

    async def _say(self, platform: Platform, journal: Journal, key: str) -> str:
        message = journal.claim.messages[-1]
        return own_text(key, message.locale or await platform.locale(message.user), self._language)

    def _log(self, claim: Claim, answer: Answer, draft: Draft, reply: Reply | None, started: float) -> None:
        """The one line of a run. No text of anybody, no names."""
        waited = max(0.0, time.time() - claim.created_at) - (asyncio.get_running_loop().time() - started)
        fields: dict[str, Any] = {
            "run_id": claim.run,
            "thread_id": claim.thread,
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


def _retryable(error: Exception) -> Retryable:
    if isinstance(error, Retryable):
        return error
    logger.error("unexpected error in a run", exc_info=error)
    return Retryable(type(error).__name__, notice="internal")


def _since(at: float | None, started: float, waited: float) -> float | None:
    """Seconds from the message's acceptance to that moment of the event loop."""
    return None if at is None else round(at - started + waited, 4)


def _pause(attempt: int, retry_after: float | None) -> float:
    """Seconds before the next attempt: what the server asks for, never less, never in step with others."""
    backoff = min(30.0, 0.5 * 4.0 ** (attempt - 1))
    return max(backoff, min(retry_after or 0.0, 120.0)) * random.uniform(1.0, 1.25)  # noqa: S311
