"""What needs somebody's attention, in our own words, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from core.api.console.looks import question_objects, where
from core.api.console.reasons import why
from core.assistants import models
from core.assistants.model_list import day
from core.settings import OPENAI_HOST, Settings
from core.store import assistants, console, facts, figures
from core.store.database import Execute
from core.store.figures import Span
from core.types import Assistant

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "failed": ("Runs that failed: {count}. {why}", "실패한 실행 {count}건. {why}"),
    "lost": (
        "Messages without a visible answer: {count}.",
        "보이는 답변이 없는 메시지 {count}건.",
    ),
    "lost_cure": (
        "The run says what became of it, the log why. Ask again for whoever waits.",
        "실행에서 어떻게 되었는지, 로그에서 그 이유를 확인하고 기다리는 사람을 위해 다시 질문하세요.",
    ),
    "asked": (
        "{person} was asked to confirm {tool}. It ends in {minutes} min.",
        "{person} 님에게 {tool} 확인을 요청했습니다. {minutes}분 뒤에 만료됩니다.",
    ),
    "asked_cure": (
        "Only they can decide, with the buttons of the question.",
        "본인만 질문의 버튼으로 결정할 수 있습니다.",
    ),
    "ends": (
        "{model} ends on {date}; {name} uses it.",
        "{model} 모델은 {date}에 종료되며 {name}에서 사용 중입니다.",
    ),
    "ends_all": (
        "{model} ends on {date}; {name} and {more} more use it.",
        "{model} 모델은 {date}에 종료되며 {name} 외 {more}개에서 사용 중입니다.",
    ),
    "ends_cure": ("Change it to {instead} before.", "그 전에 {instead} 모델로 바꾸세요."),
}
Failing = Sequence[Mapping[str, str]]
"""Checks that fail: `what` was found, its `cure`, and the `language` of both."""


def attention(
    tx: Execute, span: Span, settings: Settings, lost: Sequence[int], failing: Failing, language: str
) -> list[dict[str, Any]]:
    """The worst first. `link` is an address of the page, for want of that of `post` where there is one."""

    def told(word: str, /, **facts: Any) -> str:
        return WORDS[word][language == "ko"].format(**facts)

    found = [
        *_lost(tx, lost, told),
        *(_one("bad", one["what"], one["cure"], "/health", language=one["language"]) for one in failing),
        *_failed(tx, span, told, language),
        *_waiting(tx, span, told),
        *_ending(tx, span, settings, told),
    ]
    return [{"language": language, **one} for one in found]


def _one(
    level: str, message: str, cure: str = "", link: str | None = None, post: Any = None, **more: str
) -> dict[str, Any]:
    return {"level": level, "message": message, "cure": cure, "link": link, "post": post, **more}


def _lost(tx: Execute, lost: Sequence[int], told: Any) -> Iterator[dict[str, Any]]:
    for run in console.numbered(tx, lost[-1:]):
        yield _one("bad", told("lost", count=len(lost)), told("lost_cure"), f"/runs/{run['id']}")


def _failed(tx: Execute, span: Span, told: Any, language: str) -> Iterator[dict[str, Any]]:
    """One for each reason, however its errors were worded."""
    found: dict[str, tuple[int, int]] = {}
    for error, count, newest in figures.failures(tx, span):
        reason = (why("failed", error, language) or {})["message"]
        before, seq = found.get(reason, (0, 0))
        found[reason] = before + count, max(seq, newest)
    for reason, (count, newest) in found.items():
        (run,) = console.numbered(tx, [newest])
        yield _one("bad", told("failed", count=count, why=reason), "", f"/runs/{run['id']}")


def _waiting(tx: Execute, span: Span, told: Any) -> Iterator[dict[str, Any]]:
    """Questions whose yes or no somebody owes; the link is that of the post that asks."""
    for question in console.asked(tx):
        run = console.run(tx, span.view, question.run_id)
        if run is None:
            continue
        (one,) = question_objects(tx, [question])
        steps = {step.name: step.value for step in console.steps(tx, question.run_id)}
        post = (steps.get(f"ask:{question.id}") or {}).get("id")
        minutes = max(0, round((question.expires_at - span.until) / 60))
        person = run["person_name"] or question.person
        message = told("asked", person=person, tool=one["tool"], minutes=minutes)
        yield _one("wait", message, told("asked_cure"), f"/runs/{run['id']}", post and (where(run), post))


def _ending(tx: Execute, span: Span, settings: Settings, told: Any) -> Iterator[dict[str, Any]]:
    """Models that end soon, by the server's own list, or of OpenAI's by what is known of them."""
    server = settings.openai_base_url.rstrip("/") or f"https://{OPENAI_HOST}/v1"
    listed = (facts.find(tx, f"models:{server}") or {"models": {}})["models"]
    states = console.states(tx)
    using: dict[str, list[Assistant]] = {}
    for assistant in assistants.all(tx):
        _, deleted, project = states[assistant.id]
        if not deleted and (span.view.project is None or project in (None, span.view.project)):
            using.setdefault(assistant.model, []).append(assistant)
    for model, (first, *more) in using.items():  # clients of the API may have made thousands
        about, at = models.known(model), (listed.get(model) or {}).get("shutdown")
        ends = date.fromisoformat(at) if at else about.ends if settings.full_features else None
        if ends and ends <= day(span.until) + timedelta(models.SOON):
            which = {"model": model, "date": ends.isoformat(), "name": first.name or first.id}
            message = told("ends_all", more=len(more), **which) if more else told("ends", **which)
            cure = told("ends_cure", instead=about.replacement or models.default())
            yield _one("wait", message, cure, f"/assistants/{first.id}")
