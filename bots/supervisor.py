"""Keeps a platform connected: for ever, with backoff and jitter, while the others work."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Protocol

from core.errors import ConfigError

logger = logging.getLogger(__name__)
LONGEST = 60.0
"""Seconds between two attempts at most."""


class TokenRefused(ConfigError):
    """The platform does not accept a token: trying again is of no use."""


class Connection(Protocol):
    """A platform's connection."""

    name: str

    async def run(self, connected: Callable[[], None]) -> None:
        """Listen until the connection is lost; call `connected` once it stands. Raises TokenRefused."""
        ...


async def keep(connection: Connection, on_connected: Callable[[], None] = lambda: None) -> None:
    """Until cancelled. Raises TokenRefused only if the token never worked in this process."""
    failures, worked = 0, False

    def connected() -> None:
        nonlocal failures, worked
        failures, worked = 0, True
        logger.info("%s connected", connection.name)
        on_connected()

    while True:
        try:
            await connection.run(connected)
            logger.info("%s connection lost, connecting again", connection.name)
        except TokenRefused as refused:
            if not worked:
                raise
            logger.error("%s stopped: %s", connection.name, refused)
            return
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            logger.warning("%s cannot be reached, trying again", connection.name, extra={"error": reason})
        failures += 1
        if failures > 1:
            await asyncio.sleep(min(LONGEST, 0.25 * 2**failures) * random.uniform(0.5, 1.0))  # noqa: S311
