"""What several tests of the store begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.store import backup
from tests.core.store.databases import folded, left_by_a_kill


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with the value 2 in its -wal, and beside it `copy`, an earlier one with the value 1."""
    path = folded(left_by_a_kill(tmp_path / "spool.sqlite3", 1))
    backup.save(path, tmp_path / "copy")
    return left_by_a_kill(path, 2)
