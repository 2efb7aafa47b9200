"""Commands as processes of their own, with nothing in their environment but what a test gives them."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.core.fakes import TIMEOUT

ROOT = Path(__file__).parents[1]
PYTHON = Path(sys.executable).name
_KEPT = ("PATH", "HOME", "COVERAGE_PROCESS_START")


def alone(**more: str) -> dict[str, str]:
    """The environment of a process: nothing that configures Spool, but for `more`."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **kept, **more}


async def started(
    *arguments: str,
    cwd: Path,
    environ: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
    **how: Any,
) -> Process:
    """`python OPTIONS -m bots ARGUMENTS`; `how` goes to what makes the process."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, *options, "-m", "bots", *arguments),
        env=alone(**(environ or {})),
        cwd=cwd,
        **{"stdin": DEVNULL, "stdout": PIPE, "stderr": PIPE, "umask": 0, **how},
    )


async def ended(process: Process) -> tuple[int | None, str, str]:
    """Exit status, stdout and stderr."""
    async with asyncio.timeout(TIMEOUT * 12):
        out, err = await process.communicate()
    return process.returncode, (out or b"").decode(), (err or b"").decode()


async def ran(*arguments: str, **how: Any) -> tuple[int | None, str, str]:
    """See `started` and `ended`."""
    return await ended(await started(*arguments, **how))
