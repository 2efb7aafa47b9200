"""core.store.runs: steps, errors, stops and posts of a run; every write is fenced by its owner."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Lost
from core.runs import claims
from core.store import messages, runs, steps
from core.store.database import Execute
from core.types import Claim, Outcome
from tests.core.fakes import HERE, message
from tests.core.queued import BUDGET, asked, claimed, status, thread_of

ENDED = ["completed", "incomplete", "failed", "cancelled", "expired"]


def writes(tx: Execute, claim: Claim) -> list[Any]:
    """Everything an owner can do to a run."""
    return [
        lambda: steps.record(tx, claim.run, claim.owner, "step", 1, None, 1.0),
        lambda: runs.met_error(tx, claim.run, claim.owner, "e"),
        lambda: claims.finish(tx, claim, Outcome("failed", ("a",)), BUDGET, 1.0, go_on=True),
        lambda: claims.reread(tx, claim, BUDGET),
    ]


@pytest.mark.parametrize("write", range(4))
@pytest.mark.parametrize("ended", [False, True])
def test_a_former_owner_can_write_nothing(tx, write, ended):
    """Whoever lost a run is told so, and changes nothing; an outcome is given once."""
    asked(tx, "1")
    claim = claimed(tx, "former")
    if ended:
        claims.finish(tx, claim, Outcome("completed"), BUDGET, 2.0, go_on=False)
    else:
        claimed(tx, "me")
    before = tx.execute("SELECT status, owner, attempts, error FROM runs").fetchall()

    with pytest.raises(Lost):
        writes(tx, claim)[write]()
    assert before == tx.execute("SELECT status, owner, attempts, error FROM runs").fetchall()
    assert ended or before == [("in_progress", "me", 0, None)]
    assert [] == tx.execute("SELECT * FROM steps").fetchall() + tx.execute("SELECT * FROM items").fetchall()


def test_a_step_is_replaced_under_its_name(tx):
    """The newest value counts; the step keeps its id, and its reference is the newest too."""
    run = asked(tx, "1")
    claimed(tx)
    steps.record(tx, run, "me", "post:0", {"intent": 1}, None, 1.0)
    (before,) = tx.execute("SELECT id FROM steps").fetchall()
    steps.record(tx, run, "me", "post:0", {"id": "9"}, "fake:9", 2.0)
    assert [(*before, '{"id": "9"}', "fake:9")] == tx.execute("SELECT id, value, ref FROM steps").fetchall()
    assert before[0].startswith("step_")


def test_a_new_step_forgives_the_deaths_before_it(tx):
    """Progress was made; writing the same step again is none."""
    run = asked(tx, "1")
    claimed(tx, "dead")
    claimed(tx, "me")
    steps.record(tx, run, "me", "context", [], None, 1.0)
    assert [(0,)] == tx.execute("SELECT deaths FROM runs").fetchall()
    claim = claimed(tx, "next")
    steps.record(tx, run, "next", "context", [1], None, 1.0)
    assert 1 == claim.deaths
    assert [(1,)] == tx.execute("SELECT deaths FROM runs").fetchall()


def test_rereading_gives_what_the_database_has_now(tx):
    """Steps and errors since the claim are in it; errors count apart from deaths, the run as begun before."""
    run = asked(tx, "1")
    claimed(tx, "dead")
    claim = claimed(tx)
    assert [1, 2] == [runs.met_error(tx, run, "me", code) for code in ("a", "b")]
    assert [(2, 1, "b")] == tx.execute("SELECT attempts, deaths, error FROM runs").fetchall()
    steps.record(tx, run, "me", "context", [1], None, 1.0)
    again = claims.reread(tx, claim, BUDGET)
    assert ({"context": [1]}, 2, True) == (again.memo, again.attempts, again.resumed)


def test_stopping_marks_the_live_run(tx):
    """A button on an old answer or in another topic spares it; asked again, it is the same run."""
    old, run = asked(tx, "0"), asked(tx, "1")
    asked(tx, "2")
    claims.finish(tx, claimed(tx), Outcome("completed"), BUDGET, 2.0, go_on=True)
    assert runs.stop(tx, thread_of(tx), run=old) is None
    assert runs.stop(tx, thread_of(tx), topic="T2") is None
    assert ["completed", "in_progress", "queued"] == status(tx)
    for more in ({}, {}, {"run": run}, {"topic": HERE.topic}):
        assert run == runs.stop(tx, thread_of(tx), **more)
    assert ["completed", "cancelling", "queued"] == status(tx)


@pytest.mark.parametrize("state", ["queued", *ENDED])
def test_only_what_runs_can_be_stopped(tx, state):
    """A waiting run is not stopped by a word meant for the one before it; an ended one is over."""
    asked(tx, "1")
    tx.execute("UPDATE runs SET status = ?", (state,)).fetchall()
    assert runs.stop(tx, thread_of(tx)) is None
    assert [state] == status(tx)


def test_a_post_tells_whose_it_is(tx):
    """Run, thread and the person who asked first; None for a post that nobody recorded."""
    run = asked(tx, "1")
    messages.add(tx, message("2", user="U9"), thread_of(tx), run)
    claimed(tx)
    for number in ("7", "9"):
        steps.record(tx, run, "me", f"post:{number}", {"id": number}, f"fake:{number}", 1.0)
    assert (run, thread_of(tx), "U1") == runs.showing(tx, "fake:9")
    assert runs.showing(tx, "fake:8") is None
    assert ({"fake:9"}, set()) == (runs.recorded(tx, ["fake:9", "fake:8"]), runs.recorded(tx, []))
