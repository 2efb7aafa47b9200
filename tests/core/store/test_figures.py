"""store.figures: what is lost, twice, finished and out of order, also when something went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from core.api.console.overview import quantile
from core.store import figures, runs
from core.store.console import View
from core.store.database import Execute
from core.store.figures import Span
from core.types import RunId
from tests.core.queued import asked

AT, SILENT, RUN_SECONDS = 9000.0, 8000.0, 1940.0
SPAN = Span(View(None), 0.0, 10_000.0, 4)
POSTED = {"post:0": "slack/1"}


def run(
    tx: Execute,
    id: str,
    user: str = "U1",
    journal: Mapping[str, str | None] = POSTED,
    *,
    said: float = AT,
    **is_: Any,
) -> RunId:
    """A run that has ended well, unless told otherwise. `journal`: refs by the names of its steps."""
    made = asked(tx, id, user=user, sent_at=said)
    fields = {"status": "completed", "posts": len(journal) or None, "assistant_id": "asst_settings"} | is_
    fields = {"created_at": AT, "first_token_at": AT, "first_text_at": AT + 1, "ended_at": AT + 2} | fields
    names = ", ".join(f"{name} = ?" for name in fields)
    tx.execute(f"UPDATE runs SET {names} WHERE id = ?", (*fields.values(), made))
    for name, ref in journal.items():
        step = f"step_{made}_{name}"
        tx.execute("INSERT INTO steps VALUES (?, ?, ?, '{}', ?, ?, NULL)", (step, made, name, ref, AT))
    return made


def lost(tx: Execute) -> int:
    return len(figures.lost(tx, SPAN, RUN_SECONDS))


OPEN: dict[str, Any] = {"ended_at": None, "first_token_at": None, "first_text_at": None}
GOES = OPEN | {"status": "in_progress", "began_at": SILENT - 9, "created_at": SILENT - 9}


@pytest.mark.parametrize(
    ("journal", "fields", "count"),
    [
        (POSTED, {}, 0),
        ({}, {}, 1),
        (POSTED, {"posts": None}, 0),  # of a version that did not count them
        ({"post:0": None}, {"status": "failed", "posts": None, "error": "unreachable: no_access"}, 1),
        ({}, {"status": "cancelled"}, 0),
        ({}, {"options": "{}"}, 1),
        ({"answer": None}, {"options": "{}"}, 0),
        ({}, {"options": "{}", "status": "failed"}, 0),
        (POSTED, GOES, 1),  # its process died, and no other one came
        (POSTED, GOES | {"status": "requires_action"}, 0),
        (POSTED, GOES | {"awaits": "[]"}, 0),
        ({}, GOES | {"status": "queued", "began_at": None}, 1),
        ({}, GOES | {"status": "queued", "began_at": None, "created_at": SILENT + 1}, 0),
    ],
)
def test_lost_is_what_nothing_can_be_seen_of(tx, journal, fields, count):
    run(tx, "1", journal=journal, **fields)
    tx.execute("UPDATE steps SET created_at = ?", (SILENT - 1,))
    assert count == lost(tx)


def test_who_waits_behind_one_that_moves_is_not_lost(tx):
    """And behind one that does not move any more, both are."""
    run(tx, "1", **GOES)
    run(tx, "2", journal={}, **GOES | {"status": "queued", "began_at": None})
    assert 0 == lost(tx)  # its step is of AT
    tx.execute("UPDATE steps SET created_at = ?", (SILENT - 1,))
    assert 2 == lost(tx)


def test_twice_is_more_than_the_journal_names(tx):
    run(tx, "1", journal={"post:0": "slack/1", "post:1": "slack/2"})
    assert [] == figures.broken(tx, SPAN, "twice")
    run(tx, "2", journal={"post:0": "slack/3", "post:1": None}, posts=2)
    run(tx, "3", posts=2, **OPEN | {"status": "in_progress"})
    assert 1 == len(figures.broken(tx, SPAN, "twice"))


def test_order_is_that_in_which_people_spoke(tx):
    """Not that in which messages came, and only within a lane; who is still to answer is not late."""
    run(tx, "1", said=AT - 5, first_text_at=AT + 3)  # came first, was said second
    run(tx, "2", said=AT - 9, first_text_at=AT + 6)
    run(tx, "3", said=AT - 2, first_text_at=AT + 9)
    run(tx, "4", user="U2", said=AT - 1, first_text_at=AT + 1)
    run(tx, "5", said=AT - 8, **OPEN | {"status": "queued"})
    counted = figures.counted(tx, SPAN)
    assert (4, 1) == (sum(counted.answers), sum(counted.disordered))
    assert [0, 0, 0, 5] == counted.accepted == counted.messages
    assert 5 == figures.asked(tx, SPAN)


def test_finished_after_a_crash(tx):
    """Not what was handed over in order, nor what was given up because process after process died."""
    taken = {"takeovers": 1, "ended_at": AT + 4}
    for id, died, fields in (
        ("1", True, {}),
        ("2", True, {"status": "failed", "error": "billing"}),
        ("3", True, {"status": "failed", "error": "interrupted"}),
        ("4", False, {}),
        ("5", True, OPEN | {"status": "in_progress"}),
    ):
        made = run(tx, id, **taken | fields)
        runs.take_over(tx, made, "me", AT + int(id), died=died)
    assert (4, 2, 2.5) == figures.taken_over(tx, SPAN)


def test_first_words_are_those_of_answers(tx):
    """Of one's own view and the span. A notice has none, ours or one in an answer's place, nor what no post
    has shown. Quantiles are times that were.
    """
    run(tx, "1", first_text_at=AT + 0.5)
    run(tx, "2", first_text_at=AT + 3)
    run(tx, "3", status="failed", first_token_at=None)
    run(tx, "4", journal={}, status="failed", first_text_at=None)
    ours = run(tx, "5")
    tx.execute("UPDATE runs SET lane = id WHERE id = ?", (ours,))
    died = run(tx, "6", first_text_at=AT + 9, takeovers=1)
    tx.execute("UPDATE steps SET created_at = ? WHERE run_id = ?", (AT + 4, died))
    tx.execute("UPDATE threads SET project = 'kit'")
    assert [(3, 0.5), (3, 3.0), (3, 4.0)] == figures.words(tx, SPAN)
    counted = figures.counted(tx, SPAN)
    assert (5, 5, 3) == (sum(counted.messages), sum(counted.accepted), sum(counted.answers))
    assert [] == figures.words(tx, replace(SPAN, view=View("shop")))
    assert 3 == len(figures.words(tx, replace(SPAN, view=View("kit"))))
    assert [] == figures.words(tx, replace(SPAN, until=AT))
    assert (2.0, 4.0, None) == (
        quantile([1.0, 2.0, 3.0, 4.0], 50),
        quantile([1.0, 4.0], 95),
        quantile([], 50),
    )
