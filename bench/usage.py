"""A long past on the page: a ledger of a million requests by day, and an overview of 200,000 runs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, get_args

from bench.table import Row, milliseconds
from core.api.console.looks import Looks
from core.api.console.overview import PARTS, Overview
from core.api.console.usage import used
from core.api.key import Key
from core.settings import Settings
from core.store import usage
from core.store.data_dir import data_directory
from core.store.database import FILE, Database, Execute
from core.store.reading import Reading
from core.store.usage import By

# ruff: noqa: S608 - statements are put together from constants of this file
REQUESTS, RUNS, PEOPLE, PLACES, MODELS = 1_000_000, 200_000, 500, 60, 5
PAST = 182 * 86_400.0
LOOKS = 5
BOSS = Key("", "boss", "default", admin=True)
_NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)"
_AT = "? + ? * i / ?"
_RUNS = (
    f"INSERT INTO runs (id, lane, thread_id, assistant_id, status, created_at, began_at, first_token_at, "
    f"first_text_at, ended_at, posts) {_NUMBERS} SELECT 'run_' || i, 'thread_' || (i % 5000), "
    "'thread_' || (i % 5000), 'asst_1', CASE WHEN i % 500 = 0 THEN 'failed' ELSE 'completed' END, "
    "at, at, at + 0.4 + (i % 97) * 0.01, at + 0.5 + (i % 97) * 0.01, at + 3, 1 + (i % 10 = 0) "
    f"FROM (SELECT i, {_AT} AS at FROM n) AS past"
)
_THREADS = f"INSERT INTO threads (id, created_at, origin) {_NUMBERS} SELECT 'thread_' || i, 1, 'new' FROM n"
_MESSAGES = (
    "INSERT INTO messages (id, platform, workspace, channel, topic, platform_id, person, thread_id, run_id, "
    f"body, sent_at) SELECT 'msg_' || seq, 'slack', 'T1', 'C' || (seq % {PLACES}), 't', seq, "
    f"'U' || (seq % {PEOPLE}), thread_id, id, '{{}}', created_at - 0.2 FROM runs"
)
_STEPS = (
    "INSERT INTO steps (id, run_id, name, value, ref, created_at) "
    "SELECT 'step_' || number || seq, id, 'post:' || number, '{}', 'slack/' || number || seq, created_at "
    "FROM runs JOIN (SELECT 0 AS number UNION ALL SELECT 1) AS numbers ON number < posts"
)
_USAGE = (
    "INSERT INTO usage (kind, run_id, step, began_at, first_at, ended_at, model, input, cached, output, "
    f"reasoning, price_usd, platform, place, person, assistant_id, outcome) {_NUMBERS} "
    f"SELECT CASE WHEN i % 20 = 19 THEN 'summary' ELSE 'answer' END, 'run_' || (i / {REQUESTS // RUNS}), "
    f"'round:0', at, at + 0.4, at + 2, 'model-' || (i % {MODELS}), 1200, 300, 80, 10, 0.0012, 'slack', "
    f"'C' || (i % 11 + i * 7 % {PEOPLE} % {PLACES}), 'slack:U' || (i * 7 % {PEOPLE}), 'asst_1', 'completed' "
    f"FROM (SELECT i, {_AT} AS at FROM n) AS past"
)


def _past(tx: Execute) -> None:
    """Half a year of a company."""
    begins = time.time() - PAST
    tx.execute(
        "INSERT INTO assistants (id, created_at, name, instructions, model) VALUES ('asst_1', 1, '', '', '')"
    )
    tx.execute(_THREADS, (5000,))
    tx.execute(_RUNS, (RUNS, begins, PAST, float(RUNS)))
    tx.execute(_MESSAGES)
    tx.execute(_STEPS)
    tx.execute(_USAGE, (REQUESTS, begins, PAST, float(REQUESTS)))


async def measure() -> list[Row]:
    """All of it, on the connection that only reads."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        path = data_directory(Path(name)) / FILE
        db = Database(path)
        try:
            await db(_past)
            began = time.perf_counter()
            await db(lambda tx: usage.settle(tx, "Europe/Berlin"))
            rows = [Row("usage: a ledger of before is added up", (time.perf_counter() - began,), "s", 10.0)]
        finally:
            db.close()
        return [*rows, *await _looked(path)]


async def _looked(path: Path) -> list[Row]:
    looks = Looks(Any, Reading(path, 60.0))
    try:
        rows = []
        for by in get_args(By):
            taken = await _timed(partial(used, looks, "Europe/Berlin", BOSS, by, 30))
            rows.append(milliseconds(f"usage: 30 days by {by}", taken, 100.0))
        for hours in PARTS:
            taken = await _timed(partial(_overview, looks, hours))
            rows.append(milliseconds(f"overview: {hours} hours", taken, 1000.0))
        return rows
    finally:
        looks.read.close()


async def _overview(looks: Looks, hours: int) -> None:
    """By one that has not looked before."""
    await Overview(looks, Settings(), lambda _: ()).look(BOSS, hours, "en")


async def _timed(look: Callable[[], Awaitable[Any]]) -> list[float]:
    times = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        await look()
        times.append(time.perf_counter() - began)
    return times
