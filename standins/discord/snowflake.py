"""Discord's ids: a time in milliseconds since 2015 in the upper bits, so that ids order by time."""

from __future__ import annotations

import time
from datetime import UTC, datetime

_EPOCH_MS = 1_420_070_400_000
_LOW_BITS = 22


class Snowflakes:
    """Gives out ids from the real clock, each greater than the one before."""

    def __init__(self) -> None:
        self._last = 0
        self._aged = 0

    def next(self, age: float = 0.0) -> str:
        """An id of now, or of `age` seconds ago (those are unique, but not ordered among the rest)."""
        stamp = (int((time.time() - age) * 1000) - _EPOCH_MS) << _LOW_BITS
        if age:
            self._aged += 1
            return str(stamp + self._aged)
        self._last = max(stamp, self._last + 1)
        return str(self._last)


def checked(value: str) -> str:
    """The id itself; ValueError when it is not one (names must never serve as ids)."""
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 1 << 64):
        raise ValueError(f"not a snowflake: {value!r} (ids are decimal strings)")
    return value


def moment(snowflake: str) -> float:
    """When an id was made, in Unix seconds."""
    return ((int(snowflake) >> _LOW_BITS) + _EPOCH_MS) / 1000


def iso(seconds: float) -> str:
    """A Unix time as Discord writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
