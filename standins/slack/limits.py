"""Rate limits of the Web API: so many calls a minute, per method, for the whole workspace.

Source: docs.slack.dev/apis/web-api/rate-limits (tiers 20/50/100; posting about one a second a channel).
"""

from __future__ import annotations

import math
from collections import defaultdict, deque

POST_BURST = 3


class RateLimits:
    """Answers how long to wait. Refused calls do not count. `minute` is in seconds, for tests."""

    def __init__(self, enabled: bool, minute: float = 60.0) -> None:
        self.enabled = enabled
        self._minute = minute
        self._windows: defaultdict[str, deque[float]] = defaultdict(deque)
        self._buckets: dict[str, tuple[float, float]] = {}

    def admit(self, method: str, tier: int, channel: str, now: float) -> int | None:
        """None: go on. Otherwise the whole seconds of Retry-After, at least 1."""
        if not self.enabled:
            return None
        wait = self._post_wait(channel, now) if tier == 0 else self._window_wait(method, tier, now)
        return None if wait <= 0 else max(1, math.ceil(wait))

    def _window_wait(self, method: str, tier: int, now: float) -> float:
        window = self._windows[method]
        while window and window[0] <= now - self._minute:
            window.popleft()
        if len(window) >= tier:
            return window[0] + self._minute - now
        window.append(now)
        return 0.0

    def _post_wait(self, channel: str, now: float) -> float:
        tokens, since = self._buckets.get(channel, (float(POST_BURST), now))
        tokens = min(float(POST_BURST), tokens + (now - since) * 60.0 / self._minute)
        if tokens < 1:
            self._buckets[channel] = (tokens, now)
            return (1 - tokens) * self._minute / 60.0
        self._buckets[channel] = (tokens - 1, now)
        return 0.0
