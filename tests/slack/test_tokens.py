"""Tokens that Slack refuses, and what the process says and keeps to itself."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bots.app import assembled
from bots.intake.connection import keep
from core.errors import ConfigError
from core.settings import Settings
from standins.openai import OpenAIStandin
from standins.slack import SlackStandin
from tests.slack.conversation import exchange, shows, texts
from tests.slack.stage import Pause

ROOT = Path(__file__).parents[2]
PERSON = "200000000000000001"


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


@pytest.mark.parametrize(
    ("name", "token"), [("SLACK_BOT_TOKEN", "xoxb-nobody"), ("SLACK_APP_TOKEN", "xapp-nobody")]
)
async def test_a_token_refused_at_the_start_ends_the_process(slack, openai, tmp_path, name, token):
    """Status 2, and a sentence that names the setting; no stack trace, no token."""
    async with process(slack, openai, tmp_path, **{name: token}) as running:
        status, output = await end(running)

    assert 2 == status
    assert name in output
    assert "Traceback" not in output
    assert not any(secret in output for secret in (token, slack.bot_token, slack.app_token))


@pytest.mark.parametrize("error", ["invalid_auth", "token_revoked", "account_inactive"])
@pytest.mark.parametrize(
    ("method", "name"), [("auth.test", "SLACK_BOT_TOKEN"), ("apps.connections.open", "SLACK_APP_TOKEN")]
)
async def test_what_slack_says_of_a_token_it_does_not_take(slack, openai, tmp_path, method, name, error):
    """Every way to refuse one is a mistake in the settings: no further attempt, the setting named."""
    slack.fail(method, error=error, times=9)
    config = Settings(
        openai_base_url=openai.base_url,
        openai_api_key="sk-test",
        data_dir=tmp_path,
        slack_bot_token=slack.bot_token,
        slack_app_token=slack.app_token,
        slack_api_url=slack.api_url,
    )
    async with assembled(config, ("slack",)) as (platforms, _), asyncio.timeout(5):
        with pytest.raises(ConfigError) as refused:
            await keep(platforms[0])

    assert name in str(refused.value)
    assert 1 == len([call for call in slack.calls if call.method == method])


async def test_no_message_text_and_no_secret_is_logged(slack, openai, script, tmp_path):
    """Not even at DEBUG, where SDKs like to log everything; stopped by SIGTERM it exits with 0."""
    script.perform("the cabbage is ripe")
    async with process(slack, openai, tmp_path, LOG_LEVEL="DEBUG") as running:
        await slack.until(lambda: slack.connections, timeout=20)
        await slack.mention("U1", "C1", "where is the pineapple")
        await shows(slack, "C1", None, "the cabbage is ripe")
        await slack.mention("U1", "C1", "reset")
        await slack.until(lambda: len(slack.posts("C1")) == 2)
        running.send_signal(signal.SIGTERM)
        status, output = await end(running)

    assert 0 == status
    found = ("pineapple", "cabbage", slack.bot_token, slack.app_token, "sk-very-secret-key", "ticket=")
    assert [] == [word for word in found if word in output]


async def test_stopping_in_the_middle_of_an_answer(slack, openai, product, script, tmp_path):
    """SIGTERM: out within ten seconds, status 0; the next process finishes the same post."""
    script.perform("Once upon", Pause())
    script.perform("Once upon a time")
    async with process(slack, openai, tmp_path) as running:
        await slack.until(lambda: slack.connections, timeout=20)
        ts = await slack.mention("U1", "C1", "tell me a story")
        await slack.until(lambda: texts(slack, "C1") == ["Once upon"])
        began = asyncio.get_running_loop().time()
        running.send_signal(signal.SIGTERM)
        status, _ = await end(running)
        took = asyncio.get_running_loop().time() - began
    async with product():
        await shows(slack, "C1", ts, "Once upon a time")

    assert 0 == status
    assert took < 10


async def test_a_token_revoked_later_stops_only_that_platform(slack, discord, product, caplog):
    """An error in the log, no more attempts, and Discord is answered as before."""
    async with product():
        await exchange(slack, "U1", "C1", "hello")
        slack.revoke("bot")
        slack.revoke("app")
        await slack.cut()
        await slack.until(lambda: any(record.levelno >= logging.ERROR for record in caplog.records))
        attempts = len(slack.calls)
        channel = discord.dm(PERSON)
        await discord.say(PERSON, channel, "hello")
        await discord.until(lambda: [post.content for post in discord.posts(channel)] == ["echo: hello"])

    assert len(slack.calls) <= attempts + 2
    assert any("slack" in record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR)


async def test_a_token_revoked_during_an_answer_breaks_nothing_else(slack, discord, product, script):
    """The answer cannot be shown any more; Discord goes on."""
    pause = Pause()
    script.perform("Once upon", pause, " a time")
    async with product():
        await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: texts(slack, "C1") == ["Once upon"])
        slack.revoke("bot")
        pause.end()
        channel = discord.dm(PERSON)
        await discord.say(PERSON, channel, "hello")
        await discord.until(lambda: [post.content for post in discord.posts(channel)] == ["echo: hello"])


async def test_while_slack_is_away_discord_works(slack, discord, product):
    """A platform that cannot connect is tried again and again beside the others."""
    async with product():
        await slack.go_offline()
        channel = discord.dm(PERSON)
        await discord.say(PERSON, channel, "hello")
        await discord.until(lambda: [post.content for post in discord.posts(channel)] == ["echo: hello"])
        await slack.go_online()
        await slack.until(lambda: slack.connections, timeout=10)
        await exchange(slack, "U1", "C1", "hello")
