"""Which nonces an author used in the past few minutes, and for which message."""

from __future__ import annotations

import time
from collections import deque

from standins.discord.message import Message


class Nonces:
    """Keyed by author and nonce, in all channels together. `window` is in seconds."""

    def __init__(self, window: float) -> None:
        self._window = window
        self._known: dict[tuple[str, str], Message] = {}
        self._ages: deque[tuple[float, tuple[str, str]]] = deque()

    def find(self, author: str, nonce: str | int | None) -> Message | None:
        """The message sent with it before, which may have been deleted since."""
        oldest = time.monotonic() - self._window
        while self._ages and self._ages[0][0] < oldest:
            del self._known[self._ages.popleft()[1]]
        return None if nonce is None else self._known.get((author, str(nonce)))

    def add(self, message: Message) -> None:
        key = (message.author.id, str(message.nonce))
        if message.nonce is not None and key not in self._known:
            self._known[key] = message
            self._ages.append((time.monotonic(), key))
