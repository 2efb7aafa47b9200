"""`backup` and `restore` as they are typed, beside a bot that runs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "PYTHONPATH": str(ROOT),
    "OPENAI_API_KEY": "sk-1",
    "DISCORD_BOT_TOKEN": "token",
    "DISCORD_API_URL": "http://127.0.0.1:9",  # nobody listens there
}


def typed(cwd: Path, *arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "bots", *arguments]
    ended = subprocess.run(command, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True)
    return ended.returncode, ended.stdout, ended.stderr


@contextmanager
def running(cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """A bot that has begun, and cannot reach Discord."""
    with subprocess.Popen(
        [sys.executable, "-m", "bots", "run"], cwd=cwd, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True
    ) as bot:
        try:
            assert bot.stderr
            assert any("trying again" in line for line in bot.stderr)
            yield bot
        finally:
            bot.kill()


def test_a_backup_while_the_bot_runs_is_put_back_when_it_does_not(tmp_path):
    with running(tmp_path) as bot:
        status, said, wrong = typed(tmp_path, "backup", "copy")
        assert (0, "") == (status, wrong)
        assert "copy written" in said
        status, _, wrong = typed(tmp_path, "restore", "copy")
        assert 2 == status
        assert f"in use by another Spool (pid {bot.pid}). Stop that one first" in wrong
        assert bot.poll() is None

    status, said, wrong = typed(tmp_path, "restore", "copy")

    assert (0, "") == (status, wrong)
    kept = re.search(r"kept as (data/spool-before-restore-\S+\.sqlite3)\.", said)
    assert kept
    assert (tmp_path / kept[1]).is_file()


@pytest.mark.parametrize(
    ("arguments", "cure"),
    [
        (("backup", "there"), "there exists already. Name a new file, or move that one away."),
        (("backup", "new"), "There is no database in DATA_DIR=data. Set DATA_DIR to that of your Spool."),
        (("restore", "new"), "There is no file new. Name a copy that `backup` made."),
        (("restore", "there"), "there is no database of Spool. Nothing was changed. Restore another copy."),
    ],
)
def test_mistakes_end_with_status_2_and_the_cure(tmp_path, arguments, cure):
    (tmp_path / "there").touch()

    assert (2, "", f"error: {cure}\n") == typed(tmp_path, *arguments)
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "data" / "spool.sqlite3").exists()


def test_a_closed_terminal_is_a_clean_end(tmp_path):
    """SIGHUP, when the SSH connection it was started from is closed."""
    former = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have used nohup
    try:
        with running(tmp_path) as bot:
            signal.signal(signal.SIGHUP, former)
            bot.send_signal(signal.SIGHUP)
            assert 0 == bot.wait(10)
    finally:
        signal.signal(signal.SIGHUP, former)


def test_nohup_keeps_it_running(tmp_path):
    """It starts the bot with SIGHUP ignored, which is then meant."""
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with running(tmp_path) as bot:
            bot.send_signal(signal.SIGHUP)
            with pytest.raises(subprocess.TimeoutExpired):
                bot.wait(1)
            bot.terminate()
            assert 0 == bot.wait(10)
    finally:
        signal.signal(signal.SIGHUP, former)
