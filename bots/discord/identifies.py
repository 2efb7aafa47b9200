"""How often a gateway session was begun: Discord allows 1,000 IDENTIFYs a day, then it resets the token.

Each is on disk before it is sent, so a bot that is started again and again counts, too. A RESUME is free.
https://docs.discord.com/developers/events/gateway#identifying
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass

from bots.intake.connection import TokenRefused
from core.inbox import Inbox

logger = logging.getLogger(__name__)
IDENTIFIES = "discord:identifies"
DAY = 86_400.0
LOOK = (
    "The log says why each session ended; look for something that starts this bot again and again, or for "
    "another program with the same token"
)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Of so many in a day `free` are sent at once, the others so many seconds apart, and `most` in all."""

    free: int = 50
    spacing: float = 60.5
    most: int = 899


class Identifies:
    """Those of one application within the last day."""

    def __init__(self, inbox: Inbox, allowance: Allowance | None = None) -> None:
        self._inbox, self._allowance = inbox, allowance or Allowance()
        self._noted = 0.0  # when the newest was on disk, which may take a while

    async def turn(self, application: str) -> None:
        """Returns once another one may be sent. Raises TokenRefused when no more may be for hours."""
        at, _ = await self._sent(application)
        if len(at) >= self._allowance.free:
            since = time.time() - max(at[-1], self._noted)
            await asyncio.sleep(self._allowance.spacing - max(0.0, since))

    async def note(self, application: str) -> None:
        """One is about to be sent; returns ⇒ that is on disk. Raises what `turn` does, or Unsaved."""
        at, warned = await self._sent(application)
        now = time.time()
        if warn := len(at) >= self._allowance.free and abs(now - warned) > DAY:
            warned = now
        at = [*at, now]
        kept = {"application": application, "at": at, "warned": warned}
        await self._inbox.remember(IDENTIFIES, kept)
        self._noted = time.time()
        if warn:
            logger.warning(
                "Discord session number %d within 24 hours. At 1,000 Discord resets the token, so from now "
                "on they are a minute apart. %s.",
                len(at),
                LOOK,
            )

    async def _sent(self, application: str) -> tuple[list[float], float]:
        """When, oldest first, and when it was said that they are many."""
        kept = await self._inbox.fact(IDENTIFIES)
        if not isinstance(kept, dict) or kept.get("application") != application:
            return [], 0.0
        now = time.time()
        at = sorted(one for one in kept["at"] if abs(now - one) < DAY)  # a clock may have been wrong
        if len(at) >= self._allowance.most:
            free = time.strftime("%Y-%m-%d %H:%M", time.localtime(at[-self._allowance.most] + DAY))
            raise TokenRefused(
                f"Discord sessions were begun {len(at)} times within 24 hours; at 1,000 Discord resets the "
                f"token, so there will be no other before {free}. {LOOK}. Start this one again after that."
            )
        return at, float(kept["warned"])
