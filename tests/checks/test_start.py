"""bots.checks.start: one line of who starts, and one for all that is wrong; nothing twice."""

from __future__ import annotations

import pytest

from bots.app import assembled
from bots.checks import settings as checked
from bots.checks import start
from bots.checks.live import LiveChecks
from bots.intake.connection import Connections
from core.errors import ConfigError
from core.settings import Settings
from tests.logged import lines, logged


async def test_what_the_start_tells(slack, discord, openai, tmp_path):
    """The line of who it is; warnings and errors as such."""
    settings = Settings(
        data_dir=tmp_path,
        openai_api_key="sk-1",
        openai_base_url=openai.base_url,
        assistant_model="gpt-7",
        slack_bot_token=slack.bot_token,
        slack_app_token=slack.app_token,
        slack_api_url=slack.api_url,
        discord_bot_token="no token",
        discord_api_url=discord.api_url,
    )
    slack.scopes.discard("files:read")
    checks, asked = LiveChecks(settings, Connections(["slack", "discord"])), slack.calls
    openai.fail("GET /models", status=401, code="invalid_api_key")
    tmp_path.chmod(0o700)

    async def answers() -> tuple[str, int]:
        return "gpt-6-luna", 3

    with logged("INFO") as stream:
        await start.tell(settings, checks, answers)
    checks.look(whole=False)
    await checks.close()

    told = lines(stream)
    assert told[0]["message"].startswith("Spool 0.")
    assert told[0]["message"].endswith(
        f" as @assistant in Standin (T0TEAM0001), gpt-6-luna, 3 tools, {tmp_path}"
    )
    assert {("ERROR", "model.server"), ("WARNING", "slack.scopes"), ("ERROR", "discord.token")} == {
        (line["level"], line["check"]) for line in told[1:]
    }
    assert ["model.server", "discord.token"] == [one.id for one in checks.failing]
    assert 1 == len(
        [one for one in asked if one.method == "auth.test"]
    )  # whoever looks has nothing made twice


async def test_a_wrong_list_of_prices_ends_the_start(tmp_path):
    """And the doctor says the same."""
    settings = Settings(data_dir=tmp_path, prices_file=str(tmp_path / "none.json"))
    with pytest.raises(ConfigError, match="Write the path of a JSON file there"):
        async with assembled(settings, ()):
            pass
    assert [("settings.prices_file", "fail")] == [
        (one.id, one.state) for one in checked.check(settings, (), ())
    ]
