"""policy.limits: who may have how much, and when it is possible again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.policy.limits import Limits
from core.store.database import Execute
from core.types import Over
from tests.core.fakes import store

ANN, BOB, HERE, THERE = "slack:U1", "slack:U2", "slack:C1", "slack:C2"


@pytest.fixture
def tx() -> Iterator[Execute]:
    with store() as execute:
        yield execute


def given(tx: Execute, limits: Limits, person: str, place: str, now: float, times: int = 1) -> int:
    """How many of so many at that moment are no more than they may be."""
    return sum(limits.over(tx, person, place, now) is None for _ in range(times))


@pytest.mark.promise("L1")
def test_a_minutes_messages_may_come_at_once_and_after_that_as_many_as_are_refilled(tx):
    limits = Limits(person_minute=7)
    assert given(tx, limits, ANN, HERE, 100.0, times=50) == 7
    assert given(tx, limits, BOB, HERE, 100.0, times=50) == 7
    over = limits.over(tx, ANN, THERE, 101.0)
    assert over
    assert over.limit == "LIMIT_PERSON_MINUTE"
    assert over.again_at == pytest.approx(100 + 60 / 7)
    assert given(tx, limits, ANN, HERE, over.again_at, times=3) == 1
    assert given(tx, limits, ANN, HERE, 1000.0, times=50) == 7


@pytest.mark.promise("L1")
def test_a_place_is_everybodys_and_what_it_refuses_costs_nobody_anything(tx):
    limits = Limits(person_minute=4, place_minute=5)
    assert given(tx, limits, ANN, HERE, 100.0, times=4) + given(tx, limits, BOB, HERE, 100.0, times=9) == 5
    assert limits.over(tx, BOB, HERE, 100.0) == Over("LIMIT_PLACE_MINUTE", 112.0)
    assert given(tx, limits, BOB, THERE, 100.0, times=9) == 3
    assert given(tx, limits, "slack:U3", "", 100.0, times=9) == 4
