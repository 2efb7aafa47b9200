"""What several tests of the store begin with."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from core.store import backup
from core.store.database import Database, Execute
from tests.core.fakes import store
from tests.core.store.databases import folded, left_by_a_kill


@pytest.fixture
def tx() -> Iterator[Execute]:
    """A store in which nothing but the settings' assistant is settled."""
    with store() as execute:
        yield execute


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    """A new database."""
    database = Database(tmp_path / "spool.sqlite3")
    yield database
    database.close()


@pytest.fixture
def _open_to_all() -> Iterator[None]:
    """A process whose files everybody could read, if nothing were done about it."""
    former = os.umask(0)
    yield
    os.umask(former)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with the value 2 in its -wal, and beside it `copy`, an earlier one with the value 1."""
    path = folded(left_by_a_kill(tmp_path / "spool.sqlite3", 1))
    backup.save(path, tmp_path / "copy")
    return left_by_a_kill(path, 2)
