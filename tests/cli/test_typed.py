"""The commands as they are typed: what hints call them, and what becomes of those that are interrupted."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest

from tests.commands import PYTHON, ROOT, ended, started
from tests.core.fakes import TIMEOUT


async def test_a_pythons_name_is_said_as_it_was_typed(tmp_path):
    """Where there is a `python3` and no `python`, a hint with the latter leads nowhere."""
    (tmp_path / "python3.99").symlink_to(sys.executable)
    process = await asyncio.create_subprocess_exec(
        *(str(tmp_path / "python3.99"), "-m", "bots", "--help"),
        env={"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdout=asyncio.subprocess.PIPE,
    )
    stdout, _ = await process.communicate()

    assert stdout.startswith(b"usage: python3.99 -m bots ")


@pytest.mark.parametrize(("order", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("command", ["restore", "tools", "run"])
async def test_an_interrupted_command_is_no_success(tmp_path, command, order, status):
    """One line, no traceback; only of the bot it is what it was told to do. It waits for a `.env`."""
    os.mkfifo(tmp_path / ".env")
    process = await started(command, *["copy"] * (command == "restore"), environ={}, cwd=tmp_path)
    async with asyncio.timeout(TIMEOUT * 4):
        opened = await asyncio.to_thread(os.open, tmp_path / ".env", os.O_WRONLY)  # it reads, so it has begun
        process.send_signal(order)
        os.close(opened)  # a signal that came just before read() does not end it; the end of the file does
    status_, _, stderr = await ended(process)

    told = f"interrupted: `{PYTHON} -m bots {command}` was stopped before its end.\n"
    assert ((0, "") if command == "run" else (status, told)) == (status_, stderr)
