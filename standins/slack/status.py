"""The line under a thread that says what the assistant is doing."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

LIFETIME = 120.0  # Slack removes a status after two minutes


@dataclass
class StatusBoard:
    """`log` holds every call as (monotonic seconds, channel, thread_ts, status)."""

    lifetime: float = LIFETIME
    log: list[tuple[float, str, str, str]] = field(default_factory=list)
    sessions: dict[tuple[str, str], str] = field(default_factory=dict)
    _current: dict[tuple[str, str], tuple[float, str]] = field(default_factory=dict)

    def set(self, channel: str, thread_ts: str, status: str) -> None:
        now = time.monotonic()
        self.log.append((now, channel, thread_ts, status))
        self._current[channel, thread_ts] = (now, status)

    def clear(self, channel: str, thread_ts: str) -> None:
        """The app posted in that thread."""
        self._current.pop((channel, thread_ts), None)

    def of(self, channel: str, thread_ts: str) -> str:
        """The status people see now; '' for none."""
        since, status = self._current.get((channel, thread_ts), (0.0, ""))
        return status if time.monotonic() - since < self.lifetime else ""
