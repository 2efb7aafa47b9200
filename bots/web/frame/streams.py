"""Streams that are open: at the end each of them is told so, instead of being cut off."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from bots.web.frame.answers import encoded
from core.api.refusal import Refusal
from core.api.watch import Watch

STOPPING: Final = "Spool is stopping. The run goes on when it is back: ask for it by its id."


class Streams:
    """The watches that somebody reads."""

    def __init__(self) -> None:
        self._open: set[Watch] = set()
        self.stopping = False

    @contextlib.contextmanager
    def reading(self, watch: Watch) -> Iterator[None]:
        """For as long as its events are sent."""
        self._open.add(watch)
        if self.stopping:
            _end(watch)
        try:
            yield
        finally:
            self._open.discard(watch)

    def close(self) -> None:
        """Each has one last event; the run behind it is not touched."""
        self.stopping = True
        for watch in self._open:
            _end(watch)


def _end(watch: Watch) -> None:
    watch.tell("error", encoded(Refusal(STOPPING, status=503, code="server_stopping").to_json()))
    watch.close()
