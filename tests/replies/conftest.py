"""A topic with questions, for tests of replies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.store.database import Database
from tests.core.queued import asked
from tests.fresh import fresh
from tests.replies.posting import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    db = Database(fresh(tmp_path / "spool.sqlite3"))
    await db(lambda tx: [asked(tx, "1"), asked(tx, "2", user="U2")])
    yield World(db)
    db.close()
