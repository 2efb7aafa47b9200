"""core.store.runs: steps, errors, stops and posts of a run; every write is fenced by its owner."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Lost
from core.runs import claims
from core.store import messages, runs, steps
from core.store.database import Execute
from core.types import Claim, Outcome
from tests.core.fakes import HERE, message, store
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
def test_a_former_owner_can_write_nothing(write):
    """Whoever lost a run is told so, and changes nothing."""
    with store() as tx:
        asked(tx, "1")
        former = claimed(tx, "former")
        claimed(tx, "me")

        with pytest.raises(Lost):
            writes(tx, former)[write]()

        assert [("in_progress", "me", 0, None)] == tx.execute(
            "SELECT status, owner, attempts, error FROM runs"
        ).fetchall()
        assert (
            [] == tx.execute("SELECT * FROM steps").fetchall() + tx.execute("SELECT * FROM items").fetchall()
        )


@pytest.mark.parametrize("write", range(4))
def test_an_ended_run_takes_no_writes(write):
    """An outcome is given once."""
    with store() as tx:
        asked(tx, "1")
        claim = claimed(tx)
        claims.finish(tx, claim, Outcome("completed"), BUDGET, 2.0, go_on=False)

        with pytest.raises(Lost):
            writes(tx, claim)[write]()

        assert [("completed", None)] == tx.execute("SELECT status, error FROM runs").fetchall()


def test_a_step_is_replaced_under_its_name():
    """The newest value counts; the step keeps its id, and its reference is the newest too."""
    with store() as tx:
        run = asked(tx, "1")
        claimed(tx)
        steps.record(tx, run, "me", "post:0", {"intent": 1}, None, 1.0)
        (before,) = tx.execute("SELECT id FROM steps").fetchall()

        steps.record(tx, run, "me", "post:0", {"id": "9"}, "fake:9", 2.0)

        assert [(*before, '{"id": "9"}', "fake:9")] == tx.execute(
            "SELECT id, value, ref FROM steps"
        ).fetchall()
        assert before[0].startswith("step_")


def test_errors_are_counted_apart_from_deaths():
    """An error of the run does not count as a death, nor the other way round."""
    with store() as tx:
        run = asked(tx, "1")
        claimed(tx, "dead")
        claimed(tx)

        assert [1, 2] == [runs.met_error(tx, run, "me", code) for code in ("a", "b")]
        assert [(2, 1, "b")] == tx.execute("SELECT attempts, deaths, error FROM runs").fetchall()


def test_a_new_step_forgives_the_deaths_before_it():
    """Progress was made; writing the same step again is none."""
    with store() as tx:
        run = asked(tx, "1")
        claimed(tx, "dead")
        claimed(tx, "me")
        steps.record(tx, run, "me", "context", [], None, 1.0)
        assert [(0,)] == tx.execute("SELECT deaths FROM runs").fetchall()
        claim = claimed(tx, "next")

        steps.record(tx, run, "next", "context", [1], None, 1.0)

        assert 1 == claim.deaths
        assert [(1,)] == tx.execute("SELECT deaths FROM runs").fetchall()


def test_rereading_gives_what_the_database_has_now():
    """Steps recorded and errors met since the claim are in it; the run counts as begun before."""
    with store() as tx:
        run = asked(tx, "1")
        claim = claimed(tx)
        steps.record(tx, run, "me", "context", [1], None, 1.0)
        runs.met_error(tx, run, "me", "e")

        again = claims.reread(tx, claim, BUDGET)

        assert ({"context": [1]}, 1, True) == (again.memo, again.attempts, again.resumed)


def test_stopping_marks_the_live_run():
    """It is to be cancelled; asked again, it is the same run."""
    with store() as tx:
        run = asked(tx, "1")
        asked(tx, "2")
        claimed(tx)

        assert [run, run] == [runs.stop(tx, thread_of(tx)), runs.stop(tx, thread_of(tx))]
        assert ["cancelling", "queued"] == status(tx)


@pytest.mark.parametrize("state", ["queued", *ENDED])
def test_only_what_runs_can_be_stopped(state):
    """A waiting run is not stopped by a word meant for the one before it; an ended one is over."""
    with store() as tx:
        asked(tx, "1")
        tx.execute("UPDATE runs SET status = ?", (state,))

        assert runs.stop(tx, thread_of(tx)) is None
        assert [state] == status(tx)


def test_stopping_one_run_spares_its_successor():
    """A button on an old answer does not end the next one."""
    with store() as tx:
        old = asked(tx, "1")
        new = asked(tx, "2")
        claims.finish(tx, claimed(tx), Outcome("completed"), BUDGET, 2.0, go_on=True)

        assert runs.stop(tx, thread_of(tx), run=old) is None
        assert new == runs.stop(tx, thread_of(tx), run=new)


def test_stopping_in_a_topic_spares_answers_elsewhere():
    """A button of one Slack thread is not meant for an answer in another."""
    with store() as tx:
        run = asked(tx, "1")
        claimed(tx)

        assert runs.stop(tx, thread_of(tx), topic="T2") is None
        assert ["in_progress"] == status(tx)
        assert run == runs.stop(tx, thread_of(tx), topic=HERE.topic)


def test_a_post_tells_whose_it_is():
    """Run, thread and the person who asked first; None for a post that nobody recorded."""
    with store() as tx:
        run = asked(tx, "1")
        messages.add(tx, message("2", user="U9"), thread_of(tx), run)
        claimed(tx)
        steps.record(tx, run, "me", "post:0", {"id": "9"}, "fake:9", 1.0)

        assert (run, thread_of(tx), "U1") == runs.showing(tx, "fake:9")
        assert runs.showing(tx, "fake:8") is None


def test_recorded_posts_are_told_from_others():
    """Of those asked for."""
    with store() as tx:
        run = asked(tx, "1")
        claimed(tx)
        for number in ("7", "8"):
            steps.record(tx, run, "me", f"post:{number}", {}, f"fake:{number}", 1.0)

        assert {"fake:8"} == runs.recorded(tx, ["fake:8", "fake:9"])
        assert set() == runs.recorded(tx, [])
