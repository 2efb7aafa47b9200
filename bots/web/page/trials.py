"""/console/api: saved questions, and versions of assistants tried on them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from bots.web.bodies.shared import Body, Id
from bots.web.page.gate import language_of
from bots.web.route import Answer, Call, Route, by
from core.api.console.trials import Trials

MOST = 50
"""Questions of one trial."""


Version = Annotated[int, Field(ge=1, le=1_000_000)]


class Nothing(Body):
    """{}"""


class TypedQuestion(Body):
    text: Annotated[str, Field(min_length=1, max_length=20_000)]


class TrialPlan(Body):
    version: Version
    beside: Version
    questions: Annotated[list[Id], Field(min_length=1, max_length=MOST)]


class NewTrial(TrialPlan):
    limit_usd: Annotated[float, Field(gt=0, le=10_000)]
    unpriced: bool = False


class Judgement(Body):
    question: Id
    verdict: Literal["better", "same", "worse"] | None


def routes(trials: Trials) -> tuple[Route, ...]:
    """Their operations."""

    async def one(call: Call) -> Answer:
        return await trials.get(call.key, call.path["trial_id"], language_of(call.request))

    of, trial = "/api/assistants/{assistant_id}", "/api/trials/{trial_id}"
    run, question = "/api/runs/{run_id}/question", "/api/saved-questions/{question_id}/remove"
    return (
        _get(f"{of}/questions", by(trials.questions), "Questions saved for trials", "list"),
        _post(f"{of}/questions", trials.typed, "Save a typed question", TypedQuestion),
        _post(f"{of}/questions/texts", trials.question_texts, "What they ask; audited"),
        _post(run, trials.of_run, "Save what a run was asked"),
        _post(question, trials.remove, "Take a question off the list"),
        _get(f"{of}/trials", by(trials.all), "The newest trials of an assistant", "list"),
        _post(f"{of}/trials/estimate", trials.estimate, "What a trial will cost", TrialPlan),
        _post(f"{of}/trials", trials.start, "Start a trial", NewTrial),
        _get(trial, one, "One trial, as far as it is"),
        _post(f"{trial}/texts", trials.texts, "What was asked and answered in a trial; audited"),
        _post(f"{trial}/verdict", trials.judge, "Judge an answer", Judgement),
        _post(f"{trial}/cancel", trials.cancel, "End a trial"),
    )


def _get(path: str, handle: Any, summary: str, answer: str = "object") -> Route:
    return Route("GET", path, handle, summary, answer=answer, base="/console")


def _post(path: str, method: Any, summary: str, body: type[Body] = Nothing) -> Route:
    return Route("POST", path, by(method), summary, body=body, base="/console")
