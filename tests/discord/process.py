"""Spool as a process of its own: `python -m bots run discord` against the stand-ins."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from standins.discord import DiscordStandin
from standins.openai import OpenAIStandin
from tests import commands


class Process:
    """The running process; `log` is what it has written to standard error so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lines: list[str] = []
        self._reading = asyncio.ensure_future(self._read())

    @property
    def log(self) -> str:
        return "".join(self._lines)

    async def _read(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self._lines.append(line.decode())

    def terminate(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    async def ended(self, timeout: float = 20) -> int:
        """Its exit status, once it has ended and all it wrote is read."""
        async with asyncio.timeout(timeout):
            status = await self._process.wait()
            await self._reading
        return status

    async def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._reading


@contextlib.asynccontextmanager
async def started(
    directory: Path, discord: DiscordStandin, openai: OpenAIStandin, **settings: str
) -> AsyncIterator[Process]:
    """The product in that directory, with these settings besides the usual ones."""
    environ = {
        "OPENAI_BASE_URL": openai.base_url,
        "OPENAI_API_KEY": "sk-secret-of-the-test",
        "DISCORD_BOT_TOKEN": discord.token,
        "DISCORD_API_URL": discord.api_url,
        "DISCORD_GATEWAY_URL": discord.gateway_url,
    }
    how: dict[str, Any] = {"stdout": None, "environ": environ | settings}
    process = Process(await commands.started("run", "discord", cwd=directory, **how))
    try:
        yield process
    finally:
        await process.kill()
