"""One at a time for each key, in the order of asking; keys nobody holds cost nothing."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Hashable


class Turns:
    """`async with turns.of(key):`"""

    def __init__(self) -> None:
        self._locks: weakref.WeakValueDictionary[Hashable, asyncio.Lock] = weakref.WeakValueDictionary()

    def of(self, key: Hashable) -> asyncio.Lock:
        """The key's lock; it lives as long as somebody holds or awaits it."""
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock
