"""Admins are told of answers that failed, with the address of the run on the web page; and when most of what
may be spent is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from bots.intake.outcry import AGAIN
from core.concurrency import Background
from core.errors import SpoolError, loggable
from core.policy.access import with_network
from core.policy.budget import Money
from core.policy.ledger import whose
from core.settings import Settings, time_zone
from core.settings.http import CONSOLE, page
from core.store.database import Database
from core.texts import text
from core.types import Claim, Outcome

logger = logging.getLogger(__name__)


class Direct(Protocol):
    """A platform, as far as is needed here."""

    async def direct(self, user: str, words: str) -> None:
        """Post a text of our own that only this person sees, in a direct message. Raises SpoolError."""
        ...


class Alerts:
    """A line of the log for each failure, and to each admin a direct message, each reason once an hour. Its
    end is on disk before: no run fails twice. A death may lose one: the page lists the run all the same. Of
    each limit on money they are told once in its window.
    """

    def __init__(
        self,
        platforms: Mapping[str, Direct],
        background: Background,
        settings: Settings,
        db: Database,
        money: Money,
    ) -> None:
        self._platforms, self._background, self._settings = platforms, background, settings
        self._db, self._money = db, money
        self._told: dict[str, float] = {}
        """When, by reason."""

    def ended(self, claim: Claim, outcome: Outcome) -> None:
        """A run has; its lane waits for nothing here."""
        if outcome.status == "failed" and CONSOLE in self._settings.http_serve and self._settings.http:
            self._background.start(self._failed(claim, outcome), "alert")
        if self._money and claim.assistant:
            self._background.start(self._spent(whose(claim)["person"]), "alert")

    async def _spent(self, person: str) -> None:
        """Tell admins of the limits of which most is spent."""
        for window, spent in await self._db(lambda tx: self._money.near(tx, person, time.time())):
            ends = datetime.fromtimestamp(window.ends, time_zone.zone(window.zone))
            words = text(
                "alert_person_day" if window.person else "alert_month", self._settings.language, "en"
            )
            said = words.format(
                person=window.person,
                percent=f"{100 * spent / window.usd:.0f}",
                spent=f"{spent:,.4g}",
                limit=f"{window.usd:,.4g}",
                time=f"{ends:%Y-%m-%d %H:%M}",
            )
            for admin in self._settings.admins:
                self._background.start(self._tell(admin, said), "alert")

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
