"""The checks of a bot at work: made once for all who look, and again for whoever has mended something."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from bots.checks.live import LiveChecks
from bots.intake.connection import Connections
from core.settings import Settings
from standins.openai import OpenAIStandin
from standins.slack import SlackStandin


async def test_one_look_for_all_and_another_for_whoever_mends(
    tmp_path: Path, slack: SlackStandin, openai: OpenAIStandin
):
    """Nothing is looked at while nobody asks, and Slack is not connected a second time."""
    settings = Settings(
        data_dir=tmp_path,
        openai_api_key="sk-standin",
        openai_base_url=openai.base_url,
        slack_bot_token=slack.bot_token,
        slack_app_token=slack.app_token,
        slack_api_url=slack.api_url,
    )
    connections = Connections(["slack"])
    checks, asked = LiveChecks(settings, connections), slack.calls
    assert ([], None) == (checks.known, checks.at)
    slack.scopes.discard("chat:write")
    for _ in range(3):
        checks.look()
    await done(checks)
    checks.look()
    assert (1, False) == (len([one for one in asked if one.method == "auth.test"]), checks.checking)
    assert ["slack.scopes"] == [one.id for one in checks.failing]
    checks.look(again=True)
    slack.scopes.add("chat:write")
    checks.look(again=True)
    connections.teller("slack")("bad", "Slack refuses SLACK_APP_TOKEN.")
    await done(checks)
    assert ["slack.connection"] == [one.id for one in checks.failing]
    assert 0 == slack.connections
    await checks.close()


async def done(checks: Any) -> None:
    while checks.checking:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.01)
