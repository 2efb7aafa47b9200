"""What is stored of a client's run, read and made into objects. Each function is part of a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.runs.client import objects
from core.runs.client.objects import Object, Outputs
from core.runs.client.records import Record, called, said
from core.store import assistants, client_runs, steps, thread_messages, usage
from core.store.client_runs import RunRow
from core.store.database import Execute
from core.store.paging import Page
from core.store.steps import Done
from core.types import Assistant, RunId


def run(tx: Execute, row: RunRow) -> Object:
    """The run."""
    spent = usage.of_run(tx, row.id) if row.ended_at else None
    named = ("prompt_tokens", "completion_tokens", "total_tokens")
    told = dict(zip(named, (*spent, sum(spent)), strict=True)) if spent else None
    calls = []
    if row.awaits:
        known = {call["id"]: call for record in records(tx, row.id)[0] for call in record.get("calls", ())}
        calls = [_owed(known[id]) for id in row.awaits]
    return objects.run(row, assistant(tx, row), told, calls)


def now(tx: Execute, run_id: RunId) -> Object:
    """The run with that id, which must exist."""
    return run(tx, client_runs.of(tx, run_id))


def assistant(tx: Execute, row: RunRow) -> Assistant:
    """Who answers, in the version that does."""
    found = assistants.get(tx, row.assistant, row.version) if row.assistant else None
    return found or Assistant(row.assistant or "", "", "")


def _owed(call: Mapping[str, Any]) -> Object:
    function = {name: call["function"][name] for name in ("name", "arguments")}
    return {"id": call["id"], "type": "function", "function": function}


def records(tx: Execute, run_id: RunId) -> tuple[list[Record], Outputs]:
    """All that the responses of a client's run have said and done, in order; and what functions gave."""
    memo = steps.of_run(tx, run_id)
    last = (memo.get(steps.ANSWER.name) or ({}, 0.0))[0] or {}
    found = [record for value, _ in [*_rounds(memo), (last, 0.0)] for record in value.get("records", ())]
    return found, _outputs(memo, found)


def of_chat(tx: Execute, row: RunRow) -> tuple[list[Record], Outputs]:
    """The same of a chat's run, which keeps no records: its functions, then what it answered."""
    memo, found = steps.of_run(tx, row.id), list[Record]()
    for number, (value, at) in enumerate(_rounds(memo)):
        if calls := [_called(call) for call in value.get("calls", ()) if not call["server"]]:
            found.append(called(row.id, number, 0, at) | {"calls": calls})
    answers, _ = thread_messages.page(tx, row.thread, Page(100, "asc"), row.id)
    for place, one in enumerate(answers, 1):
        done = {"message": one.id, "status": "completed", "ended": one.sent_at}
        found.append(said(row.id, len(found), place, one.sent_at) | done)
    return found, _outputs(memo, found)


def _rounds(memo: Mapping[str, tuple[Any, float]]) -> list[tuple[Mapping[str, Any], float]]:
    """The run's rounds and when each was recorded; an erased one is empty."""
    found: list[tuple[Mapping[str, Any], float]] = []
    while one := memo.get(steps.round(len(found)).name):
        found.append((one[0] or {}, one[1]))
    return found


def _called(call: Mapping[str, Any]) -> Object:
    function = {"name": call["name"], "arguments": call["arguments"], "output": None}
    return {"id": call["id"], "type": "function", "function": function}


def _outputs(memo: Mapping[str, tuple[Any, float]], found: Iterable[Mapping[str, Any]]) -> Outputs:
    done = {}
    for id in [call["id"] for record in found for call in record.get("calls", ())]:
        value, at = memo.get(steps.call(id).name, (None, 0.0))
        state = steps.call(id).read(value) if value else None
        if isinstance(state, Done):
            done[id] = (state.output, at)
    return done
