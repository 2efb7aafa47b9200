"""The model server's own list of models: asked at most once a day, and never waited for long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from core.assistants import models
from core.assistants.models import Verdict
from core.errors import SpoolError
from core.ports import ModelFacts
from core.settings import OPENAI_HOST, Settings
from core.store import facts
from core.store.database import Database

DAY = 86_400.0
HOUR = 3_600.0
ANSWER_SECONDS = 3.0
"""Seconds the server has to answer."""
SPEECH = "gpt-transcribe"
"""A model that transcribes."""
Ask = Callable[[], Awaitable[Mapping[str, ModelFacts]]]


@dataclass(frozen=True, slots=True)
class ModelList:
    """What a server offers; `models` is None when it could not be asked, `problem` then says why."""

    models: Mapping[str, ModelFacts] | None
    official: bool
    problem: str = ""

    def judge(self, model: str, today: date, *, answers: bool = True) -> Verdict:
        """Whether that model may be used; see `core.assistants.models.judge`."""
        verdict = models.judge(model, self.models, official=self.official, today=today, answers=answers)
        if self.models is None and not verdict.refused and not verdict.warning:
            return Verdict(
                warning=f"The model {model} was not checked ({self.problem}); it is accepted as it is."
            )
        return verdict

    def context(self, model: str) -> int | None:
        """Tokens of its context window: what the server says, else what is known; None where nobody does."""
        facts = (self.models or {}).get(model)
        return (facts and facts.context) or models.known(model).context


async def of_server(db: Database, settings: Settings, ask: Ask, now: float, *, wanted: str = "") -> ModelList:
    """The list of the server the settings name, of the last 24 hours; `ask` fetches it. Never raises.

    A list of more than an hour ago that lacks the model `wanted` now is fetched again: it may be new.
    """
    server = settings.openai_base_url.rstrip("/") or f"https://{OPENAI_HOST}/v1"
    official = f".{urlsplit(server).hostname}".endswith(f".{OPENAI_HOST}")
    if not settings.openai_api_key and not settings.openai_base_url:
        return ModelList(None, official, "no OPENAI_API_KEY")
    name = f"models:{server}"
    kept = await db(lambda tx: facts.find(tx, name))
    if kept is not None and 0 <= now - kept["at"] < (DAY if wanted in ("", *kept["models"]) else HOUR):
        return ModelList(_facts(kept["models"]), official)
    found = await _asked(ask, server)
    if isinstance(found, str):
        return ModelList(None, official, found)
    value = {"at": now, "models": _json(found)}
    await db(lambda tx: facts.remember(tx, name, value))
    return ModelList(found, official)


async def _asked(ask: Ask, server: str) -> Mapping[str, ModelFacts] | str:
    """The list, or why there is none."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            found = await ask()
    except TimeoutError:
        return f"{server} did not answer within {ANSWER_SECONDS:.0f} seconds"
    except (SpoolError, OSError) as error:
        return f"{server} gave no list of its models ({error})"
    return found or f"{server} lists no models"


class Concern(NamedTuple):
    """Something for the log. `refused`: that model cannot answer at all."""

    text: str
    refused: bool


async def concerns(
    db: Database, settings: Settings, ask: Ask, now: float, wanted: Iterable[str]
) -> list[Concern]:
    """What the operator should know about the models in use, [] when all is well.

    That the server could not be asked is no concern of models: `bots.checks.model` tells it.
    """
    offered = await of_server(db, settings, ask, now)
    if offered.models is None and not offered.official:
        return []  # many compatible servers list nothing, and nothing is known about their models
    judged = partial(models.judge, listed=offered.models, official=offered.official, today=day(now))
    found = map(judged, dict.fromkeys(wanted))
    told = [Concern(one.refused or one.warning, bool(one.refused)) for one in found]
    told.append(Concern(await _speech(db, settings, offered, now), refused=False))
    return [one for one in dict.fromkeys(told) if one.text]


async def _speech(db: Database, settings: Settings, offered: ModelList, now: float) -> str:
    """What is wrong with the model for recordings. That it has none is told once, not at each start."""
    model = settings.transcription_model
    verdict = offered.judge(model, day(now), answers=False)
    instead = verdict.replacement
    if not verdict.refused or models.known(instead).makes == models.known(SPEECH).makes:
        return verdict.refused or verdict.warning
    name, value = "deaf", [settings.openai_base_url, model]
    if await db(lambda tx: facts.find(tx, name)) == value:
        return ""
    await db(lambda tx: facts.remember(tx, name, value))
    return (
        f"The model server has no model {model}, so recordings are not listened to here. If it has another "
        "that transcribes, set TRANSCRIPTION_MODEL to it."
    )


def day(now: float) -> date:
    """The day of a time, in UTC."""
    return datetime.fromtimestamp(now, UTC).date()


def _json(found: Mapping[str, ModelFacts]) -> dict[str, Any]:
    return {
        model: {"shutdown": facts.shutdown and facts.shutdown.isoformat(), "context": facts.context}
        for model, facts in found.items()
    }


def _facts(kept: Mapping[str, Any]) -> dict[str, ModelFacts]:
    return {
        model: ModelFacts(
            shutdown=date.fromisoformat(facts["shutdown"]) if facts["shutdown"] else None,
            context=facts["context"],
        )
        for model, facts in kept.items()
    }
