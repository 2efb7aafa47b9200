"""The overview: what a span of time was like, and what is going on, counted from facts on disk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from core.api.console.attention import Failing, attention
from core.api.console.looks import Looks
from core.api.console.rows import run_row, view_of
from core.api.console.usage import whose
from core.api.key import Key
from core.settings import Settings
from core.store import console, counts, figures
from core.store.database import Execute
from core.store.figures import Span

PARTS: Final = {1: 30, 24: 24, 168: 28, 720: 30}
"""By hours the parts of the plots."""
MOST_RUNNING: Final = 20
KEPT: Final = 10
"""A look is told again for so many times what it took: looking is at most a tenth of what is done."""


class Overview:
    """Looks. Whoever asks for the same soon after is told the same. `failing`: checks that do, for admins."""

    def __init__(self, looks: Looks, settings: Settings, failing: Callable[[str], Failing]) -> None:
        self._looks, self._settings, self._failing = looks, settings, failing
        self._only = asyncio.Lock()
        self._kept: dict[tuple[str | None, int, str], tuple[float, dict[str, Any]]] = {}

    async def look(self, key: Key, hours: int, language: str) -> dict[str, Any]:
        """The last so many hours. Raises Refusal."""
        view = view_of(key)
        asked = (view.project, hours, language)
        async with self._only:
            until, told = self._kept.get(asked, (0.0, {}))
            began = time.monotonic()
            if began >= until:
                at = time.time()
                span = Span(view, at - hours * 3600, at, PARTS[hours])
                failing = self._failing(language) if key.admin else ()
                looks = (
                    lambda tx: _counted(tx, span),
                    lambda tx: _first_word(tx, span),
                    lambda tx: self._told(tx, span, failing, language),
                )
                told = {"at": at, "hours": hours, "zone": self._settings.zone}
                for one in looks:  # of a busy month each takes a while, in which others may look, too
                    found = await self._looks.look(one)
                    told |= found | {"promises": {**told.get("promises", {}), **found.get("promises", {})}}
                self._kept = {one: kept for one, kept in self._kept.items() if kept[0] > began}
                self._kept[asked] = began + max(1.0, KEPT * (time.monotonic() - began)), told
        return told

    def _told(self, tx: Execute, span: Span, failing: Failing, language: str) -> dict[str, Any]:
        lost = figures.lost(tx, span, self._settings.run_seconds)
        taken, finished, seconds = figures.taken_over(tx, span)
        usd, unpriced = figures.spent(tx, span, whose(span.view))
        going, count = figures.unfinished(tx, span, MOST_RUNNING)
        return {
            "promises": {
                "lost": len(lost),
                "twice": len(figures.broken(tx, span, "twice")),
                "known": counts.since(tx, counts.REPEATED, span.since),
                "taken_over": taken,
                "finished": finished,
                "finished_s": None if seconds is None else round(seconds, 3),
            },
            "cost": {"price_usd": round(sum(usd), 10), "unpriced": sum(unpriced), "series": usd},
            "running": [run_row(one, language) for one in reversed(console.numbered(tx, going))],
            "running_count": count,
            "attention": attention(tx, span, self._settings, lost, failing, language),
        }


def _counted(tx: Execute, span: Span) -> dict[str, Any]:
    counted = figures.counted(tx, span)
    before = replace(span, since=2 * span.since - span.until, until=span.since)
    answers, disordered = sum(counted.answers), sum(counted.disordered)
    return {
        "promises": {"accepted": sum(counted.accepted), "answers": answers, "disordered": disordered},
        "messages": _summed(counted.messages) | {"before": figures.asked(tx, before)},
        "failed": _summed(counted.failed) | {"ended": sum(counted.ended)},
    }


def _summed(series: list[int]) -> dict[str, Any]:
    return {"count": sum(series), "series": series}


def _first_word(tx: Execute, span: Span) -> dict[str, Any]:
    words = figures.words(tx, span)
    ours = _parted(figures.added(tx, span, len(words)), span.parts)
    series = [
        {"at": span.since + part * span.width, **_quantiles(times), "added": quantile(ours[part], 50)}
        for part, times in enumerate(_parted(words, span.parts))
    ]
    whole = _quantiles([word for _, word in words])
    return {"first_word": {**whole, "count": len(words), "series": series}}


def _parted(times: Sequence[tuple[int, float]], parts: int) -> list[list[float]]:
    """By parts, in order as they were."""
    found: list[list[float]] = [[] for _ in range(parts)]
    for part, one in times:
        found[part].append(one)
    return found


def _quantiles(times: Sequence[float]) -> dict[str, float | None]:
    return {"p50": quantile(times, 50), "p95": quantile(times, 95)}


def quantile(times: Sequence[float], percent: int) -> float | None:
    """Of times in order the one that so many are not above: exact, and one that was; None of none."""
    return round(times[(len(times) * percent + 99) // 100 - 1], 3) if times else None
