"""Estimates: what an answer of a trial is expected to cost, before it is begun.

What the very version has used for the question in a trial is what it will use again. Where there is none, an
answer costs what the model, else another one, has used for it, or else an answer of the assistant on an
average; but never less than its own first request, by our estimate, with as much output.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.api.console.looks import question_of
from core.policy.prices import Prices
from core.runs.prompt import history
from core.store import client_runs, copies, items, trials, usage
from core.store.database import Execute
from core.store.saved_questions import SavedQuestion
from core.store.usage import Usage
from core.types import Assistant, RunId

_ANSWERS: Final = ("answer", "evaluation")


@dataclass(frozen=True, slots=True)
class Basis:
    """What is known of an answer by `model`: requests like those it needs, and the tokens of its first one.

    `requests` are empty where nobody has seen an answer; `input` is 0 where they are its own.
    """

    model: str
    requests: tuple[Usage, ...]
    input: int


def basis(
    tx: Execute, question: SavedQuestion, version: Assistant, *, average: Sequence[Usage], budget: int
) -> Basis:
    """Of the version's answer. `average`: what the assistant needs else; `budget`: tokens of a history."""
    run, of = trials.answered(tx, question.id, version.version, version.model) or (None, 0)
    used = usage.rows(tx, run) if run else []
    if of == version.version:
        return Basis(version.model, tuple(used), 0)
    then = [one for one in usage.rows(tx, question.run or "") if one.kind in _ANSWERS and one.input]
    return Basis(version.model, tuple(used or then or average), _input(tx, question, version, budget))


def _input(tx: Execute, question: SavedQuestion, version: Assistant, budget: int) -> int:
    """About how many tokens its first request has: instructions, tools, what stood before, the question."""
    asked = client_runs.of(tx, RunId(question.run)) if question.run else None
    text = question_of(tx, asked.id) if asked else question.text
    own = items.weigh(version.instructions, text, *map(json.dumps, version.tools))
    if asked is None:
        return own
    before = copies.weight(tx, asked.thread, asked.id, version.truncation_strategy)
    return own + min(before, history.room(tx, asked.thread, version, budget))


async def expected(prices: Prices, one: Basis) -> float | None:
    """Dollars; None where the model has no price."""
    output = sum(row.output or 0 for row in one.requests)
    least = Usage("evaluation", one.model, time.time(), "completed", input=one.input or 1, output=output or 1)
    costs = [await _price(prices, one.model, row) for row in one.requests]
    floor = (await prices.priced(least)).price_usd
    if floor is None or not one.input:
        return None if floor is None else sum(costs)
    return max(floor, sum(costs))


async def _price(prices: Prices, model: str, row: Usage) -> float:
    """As it is now, of that model; of what was made beside the answer, such as a picture, as it was."""
    if row.kind not in _ANSWERS:
        return row.price_usd or 0.0
    asked = replace(row, kind="evaluation", model=model, served_model=None, price_usd=None)
    return (await prices.priced(asked)).price_usd or 0.0
