"""429 is obeyed, and costs no text."""

from __future__ import annotations

import asyncio
import time

import pytest

from bots.slack.api import FASTEST_UPDATE, Budget
from standins.slack import SlackStandin
from tests.slack.conversation import texts, told, workspace


def patient(slack: SlackStandin, method: str, seconds: float) -> bool:
    """After each refusal the method rested that long (less a little for the clock)."""
    of_method = [call for call in slack.calls if call.method == method]
    refused = [call for call in of_method if call.error == "ratelimited"]
    assert refused, f"{method} was never refused"
    for call in refused:
        end = call.done or call.at
        if any(end < later.at < end + seconds - 0.05 for later in of_method):
            return False
    return True


@pytest.mark.parametrize(
    ("method", "status", "streams"),
    [
        *(("chat.startStream", 429, True), ("chat.appendStream", 200, True), ("chat.stopStream", 429, True)),
        *(("chat.postMessage", 429, False), ("chat.update", 429, False)),
    ],
)
async def test_a_limited_call_waits(slack, product, script, method, status, streams):
    """Retry-After is kept to for that method; Slack also says it with status 200."""
    if not streams:
        slack.fail("chat.startStream", error="unknown_method", times=99)
    slack.fail(method, error="ratelimited", retry_after=1, status=status)

    await told(slack, product, script)

    assert patient(slack, method, 1.0)


@pytest.mark.slow
@workspace(limits=True)
async def test_more_people_than_streams_allowed_are_all_answered(slack, product, script):
    """25 at once where Slack allows 20 streams a minute: everyone gets a whole answer, once, soon."""
    async with product():
        for number in range(25):
            await slack.mention(f"U{number}", f"C{number}", f"hello {number}")
        await slack.until(
            lambda: all(
                texts(slack, f"C{number}") == [f"echo: hello {number}"]
                and not slack.posts(f"C{number}")[0].streaming
                for number in range(25)
            ),
            timeout=20,
        )


@pytest.mark.parametrize(("made", "pause"), [(0, 0.0), (1, FASTEST_UPDATE), (30, FASTEST_UPDATE)])
def test_updates_are_apart_and_end_when_half_of_a_minutes_are_made(monkeypatch, made, pause):
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    budget = Budget()
    for _ in range(made):
        budget.updated()

    assert (pause, made < 30) == (pytest.approx(budget.update_pause()), budget.may_update())


def test_calls_long_ago_are_forgotten(monkeypatch):
    """The budget looks back a minute, and keeps no more, however long the process lives."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    budget = Budget()
    for minute in range(100):
        now[0] = 100.0 * minute
        budget.note("chat.startStream")

    assert 1 == sum(map(len, budget._made.values()))


@pytest.mark.promise("L4")
@workspace(limits=True)
async def test_posts_go_round_between_people(slack, product):
    """Before another person's post in a channel there is one more at most of who has many waiting there."""
    slack.fail("chat.startStream", error="unknown_method", times=99)
    async with product(thread_scope="person-topic", limit_person_runs=0):
        for number in range(9):
            await slack.mention("UFLOOD", "C1", f"hello {number}")
        await slack.until(lambda: len(slack.posts("C1")) >= 4, timeout=20)  # after the third they take turns
        await asyncio.sleep(0.5)
        before, said = len(slack.posts("C1")), await slack.mention("U2", "C1", "hello")
        await slack.until(lambda: texts(slack, "C1", said) == ["echo: hello"])
        assert len(slack.posts("C1")) <= before + 2 < 8
