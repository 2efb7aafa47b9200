"""What tests of the API's core begin with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.core.api.stored import Clients, clients


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Clients]:
    """A process with files and stores, and its model server."""
    async with clients(tmp_path) as made:
        yield made
