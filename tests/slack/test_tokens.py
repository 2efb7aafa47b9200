"""Tokens that Slack refuses, and what the process says and keeps to itself."""

from __future__ import annotations

import asyncio
import logging
import signal

import pytest

from bots.app import assembled
from bots.intake.connection import keep
from core.errors import ConfigError
from core.settings import Settings
from tests.commands import ended
from tests.slack.conversation import exchange, shows
from tests.slack.process import process

OPEN = "apps.connections.open"
PERSON = "200000000000000001"


@pytest.mark.parametrize(
    ("method", "word", "cure"),
    [
        *(("auth.test", word, "SLACK_BOT_TOKEN") for word in ("invalid_auth", "account_inactive")),
        *((OPEN, word, "SLACK_APP_TOKEN") for word in ("invalid_auth", "token_revoked")),
        (OPEN, "missing_scope", "Slack says missing_scope.*connections:write"),
        (OPEN, "socket_mode_not_enabled", "Slack says socket_mode_not_enabled.*turn it on"),
        ("socket", "link_disabled", "Slack says link_disabled.*turn it on"),
        ("hello", "link_disabled", "Slack says link_disabled.*turn it on"),
    ],
)
async def test_what_only_a_person_can_change_ends_the_start(slack, openai, tmp_path, method, word, cure):
    if "." in method:
        slack.fail(method, error=word, times=9)
    else:
        slack.refuse_sockets(word, 1000, greeted=method == "hello")
    config = Settings(
        openai_base_url=openai.base_url,
        openai_api_key="sk-test",
        data_dir=tmp_path,
        slack_bot_token=slack.bot_token,
        slack_app_token=slack.app_token,
        slack_api_url=slack.api_url,
    )
    async with assembled(config, ("slack",)) as (platforms, *_), asyncio.timeout(5):
        with pytest.raises(ConfigError, match=cure):
            await keep(platforms[0])

    assert 1 == len([call for call in slack.calls if call.method == (method if "." in method else OPEN)])


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
        status, output, _ = await ended(running)

    assert 0 == status
    found = ("pineapple", "cabbage", slack.bot_token, slack.app_token, "sk-very-secret-key", "ticket=")
    assert [] == [word for word in found if word in output]


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


PLACES = [
    (None, "The app lacks the scope chat:write: add it"),
    ("is_archived", "unarchive it"),
    ("restricted_action", "Posting permissions"),
    ("not_in_channel", "/invite"),
]


@pytest.mark.parametrize(("word", "cure"), PLACES)
async def test_the_log_says_where_and_what_is_missing(slack, product, caplog, word, cure):
    """The channel's id, Slack's word, and what to do; also where only errors are logged."""
    for method in ("chat.startStream", "chat.postMessage"):
        if word:
            slack.fail(method, error=word, times=99)
    if not word:
        slack.scopes.discard("chat:write")
    failed = lambda: [one for one in caplog.records if one.message == "answer cannot be shown"]  # noqa: E731
    caplog.set_level(logging.ERROR)
    async with product():
        await slack.mention("U1", "C1", "hello")
        await slack.until(failed)

    (line,) = map(vars, failed())
    assert ("C1", "ERROR", True) == (line["channel"], line["levelname"], cure in line["error"])
    assert (word or "missing_scope") in line["error"]
