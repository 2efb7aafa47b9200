"""bots.intake.connection: a platform is connected for ever, patiently, unless its token never worked."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import pytest

from bots.intake.connection import Connection, Connections, TokenRefused, keep
from core.concurrency import Backoff
from tests.core.fakes import News

Script = Callable[[int, Callable[[], None]], Awaitable[None]]


class Line:
    """A connection whose attempts, numbered from 1, do what the script says."""

    name = "slack"

    def __init__(self, script: Script) -> None:
        self._script = script
        self.news = News()
        self.times: list[float] = []

    async def run(self, connected: Callable[[], None]) -> None:
        self.times.append(time.monotonic())
        self.news.tell()
        await self._script(len(self.times), connected)

    async def attempts(self, count: int) -> list[float]:
        """Keep it until so many attempts were made; gives the seconds between them."""
        keeping = asyncio.create_task(keep(self, backoff=Backoff(first=0.2)))
        await self.news.until(lambda: len(self.times) >= count)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        return [later - earlier for earlier, later in zip(self.times, self.times[1:], strict=False)]


_: type[Connection] = Line


@pytest.fixture
async def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time flies: whoever sleeps on the event loop wakes at once."""
    minutes = iter(range(0, 10**9, 120))
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: float(next(minutes)))


async def failing(number: int, connected: Callable[[], None]) -> None:
    raise OSError(113, "no route to wss://host/?ticket=1")


async def dropping(number: int, connected: Callable[[], None]) -> None:
    connected()


async def test_a_lost_connection_is_made_again_at_once():
    (gap,) = await Line(dropping).attempts(2)

    assert gap < 0.2


@pytest.mark.parametrize("script", [failing, dropping])
async def test_further_attempts_take_their_time(script):
    first, second = await Line(script).attempts(3)

    assert first < 0.2 <= second


async def test_it_is_tried_for_ever():
    found: list[int] = []

    async def script(number: int, connected: Callable[[], None]) -> None:
        if number == 2000:
            found.append(number)
            raise TokenRefused("at last")
        await failing(number, connected)

    with pytest.raises(TokenRefused):
        await keep(Line(script), backoff=Backoff(first=0.0))

    assert [2000] == found


@pytest.mark.usefixtures("_hurried")
async def test_a_connection_that_stood_was_a_good_one(caplog):
    caplog.set_level(logging.INFO)

    async def script(number: int, connected: Callable[[], None]) -> None:
        if number < 3:
            await failing(number, connected)
        if number == 5:
            raise TokenRefused("revoked")
        connected()
        await asyncio.sleep(1)

    line = Line(script)
    await keep(line)

    assert 5 == len(line.times)
    assert line.times[-1] - line.times[-2] < 0.2
    assert 2 == sum("connection lost" in record.getMessage() for record in caplog.records)


async def test_being_connected_is_told():
    told: list[int] = []
    line = Line(dropping)
    keeping = asyncio.create_task(keep(line, lambda: told.append(1)))
    await line.news.until(lambda: len(line.times) == 2)
    await asyncio.sleep(0)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)

    assert [1, 1] == told


@pytest.mark.parametrize("before", [0, 1])
async def test_a_token_that_never_worked_ends_it(before):
    """A person has to change it; failures to connect before it do not matter."""

    async def script(number: int, connected: Callable[[], None]) -> None:
        if number <= before:
            await failing(number, connected)
        raise TokenRefused("SLACK_BOT_TOKEN is refused")

    with pytest.raises(TokenRefused, match="SLACK_BOT_TOKEN"):
        await keep(Line(script))


async def test_a_token_that_worked_stops_this_platform_only(caplog):

    async def script(number: int, connected: Callable[[], None]) -> None:
        if number == 2:
            raise TokenRefused("revoked")
        connected()

    await keep(Line(script))

    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "slack stopped: revoked" == record.getMessage()


async def test_why_it_cannot_be_reached_is_in_the_log(caplog):
    """As a field, so that the log can blot out what is secret in it."""
    await Line(failing).attempts(2)

    record = caplog.records[0]
    assert "slack cannot be reached, trying again" == record.getMessage()
    assert str(vars(record)["error"]).startswith("OSError: no route")


async def test_being_cancelled_is_the_end():

    async def waiting(number: int, connected: Callable[[], None]) -> None:
        await asyncio.Event().wait()

    line = Line(waiting)
    keeping = asyncio.create_task(keep(line))
    await line.news.until(lambda: line.times)
    keeping.cancel()

    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert 1 == len(line.times)


async def test_how_it_is_connected_is_told():
    """Until the token that worked is refused."""
    connections, seen = Connections(["slack"]), []

    async def script(number: int, connected: Callable[[], None]) -> None:
        seen.extend(connections.to_json())
        connected()
        seen.extend(connections.to_json())
        if number == 2:
            raise TokenRefused("SLACK_BOT_TOKEN is refused.")

    await keep(Line(script), tell=connections.teller("slack"), backoff=Backoff(first=0.01))

    states = [(one["name"], one["state"], one["detail"]) for one in (*seen, *connections.to_json())]
    fine, wait = ("Slack", "ok", ""), ("Slack", "wait", "")
    assert [wait, fine, wait, fine, ("Slack", "bad", "SLACK_BOT_TOKEN is refused.")] == states
