"""Trials carried out: a few answers at once, each a run, until all are there or the sum is spent.

What makes each step safe: a run is made and claimed in the transaction that writes its id (`_begin`).
A death before it has begun nothing; after it every start goes on with the run, and `keep` with the trial, for
which nothing is remembered but its rows and the ledger. What is to end is marked first (`stop`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from core.api import messages
from core.api.console.looks import question_of
from core.api.key import Key
from core.api.refusal import QUOTA, Refusal
from core.api.run_options import run_options
from core.api.runs import Begun, Runs
from core.errors import Unsaved
from core.runs.client import views
from core.runs.client.endings import Endings
from core.runs.client.objects import Object
from core.runs.prompt import history
from core.store import assistants, client_runs, copies, keys, saved_questions, threads, trials
from core.store.database import Database, Execute
from core.store.trials import Trial, TrialAnswer
from core.types import Claim, RunId

logger = logging.getLogger(__name__)
AT_ONCE: Final = 2
"""Answers of all trials together: people in chats are to notice nothing."""
PAUSE: Final = 0.5
"""Seconds between two looks at what was spent."""
Stopped = list[tuple[RunId, Claim | None, Object]]
"""Runs that are to end, for `Trying.ended`."""


class Trying:
    """Carries out the trials of one process; `news` is set when there is a new one, `budget` a history's."""

    def __init__(self, db: Database, runs: Runs, endings: Endings, budget: int) -> None:
        self._db, self._runs, self._endings, self._budget = db, runs, endings, budget
        self.news = asyncio.Event()

    async def keep(self) -> None:
        """Go on with all that are under way, until cancelled."""
        while True:
            self.news.clear()
            going = True
            with suppress(Unsaved):  # the next look may be luckier
                going = await self._look()
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE if going else None):
                    await self.news.wait()

    async def _look(self) -> bool:
        """Whether there are any."""
        going = await self._db(trials.under_way)
        for trial in going:
            stopped: Stopped = []
            try:
                if await self._runs.begun(partial(self._next, trial=trial.id, stopped=stopped)):
                    self.news.set()  # perhaps there is room for another
            except Unsaved:
                raise
            except Exception as error:
                spent = isinstance(error, Refusal) and error.code == QUOTA
                if isinstance(error, Refusal) and error.status == 429 and not spent:
                    continue  # too many runs of its project are under way: later
                logger.warning("a trial cannot go on", exc_info=error, extra={"trial_id": trial.id})
                end = partial(trials.end, status="limit" if spent else "cancelled")
                await self._db(partial(end, id=trial.id, now=time.time()))
            self.ended(stopped)
        return bool(going)

    def _next(self, tx: Execute, *, trial: str, stopped: Stopped) -> Begun | None:
        """Begin an answer, or end what is to end. The sum holds for what answers under way may still cost."""
        found, rows = trials.get(tx, trial), trials.answers(tx, trial)
        if found is None or found.status != "in_progress":
            return None
        under_way = [one for one in rows if one.run and not one.ended]
        left = next((one for one in rows if not one.run), None)
        spent, each = sum(one.usd for one in rows), partial(_expected, rows)
        unsure = [one for one in rows if one.run and not (one.ended and one.priced)]
        still = sum(max(0.0, each(one) - one.usd) for one in unsure)
        gone = _revoked(tx, found.actor) or assistants.get(tx, found.assistant) is None
        if gone:
            trials.end(tx, trial, "cancelled", time.time())
        if gone or spent > found.limit_usd:
            stopped += self.stop(tx, under_way)
        elif left and spent + still + each(left) <= found.limit_usd:
            return self._begin(tx, found, left) if trials.busy(tx) < AT_ONCE else None
        if not under_way:
            over = left or spent > found.limit_usd
            trials.end(tx, trial, "limit" if over else "completed", time.time())
        return None

    def _begin(self, tx: Execute, trial: Trial, answer: TrialAnswer) -> Begun | None:
        question = saved_questions.get(tx, answer.question)
        version = assistants.get(tx, trial.assistant, answer.version)
        asked = client_runs.of(tx, RunId(question.run)) if question and question.run else None
        text = question and (question_of(tx, asked.id) if asked else question.text)
        if question is None or version is None or not text:  # it was removed, or deleted by who had asked it
            trials.left_out(tx, trial.id, answer.place)
            return None
        key = Key("", trial.actor, trial.project)
        self._runs.allow(tx, key, version.tools)
        now, project = time.time(), question.project or None  # who may read the question reads the answers
        before = threads.get(tx, asked.thread) if asked else None
        room = history.room(tx, before.id, version, self._budget) if before else 0
        copied = copies.copy(tx, before, project, now, asked.id, room) if before and asked else None
        there = (threads.get(tx, copied) if copied else None) or threads.create(tx, project, {}, now)
        messages.add(tx, key, there, {"role": "user", "content": text}, now)
        options = run_options(key, version, {}, None, trial=True)
        begun = self._runs.queue(tx, there, version, options, {"trial": trial.id})
        trials.begun(tx, trial.id, answer, begun.run)
        return begun

    def stop(self, tx: Execute, answers: Iterable[TrialAnswer]) -> Stopped:
        """Part of a transaction: those that are under way are to end; afterwards that is `ended`."""
        rows = [client_runs.of(tx, one.run) for one in answers if one.run and not one.ended]
        going = [one for one in rows if one.status != "cancelling"]
        marked = [(one.id, self._endings.mark(tx, one, "cancelled", time.time())) for one in going]
        return [(run, claim, views.now(tx, run)) for run, claim in marked]

    def ended(self, stopped: Stopped) -> None:
        """The marks are on disk."""
        for run, claim, told in stopped:
            self._endings.carry_out(run, claim, told)


def _revoked(tx: Execute, actor: str) -> bool:
    """Whether who began it was a key that opens nothing any more; its name is never given again."""
    key = keys.named(tx, actor.removeprefix("key:")) if actor.startswith("key:") else None
    return key is not None and key.revoked_at is not None


def _expected(rows: Sequence[TrialAnswer], answer: TrialAnswer) -> float:
    """What it costs: as was thought before, and what those of its version, else all that there are, have cost
    more on an average.
    """
    ended = [one for one in rows if one.ended and one.usd]
    done = [one for one in ended if one.version == answer.version] or ended
    more = sum(one.usd - (one.expected or 0.0) for one in done)
    return (answer.expected or 0.0) + (max(0.0, more / len(done)) if done else 0.0)
