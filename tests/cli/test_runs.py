"""`spool runs` and `spool threads`: what became of questions, and nobody's words."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bots.cli import runs, threads
from core.assistants.of_settings import settings_assistant
from core.errors import ConfigError
from core.runs import claims
from core.settings import Settings
from core.store import assistants, feedback, items, overview, steps
from core.store.data_dir import data_directory
from core.store.database import Database, Execute
from core.types import Outcome
from tests.core.queued import BUDGET, asked, claimed

SECRET = "a secret word"


@pytest.fixture
def spool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """`spool("runs", "list")` gives what is printed."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command")
    runs.add(commands)
    threads.add(commands)

    def call(command: str, *arguments: str) -> str:
        module = {"runs": runs, "threads": threads}[command]
        assert 0 == module.run(parser.parse_args([command, *arguments]), Settings(data_dir=tmp_path / "data"))
        return capsys.readouterr().out

    return call


@pytest.fixture
def past(tmp_path: Path) -> list[str]:
    """One run that failed, one that is under way, one that waits; their ids."""

    def work(tx: Execute) -> list[str]:
        assistants.settle(tx, settings_assistant(Settings()), 0.0)
        made = [
            asked(tx, "1", text=SECRET),
            asked(tx, "2", user="U2", text=SECRET),
            asked(tx, "3", text=SECRET),
        ]
        claim = claimed(tx)
        steps.record(tx, claim.run, "me", "answer", {"text": SECRET}, None, 3.5)
        items.add(tx, claim.thread, claim.run, [items.item("user", SECRET)])
        feedback.vote(tx, claim.run, "fake:U1", 3.9, good=False)
        feedback.explain(tx, claim.run, "fake:U1", SECRET)
        claims.finish(tx, claim, Outcome("failed", error="billing"), BUDGET, 4.0, go_on=False)
        claimed(tx, user="U2")
        return [str(run) for run in made]

    async def fill() -> list[str]:
        db = Database(data_directory(tmp_path / "data") / "spool.sqlite3")
        try:
            return await db(work)
        finally:
            db.close()

    return asyncio.run(fill())


def test_without_anything_it_is_said(spool):
    assert "nobody has asked anything" in spool("runs", "list")
    assert "no conversations yet" in spool("threads", "list")
    assert [] == json.loads(spool("runs", "list", "--json"))["data"]


def test_runs_are_listed(spool, past):
    head, *rows = spool("runs", "list").splitlines()

    assert ["ID", "STATUS", "BEGAN", "SECONDS", "WHERE", "ASSISTANT", "ERROR"] == head.split()
    assert past[::-1] == [row.split()[0] for row in rows]
    assert ["queued", "in_progress", "failed"] == [row.split()[1] for row in rows]
    assert rows[2].split()[4:] == ["3.0", "fake", "C1", "asst_settings", "billing"]
    assert [past[2]] == [
        one["id"] for one in json.loads(spool("runs", "list", "--json", "--count", "1"))["data"]
    ]


def test_a_run_is_shown(spool, past):
    shown = spool("runs", "show", past[0])
    fields: dict[str, Any] = json.loads(spool("runs", "show", past[0], "--json"))

    assert "step               +2.5 s  answer\n" in shown
    assert ("failed", "billing", 1.0, 4.0) == tuple(
        fields[name] for name in ("status", "error", "created_at", "ended_at")
    )
    assert (0, 1) == (fields["good"], fields["bad"])
    assert {"name": "answer", "began_at": None, "created_at": 3.5} in fields["steps"]
    assert SECRET not in shown + json.dumps(fields)


def test_a_run_that_is_none_is_refused(spool):
    with pytest.raises(ConfigError, match="`spool runs list` shows the newest"):
        spool("runs", "show", "run_1")


@pytest.mark.parametrize("count", ["0", "-5", "many", "1.5", "9" * 30])
@pytest.mark.parametrize("command", ["runs", "threads"])
def test_a_count_that_is_none_is_refused(spool, command, count, capsys):
    with pytest.raises(SystemExit) as ended:
        spool(command, "list", f"--count={count}")

    assert 2 == ended.value.code
    assert f"{count} is no count. Give a whole number from 1 to 1,000,000." in capsys.readouterr().err


def test_only_of_the_shown_threads_the_items_are_counted(tmp_path):
    """Whoever writes waits meanwhile: an older, long conversation costs nothing."""

    def work(tx: Execute) -> None:
        assistants.settle(tx, settings_assistant(Settings()), 0.0)
        asked(tx, "1")
        claim = claimed(tx)
        items.add(tx, claim.thread, claim.run, [items.item("user", "a")] * 20_000)
        asked(tx, "2", user="U2")
        tx.execute("UPDATE threads SET created_at = created_at - 1 WHERE id = ?", (claim.thread,))

    async def fill() -> None:
        db = Database(data_directory(tmp_path) / "spool.sqlite3")
        await db(work)
        db.close()

    asyncio.run(fill())
    thousands = []
    with contextlib.closing(sqlite3.connect(tmp_path / "spool.sqlite3")) as connection:
        connection.set_progress_handler(lambda: thousands.append(1), 1000)
        (found,) = overview.newest_threads(connection, 1)

    assert ("U2", 0) == (found.member, found.items)
    assert len(thousands) < 5


@pytest.mark.usefixtures("past")
def test_threads_are_listed(spool):
    _, *rows = spool("threads", "list").splitlines()
    first, second = sorted(
        json.loads(spool("threads", "list", "--json"))["data"], key=lambda one: one["member"]
    )

    assert 2 == len(rows)
    assert ("U1", "C1", 1, 1.0) == tuple(first[name] for name in ("member", "channel", "items", "last_at"))
    assert ("U2", 0, None) == (second["member"], second["items"], second["last_at"])
    assert any("user U1" in row for row in rows)
