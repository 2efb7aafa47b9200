"""What people are told when nothing they say can be stored: each once in a channel."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Protocol

from core.concurrency import Background
from core.errors import SpoolError, Unsaved, loggable
from core.inbox import Inbox, Receipt
from core.store.database import Chain
from core.texts import text
from core.types import Claim, IncomingMessage

logger = logging.getLogger(__name__)
LASTING = ("full", "failing")
"""Of `Unsaved.why`: what does not pass while people wait."""
AGAIN = 3600.0
"""Seconds until the same person is told once more."""
MOST = 1000
"""People who are told, in all."""


class Telling(Protocol):
    """A platform, as far as is needed here."""

    async def tell(self, message: IncomingMessage, words: str) -> None:
        """Post a text of our own under it, of which nothing is recorded. Raises SpoolError."""
        ...


class Outcry:
    """Tells those whose messages meet a disk that is full or broken: they would wait in silence."""

    def __init__(self, platforms: Mapping[str, Telling], background: Background, language: str) -> None:
        self._platforms, self._background, self._language = platforms, background, language
        self._told: dict[tuple[str, str, str], float] = {}
        """When, by platform, channel and person."""

    def refused(self, claim: Claim, error: Unsaved) -> None:
        """A run could not be recorded."""
        self._tell(claim.messages[-1], error)

    def received(self, message: IncomingMessage, outcome: asyncio.Future[Receipt]) -> None:
        """A message was stored, or not."""
        error = None if outcome.cancelled() else outcome.exception()
        if isinstance(error, Unsaved):
            self._tell(message, error)

    def _tell(self, message: IncomingMessage, error: Unsaved) -> None:
        where, now = message.address, time.monotonic()
        who = (where.platform, where.channel, message.user)
        if error.why not in LASTING or now - self._told.get(who, -AGAIN) < AGAIN:
            return
        if not any(now - at < AGAIN for at in self._told.values()):
            logger.error("messages cannot be stored: %s", loggable(error))
        if len(self._told) < MOST:
            self._told[who] = now
            words = text("not_stored", message.locale, self._language)
            self._background.start(self._say(message, words), "outcry")

    async def _say(self, message: IncomingMessage, words: str) -> None:
        with suppress(SpoolError):
            await self._platforms[message.address.platform].tell(message, words)


class OutcryInbox(Inbox):
    """An inbox whose refusals people hear of. Set `outcry` before it is used."""

    outcry: Outcry

    def receive(
        self,
        message: IncomingMessage,
        facts: Mapping[str, object] | None = None,
        *,
        chain: Chain | None = None,
        live: bool = True,
    ) -> asyncio.Future[Receipt]:
        """See `Inbox.receive`."""
        stored = super().receive(message, facts, chain=chain, live=live)
        stored.add_done_callback(partial(self.outcry.received, message))
        return stored
