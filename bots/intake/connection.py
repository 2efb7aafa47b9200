"""Keeps a platform connected: for ever, with backoff and jitter, while the others work."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Protocol

from core.errors import ConfigError, loggable

logger = logging.getLogger(__name__)
LONGEST_WAIT = 60.0
"""Seconds between two attempts at most."""
STOOD = 10.0
"""A connection that stood for so many seconds was a good one: the next attempt is made at once."""


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
    loop, failures, worked, since = asyncio.get_running_loop(), 0, False, 0.0

    def connected() -> None:
        nonlocal worked, since
        worked, since = True, loop.time()
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
            facts = {"error": loggable(error)}
            logger.warning("%s cannot be reached, trying again", connection.name, extra=facts)
        failures = 1 if since and loop.time() - since > STOOD else failures + 1
        since = 0.0
        if failures > 1:
            await asyncio.sleep(min(LONGEST_WAIT, 0.25 * 2 ** min(failures, 10)) * random.uniform(0.5, 1.0))  # noqa: S311
