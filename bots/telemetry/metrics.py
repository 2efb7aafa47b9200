"""/metrics: what the database knows is read from it at each scrape, so nothing can part from the ledger."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from bots.intake.connection import Connections
from bots.replies.posts import Count
from bots.telemetry.tally import MOST_VALUES, OTHER, Counted, Labels, Tally, Timed
from bots.version import version
from core.concurrency import LoopWatch
from core.store.database import Database
from core.store.reading import Reading


@runtime_checkable
class Counting(Protocol):
    """A chat network, as far as is needed here."""

    name: str

    def count(self, told: Count) -> None:
        """See the platforms."""
        ...


class Metrics:
    """`page` for whoever scrapes. What no row knows is counted from here on. `close()` at the end."""

    def __init__(self, path: Path, connections: Connections, run_seconds: float) -> None:
        self._reading, self._tally, self._connections = Reading(path), Tally(path, run_seconds), connections
        self._commits, self._lag = Timed(), Timed()
        self._posts: Counter[tuple[str, ...]] = Counter()

    def watch(self, db: Database, loop: LoopWatch, platforms: Iterable[Any]) -> None:
        """Be told by all that no row knows of."""
        db.committed, loop.lag = self._commits, self._lag
        for one in platforms:
            if isinstance(one, Counting):
                one.count(partial(self._posted, one.name))

    def _posted(self, platform: str, op: str, code: str) -> None:
        known = (platform, op, code) in self._posts or len(self._posts) < MOST_VALUES
        self._posts[platform, op, code if known else OTHER] += 1

    async def page(self, accept: str) -> tuple[bytes, str]:
        """The page in a form that is accepted, and which one that is. Raises TooSlow, or Unsaved."""
        while (counted := await self._reading(self._tally.read)) is None:
            pass
        return await asyncio.to_thread(_written, {**counted, **self._of_process()}, accept)

    def _of_process(self) -> Counted:
        states: dict[Labels, float | Timed] = {
            (one["name"].lower(),): float(one["state"] == "ok") for one in self._connections.to_json()
        }
        return {
            "spool_posts_total": dict(self._posts),
            "spool_platform_connected": states,
            "spool_commit_seconds": {(): self._commits},
            "spool_loop_lag_seconds": {(): self._lag},
            "spool_build_info": {(version(),): 1.0},
        }

    def close(self) -> None:
        """A scrape that is under way is given up."""
        self._reading.close()


def _written(counted: Counted, accept: str) -> tuple[bytes, str]:
    """In a thread, which imports what nobody else needs, too."""
    from bots.telemetry.text import written

    return written(counted, accept)
