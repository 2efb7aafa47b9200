"""A run as a line of time: what it waited for, what was done, what went out, and where a process died."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from core.store.console import Question, Row, StepRow
from core.store.usage import Usage

_KINDS: Final[Mapping[str, str]] = {
    "answer": "model",
    "speech": "model",
    "embedding": "summary",
    "evaluation": "model",
}
_ANSWERS: Final = ("answer", "evaluation")
_NOTHING: Final[Mapping[str, Any]] = {
    **dict.fromkeys(
        ("detail", "first_at", "ended_at", "outcome", "step", "input", "output", "cost_usd", "error")
    ),
    "level": 0,
    "texts": False,
}


def timeline(
    run: Row,
    steps: Sequence[StepRow],
    requests: Sequence[Usage],
    questions: Sequence[Question],
    died: Sequence[Mapping[str, float]] = (),
) -> list[dict[str, Any]]:
    """All of it in order; `ended_at` None: it goes on. `died`: see `deaths`."""
    marks = [one["at"] for one in died] + [one.began_at for one in requests if one.kind in _ANSWERS]
    marks = sorted(mark for mark in (*marks, run["ended_at"]) if mark is not None)
    found = [_line("received", "received", run["created_at"], ended_at=run["began_at"] or run["ended_at"])]
    known = {step.name: step for step in steps}
    found += [_request(one, known, marks) for one in requests]
    if context := known.get("context"):
        began = context.began_at or run["began_at"] or context.created_at
        found.append(
            _line("context", "context", began, ended_at=context.created_at, step=context.id, texts=True)
        )
    found += _calls(run, known, {one.call_id: one for one in questions})
    found += [_post(step) for step in steps if step.name.startswith(("post:", "file:")) and step.value]
    return sorted(found, key=lambda line: (line["began_at"], line["level"]))


def deaths(
    run: Row,
    steps: Sequence[StepRow],
    requests: Sequence[Usage],
    questions: Sequence[Question],
    taken_over: Sequence[float],
) -> list[dict[str, float]]:
    """Where a process died under it: at the last sign of its life, and when another one went on."""
    signs = [run["created_at"], run["began_at"], *(one.asked_at for one in questions)]
    for step in steps:
        signs += [step.began_at, step.created_at]
    for one in requests:
        signs += [one.began_at, one.first_at, one.ended_at]
    seen = [sign for sign in signs if sign is not None]
    return [{"at": max(sign for sign in seen if sign <= at), "taken_over_at": at} for at in taken_over]


def called(steps: Mapping[str, StepRow]) -> Iterator[tuple[StepRow, Mapping[str, Any]]]:
    """Each call of the run, with the round that asked for it."""
    number = 0
    while one := steps.get(f"round:{number}"):
        yield from ((one, call) for call in (one.value or {}).get("calls", ()))
        number += 1


def _line(kind: str, name: str, began_at: float, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "name": name, "began_at": began_at, **_NOTHING, **more}


def _request(one: Usage, steps: Mapping[str, StepRow], marks: Sequence[float]) -> dict[str, Any]:
    """Where nobody saw its end, that was before whatever came next."""
    began = one.first_at or one.began_at
    unseen = next((mark for mark in marks if mark >= began and mark != one.began_at), began)
    step = steps.get(one.step or "") or (steps.get("answer") if one.kind in _ANSWERS else None)
    return _line(
        _KINDS.get(one.kind, one.kind),
        one.step or one.kind,
        one.began_at,
        detail=one.served_model or one.model,
        first_at=one.first_at,
        ended_at=unseen if one.ended_at is None and one.outcome == "unknown" else one.ended_at,
        outcome=one.outcome,
        step=step.id if step else None,
        input=one.input,
        output=one.output,
        cost_usd=one.price_usd,
        error=one.error,
        texts=bool(step and step.value),
    )


def _calls(
    run: Row, steps: Mapping[str, StepRow], questions: Mapping[str, Question]
) -> Iterator[dict[str, Any]]:
    for asked_by, call in called(steps):
        done, question = steps.get(f"call:{call['id']}"), questions.get(call["id"])
        value = (done.value if done else None) or {}
        open_ = done is None or "begun" in value
        decided = _decided(question, done, run) if question else None
        began = decided or (done and done.began_at) or asked_by.created_at
        ended = run["ended_at"] if open_ or done is None else done.created_at
        if question:
            yield _line(
                "person",
                f"ask:{question.id}",
                question.asked_at,
                detail=call["name"],
                ended_at=decided,
                outcome=question.state,
                level=1,
            )
        if not question or question.state == "approved" or done:
            outcome = _outcome(value, question, over=run["ended_at"] is not None)
            line = {"detail": call["name"], "ended_at": ended, "outcome": outcome, "level": 1, "texts": True}
            yield _line("tool", f"call:{call['id']}", began, **line, step=done.id if done else None)


def _decided(question: Question, done: StepRow | None, run: Row) -> float | None:
    """When; None: it waits. What a yes leads to began with it, any other record is the decision itself."""
    if question.state == "waiting":
        return None
    if done is None:
        over = [question.expires_at, *([run["ended_at"]] if run["ended_at"] else ())]
        return question.asked_at if question.state == "approved" else min(over)
    return done.began_at if (done.began_at or 0.0) >= question.asked_at else done.created_at


def _outcome(value: Mapping[str, Any], question: Question | None, *, over: bool) -> str | None:
    """What became of a call; None while it is carried out."""
    if not value or "begun" in value:
        return "unknown" if over else None
    if question and question.state != "approved":
        return "refused"
    if value.get("interrupted"):
        return "unknown"
    return "failed" if str(value.get("output", "")).startswith("error:") else "once"


def _post(step: StepRow) -> dict[str, Any]:
    outcome = next((word for word in ("intent", "deleted") if word in step.value), "posted")
    return _line("post", step.name, step.created_at, ended_at=step.created_at, outcome=outcome, step=step.id)
