"""Who is told of a run's events while they happen. Telling never waits, and asks the database nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from core.types import RunId

Event = tuple[str, Mapping[str, Any]]
Events = list[Event]


class Sink(Protocol):
    """Somebody who reads the events of a run; one that is too slow is its own affair."""

    def tell(self, name: str, data: bytes) -> None: ...

    def close(self) -> None: ...


class Watching:
    """The sinks of runs that are under way in this process, and what is known of these beyond the disk."""

    def __init__(self) -> None:
        self._sinks: dict[RunId, list[Sink]] = {}
        self.live: dict[RunId, Callable[[], list[dict[str, Any]]]] = {}
        """Of each run under way: what its response has said and done so far."""

    def watch(self, run: RunId, sink: Sink) -> None:
        """From now on it is told."""
        self._sinks.setdefault(run, []).append(sink)

    def watched(self, run: RunId) -> bool:
        """Whether anybody is told."""
        return run in self._sinks

    def tell(self, run: RunId, name: str, object: Mapping[str, Any]) -> None:
        """An event has happened."""
        if sinks := self._sinks.get(run):
            data = json.dumps(object, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
            for sink in sinks:
                sink.tell(name, data)

    def over(self, run: RunId) -> None:
        """It has ended, or waits for its client: nothing more will be told."""
        self.live.pop(run, None)
        for sink in self._sinks.pop(run, ()):
            sink.close()

    def changed(self, run: RunId, object: Mapping[str, Any]) -> None:
        """The run has another status. One that does not go on by itself is over."""
        self.tell(run, f"thread.run.{object['status']}", object)
        if object["status"] not in ("queued", "in_progress", "cancelling"):
            self.over(run)
