"""policy.budget: whatever happens, the bill stays within the limits, and who is not answered is told why."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.api.runs import RunRules
from core.policy.budget import Money
from core.policy.prices import Prices
from core.store.usage import Usage
from standins.openai import OpenAIStandin
from standins.openai.bill import Charge
from standins.script.script import Call, Fault, Hosted, Reason, Say, Scenario
from tests import samples
from tests.core.api.clients import KEY, client, refused
from tests.core.fakes import message
from tests.core.served import assistant, reborn, sent, served, tools
from tests.core.whole import Core, core
from tests.scripted_model import ScriptedModel

LIMIT = 0.002
"""Dollars: some four answers of a thousand tokens by gpt-6-luna."""
MONTH = Money(month=LIMIT)
DAY = Money(person_day=LIMIT)
SOUND = {"gpt-transcribe": {"minute": 0.006}}
LONG = "word " * 800


async def billed(bill: Sequence[Charge], own: Any = None) -> float:
    """Dollars of all that the server has done, told or not."""
    prices, total = Prices(own), 0.0
    kinds: dict[str, Any] = {"response": "answer", "indexing": "embedding"}
    for one in bill:
        row = Usage(kinds.get(one.kind, one.kind), one.model, 1.8e9, "completed", input=one.input)
        row = replace(row, cached=one.cached, output=one.output, units=one.units)
        total += (await prices.priced(row)).price_usd or 0.0
    return total


def saying(*beats: Any, times: int = 60) -> Scenario:
    """A model that says the same each time."""
    script = Scenario()
    for _ in range(times):
        script.enqueue(*beats)
    return script


async def told(spool: Core, text: str) -> int:
    """How many were told that."""
    return sum(text in shown for shown in (*spool.platform.screen.values(), *spool.platform.notices.values()))


@pytest.mark.promise("L2")
@pytest.mark.parametrize("money", [MONTH, DAY])
async def test_ten_at_once_on_a_nearly_spent_limit(tmp_path, money):
    """They are answered as long as anything is left, one after the other where it has to be."""
    people = 5 if money is MONTH else 1
    async with served(tmp_path, saying(Reason("hm"), LONG), money=money) as (spool, api):
        for number in range(1, 41, 10):
            await asyncio.gather(
                *(spool.say(str(number + n), user=f"U{n % people}", address=place(n)) for n in range(10))
            )
            await spool.idle()
        spent, asked = await billed(api.bill), len(api.requests)
        assert 0.8 * LIMIT < spent <= LIMIT
        await spool.ask("99", user="U0")
        assert asked == len(api.requests)
        ended = {row for row in await spool.outcomes() if row[0] == "incomplete"}
        assert {("incomplete", "LIMIT_MONTH" if money is MONTH else "LIMIT_PERSON_DAY")} == ended
        assert people == len(spool.platform.notices), "each is told once"
        assert [] == await spool.rows("SELECT * FROM reservations")
        if money is DAY:
            await spool.ask("100", user="U7")
            assert asked + 1 == len(api.requests)
