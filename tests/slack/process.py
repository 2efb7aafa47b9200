"""Spool as a process of its own: `python -m bots run slack` against the stand-ins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from standins.openai import OpenAIStandin
from standins.slack import SlackStandin
from tests.commands import started


@asynccontextmanager
async def process(
    slack: SlackStandin, openai: OpenAIStandin, folder: Path, **more: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Killed at the end if it still runs; all it writes is in its standard output."""
    environ = {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "OPENAI_BASE_URL": openai.base_url,
        "OPENAI_API_KEY": "sk-very-secret-key",
        **more,
    }
    running = await started("run", "slack", cwd=folder, environ=environ, stderr=asyncio.subprocess.STDOUT)
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()
