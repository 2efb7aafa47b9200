"""Turns: beyond the limits a run waits, and people go round, over deaths, too."""

from __future__ import annotations

import pytest

from core.inbox import Inbox
from core.policy.limits import Limits
from tests.core.fakes import elsewhere, message
from tests.core.hands import Hands, begun, ended, inbox


async def said(box: Inbox, *asks: str) -> None:
    """Messages such as "U1 2": who, and the id; each in a channel of its own."""
    for ask in asks:
        user, id = ask.split()
        await box.receive(message(id, user=user, address=elsewhere(channel=f"C{id}")))


async def answered(hands: Hands) -> list[str]:
    """All of them end, the oldest first; gives the ids in the order in which they began."""
    done = 0
    while done < len(hands.begun):
        hands.let(hands.ids()[done])
        done += 1
        await begun(hands)
        await begun(hands)
    await ended()
    return [one for (one,) in await begun(hands)]


@pytest.mark.promise("L4")
async def test_people_go_round(hands):
    """One who came first with ten, and then two others with two: nobody waits for more than one of each."""
    box = inbox(hands, limits=Limits(runs=1))
    await hands.resume(0)
    await said(box, *(f"U1 {number}" for number in range(10)))
    await said(box, "U2 20", "U2 21", "U3 30", "U3 31")
    assert ["0", "20", "30", "1", "21", "31", *"23456789"] == await answered(hands)


@pytest.mark.promise("L4")
async def test_one_person_has_so_many_at_once(hands):
    """Others are not concerned; what waits begins when one of theirs has ended, the oldest first."""
    box = inbox(hands, limits=Limits(person_runs=2))
    await hands.resume(0)
    await said(box, "U1 1", "U1 2", "U1 3", "U1 4", "U2 5")
    assert [["1"], ["2"], ["5"]] == await begun(hands)
    hands.let(hands.ids()[2])
    await hands.until(3)
    hands.let(hands.ids()[1])
    await hands.until(4)
    assert ["3"] == (await begun(hands))[-1]
    assert ["in_progress", "completed", "in_progress", "queued", "completed"] == await hands.status()


async def test_a_start_goes_round_too_and_only_for_who_is_served(hands):
    """What had begun goes on first; a dead owner's runs do not count as ours until they are taken over."""
    box = inbox(hands, limits=Limits(runs=2))
    await said(box, *(f"U1 {number}" for number in range(5)), "U2 6", "U3 7")
    await hands.until(2)
    dead = hands.lanes
    for task in list(dead._tasks):
        task.cancel()
    later = Hands(hands.db)
    inbox(later, limits=Limits(runs=3))
    await later.lanes.resume(["another"])
    assert [] == await begun(later)
    await later.resume(3)
    assert [["0"], ["1"]] == (await begun(later))[:2]
    assert ["0", "1", "2", "6", "7", "3", "4"] == await answered(later)


async def test_who_waits_for_a_person_makes_room(hands):
    """A run that asks for a yes takes no place among those at once."""
    box = inbox(hands, limits=Limits(runs=1))
    await hands.resume(0)
    await said(box, "U1 1", "U2 2")
    await hands.db(
        lambda tx: tx.execute("UPDATE runs SET status = 'requires_action' WHERE seq = 1").fetchall()
    )
    await box._approvals.asked()
    assert [["1"], ["2"]] == await begun(hands)


async def test_who_stands_behind_a_message_that_was_deleted_begins(hands):
    """In a thread of several people: the first there waits for its writer's turn, and is taken back."""
    box = inbox(hands, scope="topic", limits=Limits(person_runs=1))
    await hands.resume(0)
    await said(box, "U1 1")
    where = elsewhere(channel="C2")
    await box.receive(message("2", user="U1", address=where))
    await box.receive(message("3", user="U2", address=where))
    assert [["1"]] == await begun(hands)
    assert await box.withdraw(where, "2")
    assert [["1"], ["3"]] == await begun(hands)
