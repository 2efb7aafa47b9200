"""When Slack sends the connection away: no loop, its word and cure are logged, status 2 where none stood."""

from __future__ import annotations

import asyncio
import logging

import pytest

from standins.slack import Timing
from tests.slack.conversation import calls, exchange, workspace
from tests.slack.test_tokens import end, process

OPEN = "apps.connections.open"
lasting = workspace(timing=Timing(grace_seconds=30))


def said(caplog: pytest.LogCaptureFixture, level: int = logging.WARNING) -> str:
    """All that was logged at that level or above, with the errors."""
    found = [record for record in caplog.records if record.levelno >= level]
    return "\n".join(f"{record.getMessage()} {getattr(record, 'error', '')}" for record in found)


@lasting
@pytest.mark.parametrize("greeted", [False, True])
@pytest.mark.parametrize(
    ("reason", "cure"), [("too_many_websockets", "other copies"), ("link_disabled", "Socket Mode is off")]
)
async def test_a_socket_that_is_sent_away_is_not_opened_again_at_once(
    slack, product, caplog, reason, cure, greeted
):
    """A move into a wall: a few attempts, the old socket goes on serving, and the log says what to do."""
    async with product():
        await exchange(slack, "U1", "C1", "before")
        slack.refuse_sockets(reason, 1000, greeted=greeted)
        before = len(calls(slack, OPEN))
        await slack.disconnect()
        await asyncio.sleep(2.5)
        attempts = len(calls(slack, OPEN)) - before
        await exchange(slack, "U1", "C1", "meanwhile")
        slack.sockets.refusals.clear()
        await slack.until(lambda: slack.connections > 1, 20)
        await exchange(slack, "U1", "C1", "after")

    assert 1 <= attempts <= 5
    assert reason in said(caplog)
    assert cure in said(caplog)


@lasting
@pytest.mark.parametrize("cut", [False, True])
async def test_no_socket_is_asked_for_before_slack_takes_the_call(slack, product, cut):
    """429 with Retry-After on a move; also when the old socket is lost meanwhile."""
    async with product():
        slack.fail(OPEN, error="ratelimited", retry_after=3)
        await slack.disconnect()
        await slack.until(lambda: len(calls(slack, OPEN)) == 2)
        if cut:
            await slack.cut()
        await slack.until(lambda: len(calls(slack, OPEN)) == 3, 15)
        await slack.until(lambda: slack.connections)
        await exchange(slack, "U1", "C1", "after")

    limited, again = [call.at for call in slack.calls if call.method == OPEN][1:3]
    assert again - limited >= 3


@pytest.mark.parametrize(
    ("word", "cure"),
    [
        ("missing_scope", "connections:write"),
        ("socket_mode_not_enabled", "turn it on"),
        ("link_disabled", "turn it on"),
        ("hello, link_disabled", "turn it on"),
    ],
)
async def test_what_only_a_person_can_change_ends_the_start(slack, openai, tmp_path, word, cure):
    """Status 2, Slack's word and its cure, no stack trace."""
    if "link" in word:
        slack.refuse_sockets("link_disabled", 1000, greeted="hello" in word)
    else:
        slack.fail(OPEN, error=word, times=99)
    async with process(slack, openai, tmp_path) as running:
        status, output = await end(running)

    assert 2 == status
    assert cure in output
    assert word.split()[-1] in output
    assert "Traceback" not in output


@pytest.mark.parametrize("word", ["missing_scope", "socket_mode_not_enabled", "link_disabled"])
async def test_later_it_is_an_error_and_tried_again(slack, product, caplog, word):
    """Somebody is changing the app: growing pauses, then everything works."""
    async with product():
        await exchange(slack, "U1", "C1", "before")
        if word == "link_disabled":
            slack.refuse_sockets(word, 3)
        else:
            slack.fail(OPEN, error=word, times=3)
        await slack.cut()
        await slack.until(lambda: slack.connections, 20)
        await exchange(slack, "U1", "C1", "after")

    assert word in said(caplog, logging.ERROR)
    assert 1 + 3 + 1 == len(calls(slack, OPEN))


async def test_an_unknown_word_is_in_the_log(slack, product, caplog):
    """What Slack says is passed on also where there is no cure for it."""
    async with product():
        slack.fail(OPEN, error="team_is_dancing", times=2)
        await slack.cut()
        await slack.until(lambda: slack.connections, 20)

    assert "team_is_dancing" in said(caplog)
