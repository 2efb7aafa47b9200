"""A run as a line of time: what is told of deaths, of calls, of persons, and why it ended so."""

from __future__ import annotations

from typing import Any

import pytest

from core.api.console.reasons import why
from core.api.console.timeline import deaths, timeline
from core.store.console import Question, StepRow
from core.store.usage import Usage

RUN: dict[str, Any] = {"created_at": 1.0, "began_at": 1.5, "ended_at": None}
CALL = {"id": "call_1", "name": "pay", "arguments": "{}", "server": ""}
ROUND = StepRow("step_r", "round:0", {"calls": [CALL]}, 1.5, 2.0)


def asked(state: str) -> Question:
    return Question("appr_1", "run_1", "thread_1", "call_1", "U1", state, 2.1, 99.0, None)


def done(value: dict[str, Any]) -> StepRow:
    return StepRow("step_c", "call:call_1", value, 3.0, 4.0)


def test_a_death_is_told_by_whoever_went_on():
    """At the last sign of life. A request that broke off is none, and ends with what came next."""
    requests = [
        Usage("answer", "m", 1.6, "unknown"),
        Usage("answer", "m", 1.8, "unknown", first_at=2.2),
        Usage("answer", "m", 5.0, "completed", ended_at=6.0),
        Usage("answer", "m", 6.0, "unknown"),
    ]
    died = deaths(RUN, [ROUND], requests, [], [4.0])
    assert [{"at": 2.2, "taken_over_at": 4.0}] == died
    lines = timeline({**RUN, "ended_at": 9.0}, [], requests, [], died)
    assert [1.8, 2.2, 6.0, 9.0] == [line["ended_at"] for line in lines if line["kind"] == "model"]


@pytest.mark.parametrize(
    ("step", "state", "ended_at", "told"),
    [
        (None, "waiting", None, [("person", "waiting", None)]),
        (done({"begun": 3.0}), "approved", None, [("person", "approved", 3.0), ("tool", None, None)]),
        (done({"begun": 3.0}), "approved", 9.0, [("person", "approved", 3.0), ("tool", "unknown", 9.0)]),
        (done({"output": "paid"}), "approved", 9.0, [("person", "approved", 3.0), ("tool", "once", 4.0)]),
        (
            done({"output": "error: no"}),
            "refused",
            9.0,
            [("person", "refused", 3.0), ("tool", "refused", 4.0)],
        ),
        (
            done({"output": "?", "interrupted": True}),
            "approved",
            9.0,
            [("person", "approved", 3.0), ("tool", "unknown", 4.0)],
        ),
    ],
)
def test_a_call_and_whoever_was_asked(step, state, ended_at, told):
    steps = [ROUND, *([step] if step else [])]
    lines = timeline({**RUN, "ended_at": ended_at}, steps, [], [asked(state)])
    assert told == [(one["kind"], one["outcome"], one["ended_at"]) for one in lines if one["level"]]


@pytest.mark.parametrize(
    ("status", "error", "begins"),
    [
        ("completed", None, None),
        ("in_progress", "http_500", None),
        ("failed", "invalid_api_key", "The model server refused the API key."),
        ("failed", "run_deadline", "It took longer"),
        ("failed", "unreachable: channel_not_found", "The platform did not accept"),
        ("failed", "something_new", "The model server did not answer properly"),
    ],
)
def test_why_it_ended_so(status, error, begins):
    found = why(status, error, "en")
    assert (found is None) == (begins is None)
    if found:
        assert found["message"].startswith(begins)
        assert why(status, error, "ko") != found
