"""What people are told when nothing they say can be stored: each once in a channel."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

from core.concurrency import Background
from core.errors import SpoolError, Unsaved, loggable
from core.texts import of_script, text
from core.types import IncomingMessage

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

    def refused(self, message: IncomingMessage, error: Unsaved) -> None:
        """It could not be stored, or what became of it could not."""
        where, now = message.address, time.monotonic()
        who = (where.platform, where.channel, message.user)
        if error.why not in LASTING or now - self._told.get(who, -AGAIN) < AGAIN:
            return
        if not any(now - at < AGAIN for at in self._told.values()):
            logger.error("messages cannot be stored: %s", loggable(error))
        if len(self._told) < MOST:
            self._told[who] = now
            words = text("not_stored", message.locale or of_script(message.text), self._language)
            self._background.start(self._say(message, words), "outcry")

    async def _say(self, message: IncomingMessage, words: str) -> None:
        with suppress(SpoolError):
            await self._platforms[message.address.platform].tell(message, words)
