"""bots.cli.files.filing: when the rest of many files is not tried any more."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bots.cli.files.filing import Filing, Outcome
from bots.cli.files.paths import found
from bots.cli.files.progress import Progress
from core.files.library import AT_ONCE, Library
from core.model_server.service import OpenAIService
from core.store.database import Database
from standins.openai import OpenAIStandin


@pytest.fixture
async def opened(tmp_path: Path, openai: OpenAIStandin) -> AsyncIterator[Callable[[], Library]]:
    db = Database(tmp_path / "db.sqlite3")
    service = OpenAIService(api_key="sk-test", base_url=openai.base_url, pause=0.001)
    yield lambda: Library(db, service, pause=0.001)
    await service.close()
    db.close()


@pytest.fixture
def library(opened: Callable[[], Library]) -> Library:
    return opened()


async def outcomes(
    library: Library, folder: Path, number: int, told: io.StringIO | None = None
) -> list[Outcome]:
    paths = [folder / f"{name:02}.txt" for name in range(number)]
    for path in paths:
        path.write_text(path.name)
    return await Filing(library, "asst_1", Progress(told or io.StringIO(), number, 0)).add(found(paths))


async def test_a_server_that_is_away_is_not_asked_for_every_file(openai, library, tmp_path):
    """Those on their way when the first fails are named; the rest is one line."""
    await openai.go_offline()
    told = io.StringIO()

    reasons = [outcome.reason for outcome in await outcomes(library, tmp_path, 12, told)]

    tried = reasons.count("the model server cannot be reached; add it again later")
    assert 1 <= tried <= AT_ONCE
    assert 12 - tried == reasons.count("not tried after connection_error")
    lines = told.getvalue().splitlines()
    assert tried + 1 == len(lines)
    assert lines[-1].startswith(f"failed   {12 - tried} more were not tried")
    assert lines[-1].endswith("the model server cannot be reached")


async def test_what_is_there_counts_as_there_while_the_server_is_away(openai, opened, tmp_path):
    """Also what is not asked about any more, and to a command that knows nothing of the one before."""
    await outcomes(opened(), tmp_path, 8)
    await openai.go_offline()

    states = [outcome.state for outcome in await outcomes(opened(), tmp_path, 12)]

    assert ["known"] * 8 + ["failed"] * 4 == states


async def test_a_file_that_fails_now_and_then_ends_nothing(openai, library, tmp_path):
    openai.fail("POST /files", status=503, code="server_is_overloaded", times=3)

    assert ["added"] * 12 == [outcome.state for outcome in await outcomes(library, tmp_path, 12)]


async def test_a_file_that_cannot_be_read_is_its_own_failure(openai, library, tmp_path):
    """It vanished after it was found; the system says why."""
    path = tmp_path / "gone.txt"
    path.write_text("gone")
    files = found([path])
    path.unlink()

    (outcome,) = await Filing(library, "asst_1", Progress(io.StringIO(), 1, 0)).add(files)

    assert ("failed", "No such file or directory") == (outcome.state, outcome.reason)
