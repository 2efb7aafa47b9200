"""store.reading: looks end in time, and at once where nobody looks any more."""

from __future__ import annotations

import asyncio
import time

from core.store.database import Database
from core.store.reading import Reading, TooSlow

ENDLESS = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) FROM n"


async def test_looks_that_wait_are_given_up_at_the_end_too(tmp_path):
    """Else each of them would keep a bot that is told to stop for seconds."""
    Database(tmp_path / "a.sqlite3").close()
    read = Reading(tmp_path / "a.sqlite3")
    looks = [asyncio.ensure_future(read(lambda tx: tx.execute(ENDLESS).fetchall())) for _ in range(3)]
    await asyncio.sleep(0.2)
    began = time.monotonic()
    read.close()
    assert time.monotonic() - began < 2
    assert [TooSlow] * 3 == [type(one) for one in await asyncio.gather(*looks, return_exceptions=True)]
