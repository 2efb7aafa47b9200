"""Models: what is known about each, and whether one may be used. The knowledge is dated: `models.json`.

The model server's word counts more than the table: a server that is not OpenAI's may well have a model
that OpenAI retired.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from core.ports import ModelFacts
from core.settings import Settings

TABLE = Path(__file__).with_name("models.json")
SOON = 60
"""Days before its end from which a model is warned about."""
_DATED = re.compile(r"(-\d{4}-\d{2}-\d{2}|-\d{4})$")


@dataclass(frozen=True, slots=True)
class Known:
    """What the table tells about a model. Tokens; None and empty where it does not say."""

    ends: date | None = None
    """The first day without it."""
    replacement: str = ""
    context: int | None = None
    output: int | None = None
    efforts: tuple[str, ...] = ()
    """The values `reasoning.effort` takes."""
    makes: str = ""
    """Pictures, speech or transcripts; "" for a model that answers in text."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a model may be used. The texts are for the operator; `reason` or `warning` is empty."""

    reason: str = ""
    """Why it is refused, without a full stop."""
    warning: str = ""
    replacement: str = ""
    """What to use instead of a refused one; "" when there is nothing."""

    @property
    def refused(self) -> str:
        """The refusal with its cure, in complete sentences; "" when it may be used."""
        cure = f" Use {self.replacement} instead." if self.replacement else ""
        return self.reason and f"{self.reason}.{cure}"


@cache
def _table() -> Mapping[str, Any]:
    return dict(json.loads(TABLE.read_text(encoding="utf-8")))


def default() -> str:
    """The model to recommend where nothing better is known."""
    return str(_table()["default"])


@cache
def known(model: str) -> Known:
    """What the table tells; nothing at all of a model it does not have.

    A dated snapshot (`gpt-4-turbo-2024-04-09`, `gpt-3.5-turbo-1106`) is its undated model unless it has an
    entry of its own; a fine-tuned one (`ft:BASE:…`) ends with its base.
    """
    base = model.split(":")[1] if model.startswith("ft:") else model
    models = _table()["models"]
    entry = models.get(base) or models.get(_DATED.sub("", base)) or {}
    ends = entry.get("ends")
    return Known(
        ends=date.fromisoformat(ends) if ends else None,
        replacement=entry.get("replacement", ""),
        context=entry.get("context"),
        output=entry.get("output"),
        efforts=tuple(entry.get("efforts", ())),
        makes=entry.get("for", ""),
    )


def default_effort(settings: Settings, model: str) -> str | None:
    """How much a new assistant thinks: as the settings' one, where the model is known to take that."""
    accepted = settings.full_features and settings.assistant_effort in known(model).efforts
    return settings.assistant_effort if accepted else None


def judge(
    model: str,
    listed: Mapping[str, ModelFacts] | None,
    *,
    official: bool,
    today: date,
    answers: bool = True,
) -> Verdict:
    """Whether that model may be used from today on.

    `listed`: what the server offers, None when it could not be asked. `official`: the server is OpenAI's.
    `answers`: it is to answer people, not to transcribe.
    """
    about = known(model)
    if answers and about.makes and (official or listed is None or model not in listed):
        return Verdict(f"The model {model} makes {about.makes}; it cannot answer", replacement=default())
    if listed is not None and model not in listed:
        return _missing(model, about, listed, official=official, today=today)
    ends = listed[model].shutdown if listed is not None else None
    ends = ends or (about.ends if official else None)
    if ends is None:
        return Verdict()
    instead = about.replacement or _similar(model, listed, official=official)
    if ends <= today:
        return Verdict(f"The model {model} was retired on {ends}", replacement=instead)
    if (ends - today).days > SOON:
        return Verdict()
    days = (ends - today).days
    when = f"on {ends}, in {days} {'day' if days == 1 else 'days'}"
    return Verdict(warning=f"The model {model} ends {when}. Change to {instead} before.", replacement=instead)


def _missing(
    model: str, about: Known, listed: Mapping[str, ModelFacts], *, official: bool, today: date
) -> Verdict:
    """The server does not offer it: it was retired, or it is no model's name."""
    instead = about.replacement if official or about.replacement in listed else ""
    instead = instead or _similar(model, listed, official=official)
    if about.ends is not None and about.ends <= today:
        return Verdict(f"The model {model} was retired on {about.ends}", replacement=instead)
    return Verdict(f"The model server has no model {model}", replacement=instead)


def _similar(model: str, listed: Mapping[str, ModelFacts] | None, *, official: bool) -> str:
    """A model the server has: of a similar name, else the default, else any."""
    if not listed:
        return default() if official or listed is None else ""
    close = difflib.get_close_matches(model, listed, n=1, cutoff=0.8)
    return close[0] if close else default() if default() in listed else min(listed)
