"""Faults a test asks for: errors, cut connections and slowness, before or after the effect."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Literal

When = Literal["before", "after"]


@dataclass(frozen=True)
class Fault:
    """What the next call of a method meets.

    drop: the connection is cut instead of an answer. status: HTTP status; None means 429 for
    `ratelimited` and 200 for everything else, as Slack does.
    """

    error: str = "internal_error"
    retry_after: int = 1
    status: int | None = None
    when: When = "before"
    drop: bool = False

    @property
    def http_status(self) -> int:
        if self.status is not None:
            return self.status
        return 429 if self.error == "ratelimited" else 200


class Faults:
    """Planned faults, first planned first met; `*` stands for every method."""

    def __init__(self) -> None:
        self._planned: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._delays: dict[str, float] = {}

    def plan(self, method: str, fault: Fault, times: int) -> None:
        self._planned[method].extend([fault] * times)

    def clear(self) -> None:
        self._planned.clear()
        self._delays.clear()

    def take(self, method: str) -> Fault | None:
        for name in (method, "*"):
            if self._planned.get(name):
                return self._planned[name].popleft()
        return None

    def slow(self, method: str, seconds: float) -> None:
        self._delays[method] = seconds

    def delay(self, method: str) -> float:
        return self._delays.get(method, self._delays.get("*", 0.0))
