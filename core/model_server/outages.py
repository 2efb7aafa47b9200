"""What only the operator can end: that the model server refuses everything, and what to do about it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Final

from core.errors import Permanent

logger = logging.getLogger(__name__)
AGAIN = 3600.0
"""Seconds until the same is told once more."""
CURES: Final[Mapping[str, str]] = {
    "model_auth": "The key is not accepted: put a working one into OPENAI_API_KEY.",
    "billing": "The account has no credit left: add some, or raise its limit, at the provider.",
    "model_missing": "This key cannot use the model: set ASSISTANT_MODEL (or that of the assistant) to "
    "one the server has.",
    "model_address": "The server has no such address: check OPENAI_BASE_URL, which mostly ends in /v1.",
    "model_region": "The provider does not serve this country or region: use another one (OPENAI_BASE_URL).",
}
"""By the notice people are shown."""


def cure(notice: str) -> str:
    """What the operator does about it, "" for what is nobody's fault."""
    return CURES.get(notice, "")


class Outages:
    """Tells each once, until an answer comes or an hour is over: not with each question."""

    def __init__(self) -> None:
        self.told: dict[tuple[str, str], float] = {}

    def met(self, error: Permanent, model: str, run: str) -> bool:
        """A run has failed; whether with one of these."""
        now, kind = time.monotonic(), (model, error.code)
        if not cure(error.notice):
            return False
        if now - self.told.get(kind, -AGAIN) < AGAIN:
            return True
        self.told[kind] = now
        logger.error(
            "the model server refuses all questions: %s %s",
            error.code,
            cure(error.notice),
            extra={"run_id": run, "model": model, "said": error.detail or None},
        )
        return True

    def over(self, model: str) -> None:
        """That model has answered."""
        for kind in [kind for kind in self.told if kind[0] == model]:
            del self.told[kind]
