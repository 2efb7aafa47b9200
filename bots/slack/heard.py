"""What was heard in each topic while listening: saves reading a topic in which nothing new was said."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

MOST = 10_000


class Heard:
    """Notes every message event. Only a channel whose messages reach us can be said to be quiet."""

    def __init__(self) -> None:
        self._since = time.time()
        self._channels: set[str] = set()
        self._topics: dict[tuple[str, str], dict[str, float]] = {}

    def interrupted(self) -> None:
        """The connection was lost: what was said meanwhile is not known."""
        self._since, self._topics = time.time(), {}

    def note(self, event: Mapping[str, Any]) -> None:
        """A message, whoever wrote it; events that are none are ignored."""
        channel, ts, user = event.get("channel"), event.get("ts"), event.get("user")
        if not (isinstance(channel, str) and isinstance(ts, str) and isinstance(user, str)):
            return
        if event.get("type") == "message":
            self._channels.add(channel)
        if len(self._topics) > MOST:
            self.interrupted()
        topic = (channel, str(event.get("thread_ts") or ts))
        try:
            self._topics.setdefault(topic, {})[user] = float(ts)
        except ValueError:
            return

    def quiet(self, channel: str, topic: str, user: str, since: float) -> bool:
        """True when surely nobody but this person has written there since then."""
        if channel not in self._channels or since < self._since:
            return False
        others = (at for who, at in self._topics.get((channel, topic), {}).items() if who != user)
        return max(others, default=0.0) <= since
