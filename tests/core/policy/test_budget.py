"""policy.budget: whatever happens, the bill stays within the limits, and who is not answered is told why."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.policy.budget import Money
from core.policy.prices import Prices
from core.store.usage import Usage
from standins.openai import OpenAIStandin
from standins.script.script import Fault, Reason, Say, Scenario
from tests.core.served import assistant, reborn, served, tools, until
from tests.core.whole import Core


async def billed(api: OpenAIStandin) -> float:
    """Dollars of all that the stand-in has counted, as the ledger prices it."""
    prices, total = Prices(), 0.0
    for one in api.bill:
        row = Usage("answer", one.model, 1.8e9, "completed", input=one.input, cached=one.cached)
        total += (await prices.priced(replace(row, output=one.output))).price_usd or 0.0
    return total


@pytest.mark.promise("L2")
async def test_ten_at_once_on_a_nearly_spent_limit(tmp_path):
    script = Scenario()
    for _ in range(40):
        script.enqueue("word " * 400)
    async with served(tmp_path, script, money=Money(month=0.002)) as (spool, api):
        for number in range(1, 41, 10):
            await asyncio.gather(*(spool.say(str(number + n), user=f"U{n}") for n in range(10)))
            await spool.idle()
            print(await billed(api), await spool.rows("SELECT * FROM reservations"))
        print(await spool.outcomes())
        print(spool.platform.answers)
        assert await billed(api) <= 0.002
    assert 0
