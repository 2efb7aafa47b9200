"""What changes in the windows, for any number of browsers: each is told all posts, then each change of one.

There is no queue that a slow reader could fill: who comes late to a change is told what the post is by then.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, Final

from bots.demo.simulator.post import Post, Posts

PAUSE: Final = 0.1
"""Seconds between two looks, which all readers share."""
QUIET: Final = 10.0
"""Seconds without news after which a reader is told that the connection stands."""
READERS: Final = 100
_GONE: Final = {"deleted": True}
Told = tuple[str, bytes]
"""An event: its name and its data."""


class Feed:
    """`state` gives what stands beside the posts, as it was last known."""

    def __init__(self, windows: Sequence[Posts], state: Callable[[], Mapping[str, Any]]) -> None:
        self._windows, self._state = windows, state
        self._looked, self._number, self.readers, self.closed = 0.0, 0, 0, False
        self._posts: dict[tuple[str, str], Post] = {}
        self._told: dict[tuple[str, str], tuple[int, bytes, bool]] = {}
        """What was told of each last: under which number, and whether it stands; the newest number last."""

    def close(self) -> None:
        """Nobody looks any more."""
        self.closed = True

    async def follow(self) -> AsyncGenerator[Told | None]:
        """Everything from the beginning; None when nothing has changed for a while."""
        self.readers += 1
        try:
            at, state, spoken = 0, b"", time.monotonic()
            yield "reload", b"{}"
            while not self.closed:
                self._look()
                news = self._since(at)
                if (now := _encoded(self._state())) != state:
                    state = now
                    news.append(("state", state))
                at = self._number
                for told in news:
                    yield told
                if news or time.monotonic() - spoken > QUIET:
                    spoken = time.monotonic()
                    if not news:
                        yield None
                await asyncio.sleep(PAUSE)
        finally:
            self.readers -= 1

    def _since(self, at: int) -> list[Told]:
        found = []
        for number, data, stands in reversed(self._told.values()):
            if number <= at:
                break
            if stands or at:
                found.append(("post", data))
        return found[::-1]

    def _look(self) -> None:
        """What has changed since the last look."""
        if time.monotonic() - self._looked < PAUSE * 0.8:
            return
        self._looked = time.monotonic()
        now = {(one.platform, one.id): one for window in self._windows for one in window.posts()}
        gone = [key for key in self._posts if key not in now]
        for key in gone:
            self._tell(key, {"platform": key[0], "id": key[1]} | _GONE, stands=False)
        news = [key for key, one in now.items() if one is not self._posts.get(key)]
        for key in sorted(news, key=lambda key: now[key].at):
            self._tell(key, now[key].to_json(), stands=True)
        self._posts = now

    def _tell(self, key: tuple[str, str], told: Mapping[str, Any], *, stands: bool) -> None:
        self._number += 1
        self._told.pop(key, None)
        self._told[key] = (self._number, _encoded(told), stands)


def _encoded(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
