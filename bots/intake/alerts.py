"""Admins are told of answers that failed, with the address of the run on the web page."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Protocol

from bots.intake.outcry import AGAIN
from core.concurrency import Background
from core.errors import SpoolError, loggable
from core.policy.access import with_network
from core.settings import Settings
from core.settings.http import page
from core.texts import text
from core.types import Claim, Outcome

logger = logging.getLogger(__name__)


class Direct(Protocol):
    """A platform, as far as is needed here."""

    async def direct(self, user: str, words: str) -> None:
        """Post a text of our own that only this person sees, in a direct message. Raises SpoolError."""
        ...


class Alerts:
    """A line of the log for each, and to each admin a direct message, of each reason once an hour. The end is
    on disk before: no run fails twice. A death may lose one: the page lists the run all the same.
    """

    def __init__(self, platforms: Mapping[str, Direct], background: Background, settings: Settings) -> None:
        self._platforms, self._background, self._settings = platforms, background, settings
        self._told: dict[str, float] = {}
        """When, by reason."""

    def ended(self, claim: Claim, outcome: Outcome) -> None:
        """A run has; its lane waits for nothing here."""
        if outcome.status == "failed":
            self._background.start(self._failed(claim, outcome), "alert")

    async def _failed(self, claim: Claim, outcome: Outcome) -> None:
        from core.api.console.reasons import why  # only where HTTP is served

        settings, now = self._settings, time.monotonic()
        url = f"{page(settings.http, settings.http_hosts)}/runs/{claim.run}"
        reason = why(outcome.status, outcome.error, settings.language) or {}
        code = reason.get("code", "")
        logger.warning("an answer failed: %s", url, extra={"run_id": claim.run, "error": code})
        if claim.options or now - self._told.get(code, -AGAIN) < AGAIN:
            return  # a client of the API is told by its run itself
        self._told[code] = now
        words = text("alert", settings.language, "en").format(url=url, why=reason.get("message", ""))
        for admin in settings.admins:
            self._background.start(self._tell(admin, words), "alert")

    async def _tell(self, admin: str, words: str) -> None:
        name, _, user = with_network(admin).partition(":")
        platform = self._platforms.get(name)
        try:
            if platform:
                await platform.direct(user, words)
        except SpoolError as error:
            logger.info("an admin could not be told", extra={"error": loggable(error)})
