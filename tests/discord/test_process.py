"""The process: how it starts and ends, and that each network goes on without the other."""

from __future__ import annotations

import logging

import pytest

from tests.discord.conversation import dm, mention, texts
from tests.discord.people import ANN, ROOM
from tests.discord.process import started
from tests.slack.conversation import exchange as slack_exchange
from tests.slack.stage import Pause
from tests.tool_files import put_tool

pytestmark = pytest.mark.slow
STUCK = """
import time
from pathlib import Path

Path(__file__).with_name("begun").touch()
time.sleep(60)
"""


async def test_a_token_refused_at_the_start_ends_the_process(discord, openai, tmp_path):
    """Exit status 2 and a message that names the setting, without a traceback and without the token."""
    discord.revoke()
    async with started(tmp_path, discord, openai) as process:
        status = await process.ended()

    assert 2 == status
    assert "DISCORD_BOT_TOKEN" in process.log
    assert "Traceback" not in process.log
    assert discord.token not in process.log
    assert discord.invalid_requests <= 3


async def test_it_ends_in_time_although_discord_hangs(discord, openai, script, tmp_path):
    """SIGTERM while every request takes for ever: status 0 within ten seconds."""
    pause = Pause()
    script.perform("Well,", pause)
    async with started(tmp_path, discord, openai) as process:
        await discord.until(lambda: discord.connected, timeout=20)
        await mention(discord, ANN, "hello")
        await discord.until(lambda: texts(discord, ROOM) == ["Well,"], timeout=20)
        for method in ("POST", "PATCH", "GET"):
            discord.delay(method, "/channels/{channel}/messages", 60)
        discord.delay("PATCH", "/channels/{channel}/messages/{message}", 60)
        await dm(discord, ANN, "and me")
        pause.end()
        await discord.until(lambda: len(script.asked) == 2, timeout=20)
        process.terminate()

        assert 0 == await process.ended(timeout=10)


async def test_a_tools_file_that_blocks_keeps_nothing_from_ending(discord, openai, tmp_path):
    """SIGTERM while the file is being read: status 0 within ten seconds."""
    begun = tmp_path / "data" / "tools" / "begun"
    async with started(tmp_path, discord, openai) as process:
        await discord.until(lambda: discord.connected, timeout=20)
        put_tool(tmp_path / "data", "stuck", STUCK)
        await discord.until(begun.exists, timeout=20)
        process.terminate()
        status = await process.ended(timeout=10)

    assert (0, False) == (status, "Traceback" in process.log)


def stopped(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What the log says about Discord having ended for good."""
    return [
        record
        for record in caplog.records
        if record.levelno >= logging.ERROR and "discord" in record.getMessage().lower()
    ]


async def test_a_token_revoked_later_stops_discord_and_not_slack(slack, discord, product, caplog):
    """An error in the log, and not one attempt more: Discord bans those who go on asking."""
    async with product():
        discord.revoke()
        await discord.until(lambda: stopped(caplog), timeout=10)
        before = len(discord.calls), len(discord.gateway_closes)
        for number in range(2):
            await slack_exchange(slack, "U1", "C1", f"hello {number}")

    assert discord.token not in caplog.text
    assert before == (len(discord.calls), len(discord.gateway_closes))
    assert discord.invalid_requests <= 3
