"""A token that is refused: at the start it ends the process, later it ends only Discord."""

from __future__ import annotations

import asyncio
import logging

import pytest

from tests.discord.conversation import ANN, ROOM, exchange
from tests.slack.conversation import exchange as slack_exchange


def stopped(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What the log says about Discord having ended for good."""
    return [
        record
        for record in caplog.records
        if record.levelno >= logging.ERROR and "discord" in record.getMessage().lower()
    ]


async def test_a_token_revoked_later_stops_discord_and_not_slack(slack, discord, product, caplog):
    """An error in the log; Slack goes on as if nothing had happened."""
    async with product():
        await exchange(discord, ANN, ROOM, "hello")
        discord.revoke()
        await discord.until(lambda: stopped(caplog), timeout=10)
        await slack_exchange(slack, "U1", "C1", "hello")

    assert discord.token not in caplog.text


async def test_a_revoked_token_is_not_tried_for_ever(slack, discord, product, caplog):
    """Discord bans those who go on asking with a refused token."""
    async with product():
        discord.revoke()
        await discord.until(lambda: stopped(caplog), timeout=10)
        before = len(discord.calls), len(discord.gateway_closes)
        for number in range(5):
            await slack_exchange(slack, "U1", "C1", f"hello {number}")

    assert before == (len(discord.calls), len(discord.gateway_closes))
    assert discord.invalid_requests <= 3


async def test_slack_works_while_discord_is_away(slack, discord, product):
    """From the first moment on; Discord joins in when it is back."""
    await discord.go_offline()

    async def use_slack() -> None:
        await slack.until(lambda: slack.sockets.open, timeout=10)
        await slack_exchange(slack, "U1", "C1", "hello")
        await discord.go_online()

    using = asyncio.ensure_future(use_slack())
    async with product():
        await using
        await exchange(discord, ANN, ROOM, "hello")


async def test_discord_works_while_slack_is_away(slack, discord, product):
    """And the other way round."""
    await slack.go_offline()

    async def use_discord() -> None:
        await discord.until(lambda: discord.connected and discord.commands, timeout=10)
        await exchange(discord, ANN, ROOM, "hello")
        await slack.go_online()

    using = asyncio.ensure_future(use_discord())
    async with product():
        await using
        await slack_exchange(slack, "U1", "C1", "hello")
