"""Keeps a platform connected: for ever, with backoff and jitter, while the others work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, Literal, Protocol

from core.concurrency import Backoff
from core.errors import ConfigError, loggable

logger = logging.getLogger(__name__)
CONNECTING: Final = Backoff(first=0.5, most=60.0)
"""Between two attempts; the first one after a connection is made at once."""
STOOD = 10.0
"""A connection that stood for so many seconds was a good one: the next attempt is made at once."""
BRIEF = 1.0
"""A connection that settings end within so many seconds has not stood."""


State = Literal["ok", "wait", "bad"]
Tell = Callable[[State, str], None]


class Connections:
    """How each platform is connected at this moment, for whoever looks."""

    def __init__(self, names: Iterable[str]) -> None:
        self._now: dict[str, tuple[State, str]] = dict.fromkeys(names, ("wait", ""))

    def teller(self, name: str) -> Tell:
        """What `keep` tells of that platform."""
        return partial(self._told, name)

    def _told(self, name: str, state: State, detail: str) -> None:
        self._now[name] = state, detail

    def to_json(self) -> list[dict[str, Any]]:
        """As the page is told."""
        return [
            {"name": name.capitalize(), "state": state, "detail": detail}
            for name, (state, detail) in self._now.items()
        ]


class TokenRefused(ConfigError):
    """The platform does not accept a token: trying again is of no use."""


class Connection(Protocol):
    """A platform's connection."""

    name: str

    async def run(self, connected: Callable[[], None]) -> None:
        """Listen until the connection is lost; call `connected` once it stands. Raises TokenRefused."""
        ...


async def keep(
    connection: Connection,
    on_connected: Callable[[], None] = lambda: None,
    backoff: Backoff = CONNECTING,
    tell: Tell = lambda state, detail: None,
) -> None:
    """Until cancelled. Raises ConfigError only if no connection ever stood in this process.

    Later a refused token ends it, and other settings that do not let it connect are tried again: somebody may
    be changing them.
    """
    loop, failures, worked, since = asyncio.get_running_loop(), 0, False, 0.0

    def connected() -> None:
        nonlocal since
        since = loop.time()
        tell("ok", "")
        logger.info("%s connected", connection.name)
        on_connected()

    while True:
        met: Exception | None = None
        try:
            await connection.run(connected)
            tell("wait", "")
            logger.info("%s connection lost, connecting again", connection.name)
        except ConfigError as wrong:
            stood = BRIEF if not isinstance(wrong, TokenRefused) else 0.0
            worked = worked or (since > 0.0 and loop.time() - since > stood)
            if not worked:
                raise
            if _over(connection.name, wrong, tell):
                return
        except Exception as error:
            met, told = error, loggable(error)
            tell("wait", told)
            logger.warning("%s cannot be reached, trying again", connection.name, extra={"error": told})
        worked = worked or since > 0.0
        failures, since = 1 if since and loop.time() - since > STOOD else failures + 1, 0.0
        await asyncio.sleep(backoff.pause(failures - 1, met))


def _over(name: str, wrong: ConfigError, tell: Tell) -> bool:
    """Whether to try again is of no use; log and page say it."""
    tell("bad", str(wrong))
    if isinstance(wrong, TokenRefused):
        logger.error("%s stopped: %s", name, wrong)
        return True
    logger.error("%s cannot be reached, trying again: %s", name, wrong)
    return False
