"""Faults a test orders: errors, cut connections and delays on chosen requests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

When = Literal["before", "after"]


@dataclass(slots=True)
class Fault:
    """What happens to the next `times` requests of a route.

    `before`: the request has no effect. `after`: it has, but the reply is the error. `drop`: the connection
    is cut instead of replying. Without `via` the reply looks like Cloudflare's: no Via header, no JSON.
    """

    status: int
    times: int
    when: When
    drop: bool
    code: int
    via: bool
    retry_after: float


def pattern(template: str) -> re.Pattern[str]:
    """`/channels/{channel}/messages` as a pattern for whole paths; a braced part is any one segment."""
    parts = re.split(r"\{[^}]*\}", template)
    return re.compile("[^/]+".join(re.escape(part) for part in parts))


class Faults:
    """Orders in the order given; the first that fits a request is used up by it."""

    def __init__(self) -> None:
        self._faults: list[tuple[str, re.Pattern[str], Fault]] = []
        self._delays: list[tuple[str, re.Pattern[str], float]] = []

    def add(self, method: str, template: str, fault: Fault) -> None:
        self._faults.append((method, pattern(template), fault))

    def delay(self, method: str, template: str, seconds: float) -> None:
        """Hold matching requests for so long before they have any effect; 0 ends it."""
        fits = pattern(template)
        self._delays = [d for d in self._delays if (d[0], d[1].pattern) != (method, fits.pattern)]
        if seconds:
            self._delays.append((method, fits, seconds))

    def clear(self) -> None:
        self._faults.clear()
        self._delays.clear()

    def take(self, method: str, path: str) -> Fault | None:
        for order in self._faults:
            wanted, fits, fault = order
            if wanted == method and fits.fullmatch(path):
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(order)
                return fault
        return None

    def delay_of(self, method: str, path: str) -> float:
        return sum(s for wanted, fits, s in self._delays if wanted == method and fits.fullmatch(path))
