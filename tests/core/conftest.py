"""Lanes whose runs are carried out by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.store.database import Database
from tests.core.fakes import settled
from tests.core.hands import Hands
from tests.fresh import fresh


@pytest.fixture
async def hands(tmp_path: Path) -> AsyncIterator[Hands]:
    """Lanes over a new database."""
    db = Database(fresh(tmp_path / "spool.sqlite3"))
    await db(settled)
    made = Hands(db)
    yield made
    await made.lanes.close()
    db.close()
