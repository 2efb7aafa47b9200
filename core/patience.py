"""Trying again what may succeed later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from core.errors import Retryable

T = TypeVar("T")
TRIES: Final = 4
LONGEST_PAUSE: Final = 60.0
"""Seconds between two tries, whatever the server asks for."""


class Patience:
    """`pause`: seconds before the second try where the server names none; it doubles with each."""

    def __init__(self, pause: float = 1.0) -> None:
        self._pause = pause

    async def __call__(self, call: Callable[[], Awaitable[T]]) -> T:
        """What the call gives, tried up to TRIES times while it raises Retryable."""
        tries = 0
        while True:
            try:
                return await call()
            except Retryable as error:
                tries += 1
                if tries == TRIES:
                    raise
                pause = self._pause * 2 ** (tries - 1) if error.retry_after is None else error.retry_after
                await asyncio.sleep(min(pause, LONGEST_PAUSE))
