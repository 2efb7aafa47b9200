"""core.inbox: what is over a limit, and our own texts said over and over."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from core.policy.limits import Limits
from core.types import Person
from tests.core.fakes import Heard, elsewhere, message
from tests.core.hands import Hands, begun, inbox
from tests.core.whole import all_of, core, rules

STORED = (
    "SELECT json_extract(body, '$.kind'), run_id IS NOT NULL FROM messages WHERE platform <> '' ORDER BY seq"
)


@pytest.mark.promise("L1")
async def test_what_is_over_a_limit_is_known_and_answered_by_one_notice(tmp_path: Path) -> None:
    """Neither the model nor the channel hears of it; the notice tells when, as its person reads it."""
    async with core(tmp_path, Heard("yes", "yes"), policy=rules(limits=Limits(person_minute=2))) as spool:
        spool.platform.people["U1"] = Person("Ann", "ko", "Asia/Seoul")
        for number in range(6):
            await spool.ask(str(number + 1))
        assert 2 == len(spool.script.requests) == len(spool.platform.screen)
        ((person, words),) = spool.platform.notices
        assert "U1" == person
        assert "(Asia/Seoul)부터 다시" in words
        assert ("limited", 1) == (await spool.rows(STORED))[2]
        assert [("limited", 0)] * 3 == (await spool.rows(STORED))[3:]
        assert ("cancelled", "LIMIT_PERSON_MINUTE") == (await spool.outcomes())[-1]
        assert not (await spool.say("3")).new
        await spool.ask("7", user="U2")
        assert 3 == len(spool.platform.screen)


@pytest.mark.promise("L1")
async def test_a_notice_outlives_a_death_and_its_window_ends(hands):
    """Killed between the message and its notice, the next start tells it; once, until the window is over."""
    box = inbox(hands, limits=Limits(person_minute=1))
    for id in ("1", "2", "3"):
        await box.receive(message(id))
    assert [["1"], ["2"]] == await begun(hands)
    later = Hands(hands.db)
    await later.resume(2)
    assert [["1"], ["2"]] == await begun(later)
    await hands.db(lambda tx: tx.execute("UPDATE notices SET until = ?", (time.time() - 1,)).fetchall())
    await box.receive(message("4"))
    assert ["4"] == (await begun(hands))[-1]


async def test_messages_that_wait_are_counted_until_they_are_answered(hands):
    """What was missed and is found in a history has had its minute: only those that wait count."""
    box = inbox(hands, limits=Limits(person_minute=9, open=3))
    for number in range(5):
        await box.receive(message(str(number), sent_at=time.time()), live=False)
    assert [("ask", 1)] * 3 + [("limited", 1), ("limited", 0)] == await hands.db(
        lambda tx: tx.execute(STORED).fetchall()
    )
    assert [["0"], ["3"]] == await begun(hands)
    hands.let(hands.ids()[0])
    await hands.until(3)
    assert (await box.receive(message("9"))).run


async def test_stop_is_never_one_too_many_while_there_is_something_to_stop(hands):
    box = inbox(hands, limits=Limits(person_minute=1))
    await box.receive(message("1"))
    await hands.until(1)
    assert hands.ids()[0] == (await box.receive(message("2", kind="stop"))).stopped


async def test_what_waits_for_its_turn_can_be_stopped(hands):
    box, where = inbox(hands, limits=Limits(person_runs=1)), elsewhere(channel="C2")
    await box.receive(message("1"))
    await box.receive(message("2", address=where))
    stopped = (await box.receive(message("3", kind="stop", address=where))).stopped
    await hands.until(2)
    assert (stopped, True) == (hands.ids()[1], hands.stopping[hands.ids()[1]].is_set())


@pytest.mark.parametrize("kind", ["reset", "help", "stop"])
async def test_an_own_text_on_its_way_answers_the_same_wish_too(hands, kind):
    """50 of one person in a channel, each in a topic of its own: one text; others get their own."""
    box = inbox(hands)
    for number in range(50):
        where = elsewhere(topic=f"T{number}")
        await box.receive(message(str(number), kind=kind, address=where))
    await box.receive(message("60", kind=kind, user="U2"))
    await box.receive(message("61", kind=kind, address=elsewhere(channel="C2")))
    assert [["0"], ["60"], ["61"]] == await begun(hands)
    told = await hands.db(lambda tx: tx.execute("SELECT DISTINCT run_id FROM messages").fetchall())
    assert 3 == len(all_of(told))
    hands.let(hands.ids()[0])
    await asyncio.sleep(0.05)
    await box.receive(message("62", kind=kind))  # just answered, and nothing else was said since
    assert ["61"] == (await begun(hands))[-1]
    await box.receive(message("63", kind="memory"))
    await box.receive(message("64", kind=kind))
    assert ["64"] == (await begun(hands))[-1]
