"""`spool files` as a process: killed, interrupted, started again."""

from __future__ import annotations

import signal
import stat
from asyncio.subprocess import Process
from collections.abc import Callable
from pathlib import Path

import pytest

from core.store import assistants, vector_stores
from core.store.data_dir import data_directory
from core.store.database import Database
from standins.openai import OpenAIStandin
from standins.openai.trouble import Trouble
from tests import commands
from tests.commands import ended

NAMES = [f"{number}.txt" for number in range(8)]
TIMEOUT = 60


@pytest.fixture
async def bot(tmp_path: Path) -> str:
    (tmp_path / "docs").mkdir()
    for name in NAMES:
        (tmp_path / "docs" / name).write_text(f"This is document {name}.")
    data_directory(tmp_path / "data")
    db = Database(tmp_path / "data" / "spool.sqlite3")
    made = await db(lambda tx: assistants.create(tx, {"name": "HelpBot", "model": "gpt-6-luna"}, 0.0))
    db.close()
    return made.id


async def started(directory: Path, url: str, *arguments: str) -> Process:
    environ = {"DATA_DIR": "data", "LANG": "C.UTF-8"}
    environ |= {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-test"} if url else {}
    return await commands.started("files", *arguments, cwd=directory, environ=environ)


async def stopped(openai: OpenAIStandin, directory: Path, number: int, when: Callable[[], bool]) -> str:
    """What the command said that got this signal as soon as the condition held."""
    process = await started(directory, openai.base_url, "add", "HelpBot", "docs")
    try:
        await openai.until(when, TIMEOUT)
    finally:
        process.send_signal(number)
    status, _, err = await ended(process)
    assert {signal.SIGKILL: -9, signal.SIGINT: 130, signal.SIGTERM: 143}[signal.Signals(number)] == status
    return err


def after(openai: OpenAIStandin, uploaded: int) -> Trouble:
    """From that many uploads on, the server is so slow that nothing happens; `times = 0` ends it."""
    slow = Trouble("POST /files", status=0, seconds=TIMEOUT, times=100)
    openai.fail("POST /files", status=0, times=uploaded)
    openai.troubles.add(slow)
    return slow


async def documents(directory: Path, owner: str) -> dict[str, str]:
    db = Database(directory / "data" / "spool.sqlite3")
    rows = await db(lambda tx: vector_stores.documents(tx, owner))
    db.close()
    return {row.name: row.status for row in rows}


def searchable(openai: OpenAIStandin) -> list[str]:
    (store,) = openai.stores.all.values()
    return sorted(entry.file.name for entry in store.entries.values())


async def test_a_start_after_deaths_uploads_only_what_is_missing(openai, tmp_path, bot):
    """Two were killed right after some uploads, before they could know all of their ids."""
    for uploaded in (1, 5):
        slow = after(openai, uploaded - len(openai.files.uploaded))
        await stopped(openai, tmp_path, signal.SIGKILL, lambda: len(openai.files.uploaded) == uploaded)
        slow.times = 0

    status, out, _ = await ended(await started(tmp_path, openai.base_url, "add", "HelpBot", "docs"))

    assert 0o600 == stat.S_IMODE((tmp_path / "data" / "files.lock").stat().st_mode)
    assert (0, NAMES) == (status, sorted(file.name for file in openai.files.uploaded))
    assert "8 " not in out.partition(" already")[2]
    assert NAMES == searchable(openai)
    assert dict.fromkeys(NAMES, "completed") == await documents(tmp_path, bot)


async def test_a_start_that_died_while_indexing_uploads_nothing(openai, tmp_path, bot):
    """All bytes were there; what is left is to make them searchable."""
    openai.stores.indexing = TIMEOUT
    await stopped(openai, tmp_path, signal.SIGKILL, lambda: openai.asked("GET /vector_stores/*/files/*") >= 3)
    before = len(openai.files.uploaded)
    for store in openai.stores.all.values():
        store.entries.clear()
    openai.stores.indexing = 0.0

    status, _, _ = await ended(await started(tmp_path, openai.base_url, "add", "HelpBot", "docs"))

    assert (0, 8) == (status, len(openai.files.uploaded))
    assert 1 <= before <= 8
    assert NAMES == searchable(openai)


async def test_an_interrupted_command_says_how_to_go_on(openai, tmp_path, bot):
    """Ctrl-C, then SIGTERM to the one that went on; the third comes to the end."""
    for uploaded, number in (2, signal.SIGINT), (4, signal.SIGTERM):
        slow = after(openai, uploaded - len(openai.files.uploaded))
        said = await stopped(openai, tmp_path, number, lambda: len(openai.files.uploaded) == uploaded)
        slow.times = 0
        assert said.endswith("interrupted: what was done stays; the same command goes on where it stopped.\n")
        assert "Traceback" not in said

    status, _, _ = await ended(await started(tmp_path, openai.base_url, "add", "HelpBot", "docs"))
    assert (0, NAMES) == (status, sorted(file.name for file in openai.files.uploaded))
