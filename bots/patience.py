"""A platform that is away comes back: what must be shown is tried until it is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from core.errors import Retryable, SpoolError, Unreachable

logger = logging.getLogger(__name__)
T = TypeVar("T")
LONGEST_WAIT = 30.0


def pause(failures: int, error: Retryable) -> float:
    """Seconds before the next try: what the platform asks for, never less than what the failures suggest."""
    longer = min(LONGEST_WAIT, 0.25 * 2.0 ** min(failures, 10))
    return max(error.retry_after or 0.0, longer)


async def patiently(step: Callable[[], Awaitable[T]]) -> T:
    """What the step gives, once it succeeds. Raises its SpoolErrors, and Unreachable for what is none."""
    failures = 0
    while True:
        try:
            return await step()
        except Retryable as error:
            failures += 1
            wait = pause(failures, error)
            logger.warning("post delayed", extra={"error": error.code, "retry_s": round(wait, 1)})
            await asyncio.sleep(wait)
        except SpoolError:
            raise
        except Exception as error:
            logger.exception("cannot be posted")
            raise Unreachable(type(error).__name__) from error
