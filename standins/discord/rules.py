"""The numbers the stand-in enforces, all of them Discord's unless said otherwise, and its rate limits."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from standins.discord.error import JSON


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits and time limits; durations are seconds."""

    burst: int = 5  # requests a bucket grants per window (POST and PATCH of messages, DELETE, typing)
    window: float = 5.0
    global_per_second: int = 50
    nonce_window: float = 300.0  # how long a nonce stays unique ("the past few minutes")
    session_lifetime: float = 120.0  # how long a session without a connection can be resumed
    replay_limit: int = 5000  # events a session keeps for RESUME; a client further behind must IDENTIFY
    heartbeat_interval: float = 41.25
    identify_limit: int = 1000  # IDENTIFYs per day; one more resets the token, as Discord does
    message_content: bool = False
    """Whether the privileged message content intent is switched on for the application."""
    sends_per_minute: int = 120  # frames a client may send on one connection within 60 s before close 4008
    attachment_lifetime: float = 86_400.0  # how long the address of an attachment is good
    interaction_deadline: float = 3.0
    interaction_lifetime: float = 900.0
    command_creates: int = 200  # new application commands per day
    old_message_age: float = 3600.0
    old_message_edits: int = 30
    """Edits a message older than `old_message_age` takes before 30046. The true number is not published."""


_FREE = 10_000  # what a bucket claims to grant when limits are off: with fewer the SDK would queue requests


@dataclass(frozen=True, slots=True)
class Verdict:
    """Headers for the reply; `body` is that of a 429, None when the request may pass."""

    headers: Mapping[str, str]
    body: JSON | None = None


PASS = Verdict({})


@dataclass(slots=True)
class _Window:
    """Counts requests from the first one on, for a fixed time."""

    end: float = 0.0
    used: int = 0

    def take(self, most: int, length: float) -> tuple[bool, int, float]:
        """(granted, how many are left, seconds until the window ends)."""
        now = time.monotonic()
        if now >= self.end:
            self.end, self.used = now + length, 0
        granted = self.used < most
        self.used += granted
        return granted, most - self.used, self.end - now


class Buckets:
    """A route is named by its method and template."""

    def __init__(self, rules: Rules, *, limits: bool) -> None:
        self._rules, self.limits = rules, limits
        self._windows: defaultdict[tuple[str, str], _Window] = defaultdict(_Window)
        self._global = _Window()

    def take_global(self) -> Verdict:
        """The limit over everything; interaction endpoints are not asked."""
        if not self.limits:
            return PASS
        granted, _, left = self._global.take(self._rules.global_per_second, 1.0)
        return PASS if granted else _refused(left, {"X-RateLimit-Global": "true"}, everywhere=True)

    def take(self, route: str, channel: str) -> Verdict:
        most, length = self._rules.burst, self._rules.window
        if not self.limits:
            return Verdict(_headers(route, _FREE, _FREE - 1, length))
        granted, remaining, left = self._windows[route, channel].take(most, length)
        headers = _headers(route, most, remaining, left)
        return Verdict(headers) if granted else _refused(left, headers, everywhere=False)


def _headers(route: str, most: int, remaining: int, left: float) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(most),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": f"{time.time() + left:.3f}",
        "X-RateLimit-Reset-After": f"{left:.3f}",
        "X-RateLimit-Bucket": sha256(route.encode()).hexdigest()[:32],
    }


def _refused(left: float, headers: Mapping[str, str], *, everywhere: bool) -> Verdict:
    after = math.ceil(left * 1000) / 1000
    body: JSON = {"message": "You are being rate limited.", "retry_after": after, "global": everywhere}
    scope = "global" if everywhere else "user"
    more = {"Retry-After": str(math.ceil(left)), "Via": "1.1 google", "X-RateLimit-Scope": scope}
    return Verdict({**headers, **more}, body)
