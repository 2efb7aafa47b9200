"""Waiting for something to become true without guessing how long it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

LONGEST_NAP = 0.02


class Changes:
    """Every state change of the stand-in rings here; waiters look again."""

    def __init__(self) -> None:
        self._waiters: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    async def until(
        self, predicate: Callable[[], object], timeout: float, describe: Callable[[], str]
    ) -> None:
        """Return once `predicate()` is true. Raises TimeoutError carrying `describe()`.

        The predicate may also depend on state outside: it is looked at every 20 ms in any case.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while not predicate():
            left = deadline - loop.time()
            if left <= 0:
                raise TimeoutError(f"not true within {timeout} s\n{describe()}")
            await self._nap(min(left, LONGEST_NAP))

    async def _nap(self, seconds: float) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        await asyncio.wait({waiter}, timeout=seconds)
        self._waiters.discard(waiter)
        waiter.cancel()
