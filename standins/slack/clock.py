"""Slack's `ts`: an identity that is also a time."""

from __future__ import annotations

import time


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
