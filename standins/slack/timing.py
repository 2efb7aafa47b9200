"""Time: Slack's `ts`, an identity that is also a time, and every time span of the stand-in."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any


class Stamps:
    """Gives timestamps like `1700000000.000100`: unique in the workspace, strictly rising, real time."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


def micros(ts: str) -> int:
    """Microseconds since the epoch; also for bounds such as `0` or `1700000000`. Raises ValueError."""
    whole, _, fraction = ts.partition(".")
    if not (whole.isdigit() and (fraction.isdigit() or not fraction)):
        raise ValueError(ts)
    return int(whole) * 1_000_000 + int(fraction[:6].ljust(6, "0"))


@dataclass(frozen=True)
class Timing:
    """`retry_delays`: the waits before the first, second and third redelivery of an event. keep_offline: an
    event for which no socket is open waits and is retried; False: it is lost at once (both have been seen of
    the real service). share_seconds: how long after its upload was completed a file appears in its channel.
    """

    redeliver_after: float = 3.0
    retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
    ack_seconds: float = 3.0
    ticket_seconds: float = 30.0
    ping_seconds: float = 10.0
    grace_seconds: float = 3.0
    stream_seconds: float = 300.0
    status_seconds: float = 120.0
    share_seconds: float = 0.05
    keep_offline: bool = True

    def but(self, **given: Any) -> Timing:
        """Itself with those that are given, None for not."""
        return replace(self, **{name: value for name, value in given.items() if value is not None})
