"""Spool as a process of its own: `python -m bots run slack` against the stand-ins."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from standins.openai import OpenAIStandin
from standins.slack import SlackStandin

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def process(
    slack: SlackStandin, openai: OpenAIStandin, folder: Path, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m bots run slack` with the stand-ins; killed at the end if it still runs."""
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DATA_DIR": str(folder / "data"),
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "OPENAI_BASE_URL": openai.base_url,
        "OPENAI_API_KEY": "sk-very-secret-key",
        **environment,
    }
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bots", "run", "slack"),
        cwd=folder,
        env=variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


async def end(running: asyncio.subprocess.Process) -> tuple[int | None, str]:
    """Exit status and everything it wrote."""
    async with asyncio.timeout(20):
        output, _ = await running.communicate()
    return running.returncode, output.decode()
