"""Saved questions and trials as the page asks for them: what one will cost, how far it is, what was said.

Who may change an assistant may try its versions. People's words are told to who may read them, on request.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from functools import partial
from secrets import token_hex
from typing import Final, TypeVar

from core.api.console.estimates import Basis, basis, expected
from core.api.console.looks import Looks, question_of
from core.api.console.rows import run_row, view_of
from core.api.console.timeline import called
from core.api.console.trying import Stopped, Trying
from core.api.key import Key
from core.api.page import listed
from core.api.refusal import Refusal, not_found
from core.api.watch import Fields
from core.policy.prices import Prices
from core.runs.tool_calls import NOT_IN_TRIAL
from core.store import assistants, audit, console, saved_questions, thread_messages, trials, usage
from core.store.audit import Entry
from core.store.console import Filters, Row
from core.store.database import Database, Execute
from core.store.paging import Page
from core.store.saved_questions import SavedQuestion
from core.store.trials import Expected, Trial, TrialAnswer
from core.types import Assistant, ThreadId

T = TypeVar("T")
Work = Callable[[Execute], T]
Planned = tuple[SavedQuestion, Expected]
SINCE: Final = 30 * 86_400
"""Seconds of the past whose answers tell what one of them costs."""
SHOWN: Final = 20
"""Trials of one assistant."""


class Trials:
    """What the page does with them. `prices` are there once an answer could be; `budget`: of a history."""

    def __init__(
        self,
        db: Database,
        looks: Looks,
        trying: Trying,
        prices: Callable[[], Awaitable[Prices]],
        budget: int,
    ) -> None:
        self._db, self._looks, self.trying, self._prices, self._budget = db, looks, trying, prices, budget

    async def questions(self, key: Key, assistant: str) -> Row:
        """Those saved for the assistant, the newest first; the text only of what was typed."""

        def work(tx: Execute) -> Row:
            _tried(tx, key, assistant)
            found = _questions(tx, key, assistant)
            runs = _runs(tx, key, [one.run for one in found if one.run])
            return listed([asdict(one) | {"run": runs.get(one.run or "")} for one in found], more=False)

        return await self._looks.look(work)

    async def typed(self, key: Key, assistant: str, fields: Fields) -> Row:
        """Save what somebody has written."""

        def work(tx: Execute) -> Row:
            _tried(tx, key, assistant)
            if not any(one.isprintable() and not one.isspace() for one in fields["text"]):
                raise Refusal("This question has no words. Write what is to be asked.", param="text")
            of = (key.project, assistant, fields["text"], key.person)
            return {"id": saved_questions.typed(tx, *of, time.time())}

        return await self._db(work)

    async def of_run(self, key: Key, run: str, fields: Fields) -> Row:
        """Save what a run was asked; no word is copied."""

        def work(tx: Execute) -> Row:
            row = console.run(tx, view_of(key), run)
            if row is None or row["assistant_id"] is None:
                raise not_found("run", run)
            _tried(tx, key, row["assistant_id"])
            if not question_of(tx, run):
                raise Refusal("This run was asked nothing in words, so nothing of it can be asked again.")
            return {"id": saved_questions.of_run(tx, run, "run", key.person, time.time())}

        return await self._db(work)

    async def remove(self, key: Key, id: str, fields: Fields) -> Row:
        """It is not on the list any more."""

        def work(tx: Execute) -> Row:
            found = saved_questions.get(tx, id)
            if found is None or not _seen(key, found.project):
                raise not_found("question", id)
            _tried(tx, key, found.assistant)
            saved_questions.remove(tx, id)
            return {"id": id, "deleted": True}

        return await self._db(work)

    async def question_texts(self, key: Key, assistant: str, fields: Fields) -> Row:
        """What they ask; written down before it is told."""

        def foreign(tx: Execute) -> bool:
            _tried(tx, key, assistant)
            return any(one.project != key.project for one in _questions(tx, key, assistant))

        def texts(tx: Execute) -> Row:
            found = _questions(tx, key, assistant)
            return {"texts": {one.id: question_of(tx, one.run) if one.run else one.text for one in found}}

        return await self._told(key, "texts.questions", assistant, foreign, texts)

    async def _told(self, key: Key, action: str, id: str, foreign: Work[bool], texts: Work[Row]) -> Row:
        """The texts, once it is written down who reads them. Raises Refusal where others may not."""
        project = None if await self._looks.look(foreign) else key.project
        await self._looks.noted(key, project, action, id)
        return await self._looks.look(texts)

    async def estimate(self, key: Key, assistant: str, fields: Fields) -> Row:
        """What it will cost, as far as anybody knows."""
        return (await self._plan(key, assistant, fields))[1]

    async def start(self, key: Key, assistant: str, fields: Fields) -> Row:
        """Begin it; returns ⇒ it is on disk, and goes on whatever happens."""
        questions, cost = await self._plan(key, assistant, fields)
        if cost["unpriced"] and not fields.get("unpriced"):
            told = f"No price is known of {', '.join(cost['unpriced'])}, so no sum can end the trial. "
            cure = 'Name one in PRICES_FILE, or say "unpriced": true.'
            raise Refusal(told + cure, status=409, code="unpriced")
        id, now, sum_ = f"trial_{token_hex(12)}", time.time(), fields["limit_usd"]
        versions = (fields["version"], fields["beside"])
        made = Trial(id, assistant, *versions, key.project, key.person, sum_, "in_progress", now)

        def work(tx: Execute) -> None:
            trials.add(tx, made, questions)
            audit.add(tx, Entry(now, key.name, "trials.start", id))

        begun = self._db(work)
        begun.add_done_callback(lambda _: self.trying.news.set())  # also where who asked for it is gone
        await asyncio.shield(begun)
        return await self.get(key, id)

    async def all(self, key: Key, assistant: str) -> Row:
        """The assistant's newest trials."""

        def work(tx: Execute) -> Row:
            found = [one for one in trials.newest(tx, assistant, SHOWN) if _seen(key, one.project)]
            return listed([_told(tx, one, trials.answers(tx, one.id)) for one in found], more=False)

        return await self._looks.look(work)

    async def get(self, key: Key, id: str, language: str = "en") -> Row:
        """One trial with all that is there of it; `texts` where nobody but its project has said something."""

        def work(tx: Execute) -> Row:
            trial, rows = _found(tx, key, id), trials.answers(tx, id)
            runs = _runs(tx, key, [one.run for one in rows if one.run], language)
            places: dict[int, Row] = {}
            for one in rows:
                told = places.setdefault(one.place, {"id": one.question, "verdict": None, "answers": {}})
                told["verdict"] = one.verdict or told["verdict"]
                ran = runs.get(one.run or "")
                told["answers"][str(one.version)] = ran and {**ran, "not_made": _not_made(tx, ran["id"])}
            texts = None if _foreign(tx, key, rows) else _texts(tx, key, rows)
            return _told(tx, trial, rows) | {"questions": list(places.values()), "texts": texts}

        return await self._looks.look(work)

    async def texts(self, key: Key, id: str, fields: Fields) -> Row:
        """What was asked and answered in it; written down before it is told."""

        def foreign(tx: Execute) -> bool:
            return _foreign(tx, key, trials.answers(tx, _found(tx, key, id).id))

        def texts(tx: Execute) -> Row:
            return _texts(tx, key, trials.answers(tx, id))

        return await self._told(key, "texts.trial", id, foreign, texts)

    async def judge(self, key: Key, id: str, fields: Fields) -> Row:
        """What somebody thinks of the version that is tried."""

        def work(tx: Execute) -> None:
            if not trials.judge(tx, _own(tx, key, id), fields["question"], fields["verdict"]):
                raise not_found("question", fields["question"])

        await self._db(work)
        return await self.get(key, id)

    async def cancel(self, key: Key, id: str, fields: Fields) -> Row:
        """It ends here; answers under way do, too."""

        def work(tx: Execute) -> Stopped:
            if _own(tx, key, id).status != "in_progress":
                raise Refusal("This trial has ended already.", status=409, code="ended")
            trials.end(tx, id, "cancelled", time.time())
            return self.trying.stop(tx, trials.answers(tx, id))

        marked = self._db(work)
        marked.add_done_callback(lambda done: None if done.exception() else self.trying.ended(done.result()))
        await asyncio.shield(marked)
        return await self.get(key, id)

    async def _plan(self, key: Key, assistant: str, fields: Fields) -> tuple[list[Planned], Row]:
        """The questions, each with what answers of both versions would cost; and all together."""

        def work(tx: Execute) -> list[tuple[SavedQuestion, list[Basis]]]:
            _tried(tx, key, assistant)
            if fields["version"] == fields["beside"]:
                raise Refusal("A version is tried beside another one, not beside itself.", param="beside")
            both = [_version(tx, assistant, fields[name]) for name in ("version", "beside")]
            there = {one.id: one for one in _questions(tx, key, assistant)}
            if unknown := [one for one in fields["questions"] if one not in there]:
                raise not_found("question", unknown[0])
            asked = [there[one] for one in dict.fromkeys(fields["questions"])]
            average = usage.average(tx, assistant, time.time() - SINCE)
            find = partial(basis, tx, average=[average] if average else [], budget=self._budget)
            return [(one, [find(one, version) for version in both]) for one in asked]

        asked, prices = await self._looks.look(work), await self._prices()
        every = [one for _, both in asked for one in both]
        costs = [await expected(prices, one) for one in every]
        told = [cost for cost in costs if cost is not None]
        unpriced = [one.model for one, cost in zip(every, costs, strict=True) if cost is None]
        planned = zip([one for one, _ in asked], zip(costs[::2], costs[1::2], strict=True), strict=True)
        return list(planned), {
            "answers": len(costs),
            "known": sum(bool(one.requests) for one in every if one.model not in unpriced),
            "price_usd": sum(told) if told else None,
            "unpriced": list(dict.fromkeys(unpriced)),
        }


def _tried(tx: Execute, key: Key, assistant: str) -> None:
    """Raises Refusal where the key may not: what is the operator's, or of the settings, an admin may try."""
    seen = assistants.visible(tx, assistant, key.project)
    if seen is None:
        raise not_found("assistant", assistant)
    if seen[1] and not key.admin:
        told = f"Assistant {assistant} belongs to the operator. A key made with `spool keys create NAME "
        raise Refusal(f"{told}--console --admin` may try it.", status=403, code="assistant_of_operator")


def _version(tx: Execute, assistant: str, version: int) -> Assistant:
    found = assistants.get(tx, assistant, version)
    if found is None:
        raise not_found("version", str(version))
    return found


def _seen(key: Key, project: str) -> bool:
    return key.admin or project in ("", key.project)


def _questions(tx: Execute, key: Key, assistant: str) -> list[SavedQuestion]:
    return [one for one in saved_questions.of_assistant(tx, assistant) if _seen(key, one.project)]


def _found(tx: Execute, key: Key, id: str) -> Trial:
    found = trials.get(tx, id)
    if found is None or not _seen(key, found.project):
        raise not_found("trial", id)
    return found


def _own(tx: Execute, key: Key, id: str) -> Trial:
    """The same, for whoever may try its assistant."""
    found = _found(tx, key, id)
    _tried(tx, key, found.assistant)
    return found


def _runs(tx: Execute, key: Key, ids: Sequence[str], language: str = "en") -> dict[str, Row]:
    """Those that the key sees, as lists have them."""
    rows = console.runs(tx, view_of(key), Filters(ids=tuple(ids)), len(ids)) if ids else []
    return {one["id"]: run_row(one, language) for one in rows}


def _told(tx: Execute, trial: Trial, rows: Sequence[TrialAnswer]) -> Row:
    """A trial of a list."""
    verdicts = [one.verdict for one in rows if one.verdict]
    return asdict(trial) | {
        "spent_usd": sum(one.usd for one in rows),
        "unpriced": any(one.ended and not one.priced for one in rows),
        "answers": len(rows),
        "done": sum(one.ended for one in rows),
        "verdicts": {name: verdicts.count(name) for name in ("better", "same", "worse")},
    }


def _not_made(tx: Execute, run: str) -> list[str]:
    """What the version would have changed."""
    steps = {step.name: step for step in console.steps(tx, run)}
    done = [(call["name"], steps.get(f"call:{call['id']}")) for _, call in called(steps)]
    values = [(name, step.value or {}) for name, step in done if step]
    return [name for name, one in values if one.get("output") == NOT_IN_TRIAL or one.get("approve") is False]


def _foreign(tx: Execute, key: Key, rows: Sequence[TrialAnswer]) -> bool:
    """Whether others than people of the key's project have said something of it."""
    ids = tuple(one.run for one in rows if one.run)
    there = console.runs(tx, console.View(None), Filters(ids=ids), len(ids)) if ids else []
    return any(one["project"] != key.project for one in there)


def _texts(tx: Execute, key: Key, rows: Sequence[TrialAnswer]) -> Row:
    """Questions and answers, by their ids. A question that was not asked yet has none."""
    told: Row = {"questions": {}, "answers": {}}
    for one in rows:
        there = console.run(tx, view_of(key), one.run) if one.run else None
        if one.run and there:
            told["questions"][one.question] = question_of(tx, one.run)
            said = thread_messages.page(tx, ThreadId(there["thread_id"]), Page(100, "asc"), one.run)[0]
            told["answers"][one.run] = "\n\n".join(part.text for part in said)
    return told
