"""The day's IDENTIFYs: slower from a number on, stopped before Discord resets the token."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bots.discord.identifies import DAY, IDENTIFIES, Allowance, Identifies
from bots.intake.connection import TokenRefused
from core.inbox import Inbox
from core.store.database import Database
from tests.core.hands import Hands
from tests.core.whole import rules
from tests.discord.process import started


@pytest.fixture
async def inbox(tmp_path: Path) -> AsyncIterator[Inbox]:
    (tmp_path / "data").mkdir()
    db = Database(tmp_path / "data" / "spool.sqlite3")
    yield Inbox(db, Hands(db).lanes, rules())
    db.close()


async def identify(inbox: Inbox, allowance: Allowance) -> None:
    """Once, as a process that has just begun does it."""
    identifies = Identifies(inbox, allowance)
    await identifies.turn("app")
    await identifies.note("app")


async def test_from_a_number_on_they_are_apart(inbox, caplog):
    """Also over restarts; one warning tells of it."""
    for _ in range(6):
        await identify(inbox, Allowance(free=3, spacing=0.5))

    kept: Any = await inbox.fact(IDENTIFIES)
    gaps = [later - earlier for earlier, later in pairwise(kept["at"])]
    assert gaps[0] < 0.5 <= min(gaps[2:])
    assert 1 == sum("resets the token" in record.message for record in caplog.records)


async def test_a_clock_that_went_back_waits_no_longer(inbox):
    """What seems to come from the future counts, and is waited for as if it were now."""
    ahead = time.time() + 3600
    await inbox.remember(IDENTIFIES, {"application": "app", "at": [ahead] * 3, "warned": ahead})
    async with asyncio.timeout(2):
        await identify(inbox, Allowance(free=3, spacing=0.2))


async def test_before_discord_would_reset_the_token_it_ends(inbox):
    allowance = Allowance(most=4)
    for _ in range(4):
        await identify(inbox, allowance)
    with pytest.raises(TokenRefused, match=r"4 times within 24 hours.*Start this one again after"):
        await identify(inbox, allowance)


@pytest.mark.parametrize(("application", "age"), [("app", DAY + 1), ("other", 0.0)])
async def test_those_of_yesterday_and_of_others_do_not_count(inbox, application, age):
    kept = {"application": application, "at": [time.time() - age] * 950, "warned": 0.0}
    await inbox.remember(IDENTIFIES, kept)
    async with asyncio.timeout(1):
        await identify(inbox, Allowance())


async def test_so_does_the_process(discord, openai, inbox, tmp_path):
    kept = {"application": discord.application_id, "at": [time.time() - 60] * 899, "warned": time.time()}
    await inbox.remember(IDENTIFIES, kept)
    async with started(tmp_path, discord, openai) as process:
        assert 2 == await process.ended()

    assert 1 == process.log.count("error")
    assert "899 times" in process.log
    assert 0 == discord.identifies
