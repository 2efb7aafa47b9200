"""A gateway session: it outlives its connections and keeps events for a RESUME."""

from __future__ import annotations

import time
from collections import deque

from standins.discord.connection import Connection


class Session:
    """Numbers the events of one client. `shard` is (id, count)."""

    def __init__(self, session_id: str, intents: int, shard: tuple[int, int], keep: int) -> None:
        self.id = session_id
        self.intents = intents
        self.seq = 0
        self.expired = False
        self.connection: Connection | None = None
        self._shard = shard
        self._replay: deque[tuple[int, str]] = deque(maxlen=keep)
        self._left_at = time.monotonic()

    def wants(self, intent: int, guild: str) -> bool:
        """Whether an event is for this client: by its intents and by the shard of the guild."""
        shard, count = self._shard
        mine = (int(guild) >> 22) % count == shard if guild else shard == 0
        return mine and (not intent or bool(self.intents & intent))

    def push(self, name: str, data: str, *, keep: bool = True) -> None:
        """Number an event (`data` is JSON), keep it for a RESUME, and send it if somebody is connected."""
        self.seq += 1
        text = f'{{"t":"{name}","s":{self.seq},"op":0,"d":{data}}}'
        if keep:
            self._replay.append((self.seq, text))
        if self.connection is not None:
            self.connection.send(text)

    def leave(self) -> None:
        self.connection = None
        self._left_at = time.monotonic()

    def gone(self, lifetime: float) -> bool:
        """Whether nobody can come back to it: told to expire, or left alone for `lifetime` seconds."""
        return self.connection is None and (self.expired or time.monotonic() - self._left_at > lifetime)

    def covers(self, seq: int) -> bool:
        """Whether `seq` was sent, and every event after it is still kept."""
        return seq == self.seq or (seq < self.seq and bool(self._replay) and self._replay[0][0] <= seq + 1)

    def missed(self, seq: int) -> list[str]:
        return [text for number, text in self._replay if number > seq]
