"""store.usage: what stands added up by day is what the ledger adds up to, whatever happened meanwhile."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from core.errors import Unsaved
from core.store import facts, names, usage, usage_days
from core.store.database import Database, Execute
from core.store.usage import By, Usage
from core.store.usage_days import Span
from tests.fresh import fresh

ZONES = ("Europe/Berlin", "America/Havana", "Asia/Kathmandu", "UTC")
"""Havana's autumn has two midnights in a day, its spring a day that begins at one."""
CHANGES = ("2026-03-08T05", "2026-03-29T01", "2026-10-25T01", "2026-11-01T04")
"""Hours in which one of them changes its clocks, in UTC."""
EVER = Span(date(2000, 1, 1), "UTC")


@asynccontextmanager
async def kept(path: Path) -> AsyncIterator[Database]:
    db = Database(fresh(path / "spool.sqlite3"))
    try:
        yield db
    finally:
        db.close()


def ledger(count: int = 400) -> list[Usage]:
    """Requests of all sorts, most of them around the changes."""
    dice = random.Random(13)
    made = []
    for number in range(count):
        at = datetime.fromisoformat(f"{dice.choice(CHANGES)}+00").timestamp() + dice.uniform(-30, 30) * 3600
        platform, place = dice.choice(
            [("slack", "C1"), ("discord", "7"), ("api", "shop"), ("api", "kit"), ("", "")]
        )
        told = number % 7 > 0
        made.append(
            Usage(
                dice.choice(("answer", "summary")),
                dice.choice(("luna", "terra")),
                at,
                "completed" if told else "unknown",
                input=dice.randrange(5000) if told else None,
                output=dice.randrange(500) if told else None,
                price_usd=dice.uniform(0, 0.01) if number % 5 else None,
                run_id=f"run_{number}",
                platform=platform,
                place=place,
                person=f"{platform}:U{number % 9}" if platform else "",
                assistant_id=dice.choice((None, "asst_1")),
            )
        )
    return made


def both(tx: Execute, zone: str, by: By) -> tuple[dict[str, Any], dict[str, Any]]:
    return usage.totals(tx, 0.0, by, zone), usage_days.totals(tx, replace(EVER, zone=zone), by)


async def agrees(db: Database, zone: str) -> None:
    for by in get_args(By):
        of_ledger, of_days = await db(lambda tx: both(tx, zone, by))
        assert of_ledger == of_days


@pytest.mark.parametrize("zone", ZONES)
async def test_each_row_is_in_its_day_also_where_clocks_change(tmp_path, zone):
    """Added one by one, and made anew of a ledger that was there before: both are what the ledger says."""
    rows = ledger()
    async with kept(tmp_path) as db:
        await db(lambda tx: usage.settle(tx, zone))
        for one in rows:
            await db(lambda tx: usage.add(tx, one))
        await agrees(db, zone)
        other = "Asia/Seoul"
        await db(lambda tx: usage.settle(tx, other))
        await agrees(db, other)
        await db(lambda tx: usage.settle(tx, zone))
        await agrees(db, zone)


async def test_a_ledger_of_before_is_added_up_once_and_a_kill_leaves_nothing_half_done(tmp_path):
    """Rows that came before are not counted twice by what counts them all; a killed one did not happen."""
    rows = ledger()
    async with kept(tmp_path) as db:
        await db(lambda tx: usage.add(tx, *rows[:300]))  # by a version, or a start, without days
        assert {} == await db(lambda tx: usage_days.totals(tx, EVER, "kind"))

        def ends(tx: Execute) -> None:
            usage.settle(tx, "Europe/Berlin")
            raise Unsaved("the process ends here")

        with pytest.raises(Unsaved):
            await db(ends)
        assert None is await db(lambda tx: facts.find(tx, usage.DAYS))
        await db(lambda tx: usage.settle(tx, "Europe/Berlin"))
        await db(lambda tx: usage.add(tx, *rows[300:]))
        await db(lambda tx: usage.settle(tx, "Europe/Berlin"))  # once more is once
        await agrees(db, "Europe/Berlin")


async def test_who_sees_what(tmp_path):
    """Chats and one's own project; what is nobody's is for who sees all."""
    rows = ledger()
    async with kept(tmp_path) as db:
        await db(lambda tx: usage.settle(tx, "UTC"))
        await db(lambda tx: usage.add(tx, *rows))
        mine = replace(EVER, whose=("chats", "api:kit"))
        seen = await db(lambda tx: usage_days.totals(tx, mine, "place"))
        assert {"slack:C1", "discord:7", "api:kit"} == set(seen)
        for key, one in seen.items():
            assert one.requests == sum(f"{row.platform}:{row.place}" == key for row in rows)


async def test_lines_are_the_largest_and_the_rest(tmp_path):
    """Day by day they add up to the totals; names are those that people see."""
    async with kept(tmp_path) as db:
        await db(lambda tx: usage.settle(tx, "UTC"))
        await db(lambda tx: usage.add(tx, *ledger()))
        await db(lambda tx: names.keep(tx, "slack", "T1", {"U1": "Mina", "C1": "#help"}))
        lines = await db(lambda tx: usage_days.lines(tx, EVER, "person", ["slack:U1"]))
        assert ["slack:U1", ""] == list(lines)
        days = await db(lambda tx: usage_days.totals(tx, EVER, "day"))
        for day, total in days.items():
            sums = [line.get(day, (0, 0, 0.0)) for line in lines.values()]
            assert total.requests == sum(one[0] for one in sums)
            assert total.input + total.output == sum(one[1] for one in sums)
        assert {"slack:U1": "Mina"} == await db(lambda tx: usage_days.names(tx, EVER, "person"))
        assert {"slack:C1": "#help"} == await db(lambda tx: usage_days.names(tx, EVER, "place"))


async def test_what_people_think_counts_where_the_answer_began(tmp_path):
    """By the first request for the answer: of two models one; only of answers since then, and one's own."""
    one = Usage("answer", "luna", 86400.0 * 100, "completed", run_id="run_1", platform="slack", place="C1")
    rows = (
        replace(one, kind="image", model="brush"),
        one,
        replace(one, model="terra", began_at=86400.0 * 101),
    )
    said = "INSERT INTO feedback (run_id, person, good, at) VALUES ('run_1', ?, ?, ?)"
    async with kept(tmp_path) as db:
        await db(lambda tx: usage.settle(tx, "UTC"))
        await db(lambda tx: usage.add(tx, *rows))
        for person, good in (("slack:U1", 1), ("slack:U2", 0), ("slack:U3", 1)):
            await db(lambda tx: tx.execute(said, (person, good, one.began_at + 60)).fetchall())
        since = replace(EVER, since=date(1970, 4, 11))
        assert "1970-04-11" == usage.day_of(one.began_at, "UTC")
        keys: dict[By, str] = {"model": "luna", "day": "1970-04-11", "place": "slack:C1", "kind": "answer"}
        for by, key in keys.items():
            found = await db(lambda tx: usage_days.totals(tx, since, by))
            assert (2, 1) == (found[key].good, found[key].bad)
            assert (2, 1) == (usage.together(found.values()).good, usage.together(found.values()).bad)
            assert found == await db(lambda tx: usage.totals(tx, one.began_at, by, "UTC"))
        later = replace(since, since=date(1970, 4, 12))
        assert [0] == [
            one.good for one in (await db(lambda tx: usage_days.totals(tx, later, "model"))).values()
        ]
        kit = replace(since, whose=("api:kit",))
        assert {} == await db(lambda tx: usage_days.totals(tx, kit, "model"))
