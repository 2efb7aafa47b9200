"""`spool demo --page` in a process of its own, and the address at which its page opens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.commands import started
from tests.core.fakes import TIMEOUT


@asynccontextmanager
async def shown(cwd: Path, **more: str) -> AsyncIterator[str]:
    """Ended at the end, with its bot."""
    process = await started("demo", "--page", cwd=cwd, environ=more, stderr=None)
    assert process.stdout
    try:
        async with asyncio.timeout(TIMEOUT * 8):
            line = (await process.stdout.readline()).decode()
        yield line.removeprefix("Console: ").strip()
    finally:
        process.terminate()
        await process.wait()
