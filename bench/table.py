"""What was measured, as the rows of one table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HEADER = ("measure", "n", "p50", "p95", "max", "unit", "target", "")


@dataclass(frozen=True, slots=True)
class Row:
    """Samples of one measure. `target`: what their median may be at most; None asks for nothing."""

    what: str
    samples: tuple[float, ...]
    unit: str
    target: float | None = None

    @property
    def median(self) -> float:
        """The value a target is compared with; NaN without samples, which no target accepts."""
        return quantile(self.samples, 0.5)

    @property
    def verdict(self) -> str:
        """PASS, FAIL, or "" where nothing is asked for."""
        if self.target is None:
            return ""
        return "PASS" if self.median <= self.target else "FAIL"

    def cells(self) -> tuple[str, ...]:
        """The row as text, in the order of the header."""
        spread = [quantile(self.samples, share) for share in (0.5, 0.95, 1.0)]
        shown = [_number(value) for value in (spread if len(self.samples) > 1 else spread[:1])]
        target = "" if self.target is None else f"<= {self.target:g}"
        more = [""] * (3 - len(shown))
        return (self.what, str(len(self.samples)), *shown, *more, self.unit, target, self.verdict)


def quantile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least this share of them does not exceed; NaN when there are none."""
    if not samples:
        return math.nan
    return sorted(samples)[max(0, math.ceil(share * len(samples)) - 1)]


def milliseconds(what: str, seconds: Iterable[float], target: float | None = None) -> Row:
    """A row of durations."""
    return Row(what, tuple(second * 1000 for second in seconds), "ms", target)


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def table(rows: Iterable[Row]) -> str:
    """All rows, aligned."""
    lines = [HEADER, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    return "\n".join(_aligned(line, widths) for line in lines)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    words = (0, 5, 6, 7)
    cells = (
        cell.ljust(width) if column in words else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(line, widths, strict=True))
    )
    return "  ".join(cells).rstrip()
