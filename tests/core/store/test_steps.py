"""core.store.runs: steps, errors, stops and posts of a run; every write is fenced by its owner."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Lost
from core.store import messages, runs
from core.store.database import Execute
from core.store.runs import Claim, Outcome
from tests.core.fakes import HERE, message, store
from tests.core.queued import BUDGET, asked, claimed, status, thread_of

ENDED = ["completed", "incomplete", "failed", "cancelled", "expired"]


def writes(x: Execute, claim: Claim) -> list[Any]:
    """Everything an owner can do to a run."""
    return [
        lambda: runs.record(x, claim.run, claim.owner, "step", 1, None, 1.0),
        lambda: runs.met_error(x, claim.run, claim.owner, "e"),
        lambda: runs.finish(x, claim, Outcome("failed", ("a",)), BUDGET, 1.0, go_on=True),
        lambda: runs.reread(x, claim, BUDGET),
    ]


@pytest.mark.parametrize("write", range(4))
def test_a_former_owner_can_write_nothing(write: int) -> None:
    """Whoever lost a run is told so, and changes nothing."""
    with store() as x:
        asked(x, "1")
        former = claimed(x, "former")
        claimed(x, "me")

        with pytest.raises(Lost):
            writes(x, former)[write]()

        assert [("in_progress", "me", 0, None)] == x("SELECT status, owner, attempts, error FROM runs")
        assert [] == x("SELECT * FROM steps") + x("SELECT * FROM items")


@pytest.mark.parametrize("write", range(4))
def test_an_ended_run_takes_no_writes(write: int) -> None:
    """An outcome is given once."""
    with store() as x:
        asked(x, "1")
        claim = claimed(x)
        runs.finish(x, claim, Outcome("completed"), BUDGET, 2.0, go_on=False)

        with pytest.raises(Lost):
            writes(x, claim)[write]()

        assert [("completed", None)] == x("SELECT status, error FROM runs")


def test_a_step_is_replaced_under_its_name() -> None:
    """The newest value counts; the step keeps its id, and its reference is the newest too."""
    with store() as x:
        run = asked(x, "1")
        claimed(x)
        runs.record(x, run, "me", "post:0", {"intent": 1}, None, 1.0)
        (before,) = x("SELECT id FROM steps")

        runs.record(x, run, "me", "post:0", {"id": "9"}, "fake:9", 2.0)

        assert [(*before, '{"id": "9"}', "fake:9")] == x("SELECT id, value, ref FROM steps")
        assert before[0].startswith("step_")


def test_errors_are_counted_apart_from_deaths() -> None:
    """An error of the run does not count as a death, nor the other way round."""
    with store() as x:
        run = asked(x, "1")
        claimed(x, "dead")
        claimed(x)

        assert [1, 2] == [runs.met_error(x, run, "me", code) for code in ("a", "b")]
        assert [(2, 1, "b")] == x("SELECT attempts, deaths, error FROM runs")


def test_a_new_step_forgives_the_deaths_before_it() -> None:
    """Progress was made; writing the same step again is none."""
    with store() as x:
        run = asked(x, "1")
        claimed(x, "dead")
        claimed(x, "me")
        runs.record(x, run, "me", "context", [], None, 1.0)
        assert [(0,)] == x("SELECT deaths FROM runs")
        claim = claimed(x, "next")

        runs.record(x, run, "next", "context", [1], None, 1.0)

        assert 1 == claim.deaths
        assert [(1,)] == x("SELECT deaths FROM runs")


def test_rereading_gives_what_the_database_has_now() -> None:
    """Steps recorded and errors met since the claim are in it; the run counts as begun before."""
    with store() as x:
        run = asked(x, "1")
        claim = claimed(x)
        runs.record(x, run, "me", "context", [1], None, 1.0)
        runs.met_error(x, run, "me", "e")

        again = runs.reread(x, claim, BUDGET)

        assert ({"context": [1]}, 1, True) == (again.memo, again.attempts, again.resumed)


def test_stopping_marks_the_live_run() -> None:
    """It is to be cancelled; asked again, it is the same run."""
    with store() as x:
        run = asked(x, "1")
        asked(x, "2")
        claimed(x)

        assert [run, run] == [runs.stop(x, thread_of(x)), runs.stop(x, thread_of(x))]
        assert ["cancelling", "queued"] == status(x)


@pytest.mark.parametrize("state", ["queued", *ENDED])
def test_only_what_runs_can_be_stopped(state: str) -> None:
    """A waiting run is not stopped by a word meant for the one before it; an ended one is over."""
    with store() as x:
        asked(x, "1")
        x("UPDATE runs SET status = ?", state)

        assert runs.stop(x, thread_of(x)) is None
        assert [state] == status(x)


def test_stopping_one_run_spares_its_successor() -> None:
    """A button on an old answer does not end the next one."""
    with store() as x:
        old = asked(x, "1")
        new = asked(x, "2")
        runs.finish(x, claimed(x), Outcome("completed"), BUDGET, 2.0, go_on=True)

        assert runs.stop(x, thread_of(x), run=old) is None
        assert new == runs.stop(x, thread_of(x), run=new)


def test_stopping_in_a_topic_spares_answers_elsewhere() -> None:
    """A button of one Slack thread is not meant for an answer in another."""
    with store() as x:
        run = asked(x, "1")
        claimed(x)

        assert runs.stop(x, thread_of(x), topic="T2") is None
        assert ["in_progress"] == status(x)
        assert run == runs.stop(x, thread_of(x), topic=HERE.topic)


def test_a_post_tells_whose_it_is() -> None:
    """Run, thread and the person who asked first; None for a post that nobody recorded."""
    with store() as x:
        run = asked(x, "1")
        messages.add(x, message("2", user="U9"), thread_of(x), run)
        claimed(x)
        runs.record(x, run, "me", "post:0", {"id": "9"}, "fake:9", 1.0)

        assert (run, thread_of(x), "U1") == runs.showing(x, "fake:9")
        assert runs.showing(x, "fake:8") is None


def test_recorded_posts_are_told_from_others() -> None:
    """Of those asked for."""
    with store() as x:
        run = asked(x, "1")
        claimed(x)
        for number in ("7", "8"):
            runs.record(x, run, "me", f"post:{number}", {}, f"fake:{number}", 1.0)

        assert {"fake:8"} == runs.recorded(x, ["fake:8", "fake:9"])
        assert set() == runs.recorded(x, [])
