"""`spool doctor`: it tells what is wrong, whatever that is, and changes nothing."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from core.store import facts
from core.store.data_dir import only_runner
from core.store.database import Database

ROOT = Path(__file__).parents[2]
NOWHERE = {
    "OPENAI_API_KEY": "sk-hunter2-hunter2",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    "DISCORD_BOT_TOKEN": "a.b.c",
    "DISCORD_API_URL": "http://127.0.0.1:9/api",
}


async def doctor(folder: Path, *arguments: str, **environ: str) -> tuple[int | None, str, str]:
    """Exit status, standard output and standard error."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bots", "doctor", *arguments),
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], **environ},
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


def snapshot(folder: Path) -> Mapping[str, bytes]:
    """All files there, but what SQLite itself keeps in memory beside an open database."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".sqlite3-shm")
    return {str(path): path.read_bytes() for path in files}


def states(out: str) -> dict[str, str]:
    """By id, of what `--json` printed."""
    told: dict[str, Any] = json.loads(out)
    assert {"ok", "checks"} == told.keys()
    assert all({"id", "state", "what", "cure"} == check.keys() for check in told["checks"])
    assert told["ok"] is not any(check["state"] == "fail" for check in told["checks"])
    return {check["id"]: check["state"] for check in told["checks"]}


async def test_nothing_is_set_up_yet(tmp_path):
    """Nothing fails, and nothing is made."""
    status, out, err = await doctor(tmp_path, "--json")

    assert (0, "", []) == (status, err, list(tmp_path.iterdir()))
    assert {"slack.token": "skip", "discord.token": "skip", "model.server": "skip"}.items() <= states(
        out
    ).items()


async def test_wrong_settings_are_failed_checks(tmp_path):
    """All at once, in place of the status 2 of other commands; no secret is shown."""
    (tmp_path / ".env").write_text("LOG_LEVEL=loud\nSLACK_BOT_TOKEN=xapp-hunter2-hunter2\nnon sense\n")

    status, out, err = await doctor(tmp_path, SLACK_TOKEN="xoxb-hunter2-hunter2", **NOWHERE)

    assert (1, "", False) == (status, err, "hunter2" in out)
    lines = out.splitlines()
    for line, cure in (
        ("fail  settings.log_level ", "Use one of: DEBUG"),
        ("fail  settings.slack_bot_token ", "Put this one into SLACK_APP_TOKEN"),
        ("fail  settings.slack_app_token ", "Its value is xapp-"),
        ("fail  model.server ", "Check OPENAI_BASE_URL"),
        ("fail  discord.token ", "Check the network"),
    ):
        (at,) = [number for number, text in enumerate(lines) if text.startswith(line)]
        assert cure in lines[at + 1]
    assert any(text.startswith("warn  settings ") and "line 3" in text for text in lines)
    assert any(
        text.startswith("warn  settings ") and "SLACK_TOKEN is not a setting" in text for text in lines
    )


async def test_beside_a_running_bot(tmp_path, slack, openai):
    """Which holds the directory, and whose newest rows are in the -wal; all is as it was afterwards."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    db = Database(data / "spool.sqlite3")
    while (data / "spool.sqlite3-wal").stat().st_size:  # noqa: ASYNC110 - emptied once, at the start
        await asyncio.sleep(0.01)
    await db(lambda tx: facts.remember(tx, "a", "b" * 100_000))
    environ = {
        "OPENAI_BASE_URL": openai.base_url,
        "OPENAI_API_KEY": "sk-1",
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
    }
    with only_runner(data):
        before = snapshot(tmp_path)
        status, out, err = await doctor(tmp_path, "--json", **environ)
        after = snapshot(tmp_path)
    db.close()

    assert (0, "", before) == (status, err, after)
    assert {"data.database": "ok", "slack.connection": "ok", "model.name": "ok"}.items() <= states(
        out
    ).items()


@pytest.mark.parametrize("kind", ["damaged", "not a database", "unreadable .env"])
async def test_what_is_broken_is_told(tmp_path, kind):
    """Without a traceback, and in a row with the others."""
    (tmp_path / "data").mkdir(mode=0o700)
    path = tmp_path / "data" / "spool.sqlite3"
    Database(path).close()
    if kind == "unreadable .env":
        (tmp_path / ".env").write_bytes(b"\xff\n")
    else:
        with path.open("r+b") as file:
            file.seek(4096 if kind == "damaged" else 0)
            file.write(b"?" * 8192)
    before = snapshot(tmp_path)

    status, out, err = await doctor(tmp_path, "--json")

    assert (1, "", before) == (status, err, snapshot(tmp_path))
    assert ["settings" if ".env" in kind else "data.database"] == [
        id for id, state in states(out).items() if state == "fail"
    ]
