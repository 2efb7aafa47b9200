"""When a model server wants to be asked again: in its headers and in its words."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Final

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART: Final = (
    r"(\d+(?:\.\d+)?)\s*(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?![a-z])"
)
_ONE: Final = re.compile(_PART, re.IGNORECASE)
_WORDS: Final = re.compile(
    rf"(?:(?:try again|retry(?:ing)?|wait)\s*(?:in|after|for|at least|about|\s)*|retry_?delay\W+)"
    rf"((?:{_PART}[\s,]*(?:and\s+)?)+)",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"\d+(\.\d+)?\Z")
_EPOCH: Final = 1e9
"""A number beyond is no span but a time: seconds, or milliseconds, since 1970."""


def wait(headers: Mapping[str, str], message: str = "", now: float | None = None) -> float | None:
    """Seconds to wait, the longest that is asked for; None where the server asks for nothing.

    Of `x-ratelimit-reset-*` those count whose `remaining` is 0; one whose `remaining` is not told counts only
    where nothing else does.
    """
    named = {name.lower(): value.strip() for name, value in headers.items()}
    now = _date(named.get("date", "")) or (time.time() if now is None else now)
    spans = [*_asked(named, now), *_said(message), *_resets(named, now, spent=True)]
    spans = spans or [*_resets(named, now, spent=False)]
    return max(spans, default=None)


def _asked(named: Mapping[str, str], now: float) -> Iterator[float]:
    if _NUMBER.match(milliseconds := named.get("retry-after-ms", "")):
        yield float(milliseconds) / 1000
    after = named.get("retry-after", "")
    if _NUMBER.match(after):
        yield float(after)
    elif at := _date(after):
        yield max(0.0, at - now)
    else:
        yield from _span(after)


def _said(message: str) -> Iterator[float]:
    for found in _WORDS.finditer(message):
        yield from _span(found[1])


def _resets(named: Mapping[str, str], now: float, *, spent: bool) -> Iterator[float]:
    for name, value in named.items():
        before, reset, what = name.partition("x-ratelimit-reset")
        if before or not reset:
            continue
        left = named.get(f"x-ratelimit-remaining{what}", "")
        if _NUMBER.match(left) and float(left) == 0 if left else not spent:
            yield from _reset(value, now)


def _reset(value: str, now: float) -> Iterator[float]:
    if not _NUMBER.match(value):
        yield from _span(value)
    elif (number := float(value)) < _EPOCH:
        yield number
    else:
        yield max(0.0, (number / 1000 if number > _EPOCH * 100 else number) - now)


def _span(text: str) -> Iterator[float]:
    """A span like `6s`, `1m30.5s`, `120ms`, `2 minutes`."""
    parts = _ONE.findall(text)
    if parts:
        yield sum(float(number) * _UNITS[_unit(unit)] for number, unit in parts)


def _unit(name: str) -> str:
    low = name.lower()
    return "ms" if low in ("ms", "millisecond", "milliseconds") else low[0]


def _date(text: str) -> float:
    """The time of an HTTP date; 0 where there is none."""
    try:
        return parsedate_to_datetime(text).timestamp() if text else 0.0
    except (ValueError, IndexError, OverflowError):
        return 0.0
