"""A brush that only records, for tests of replies."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from bots.replies.live import Brush
from core.types import Activity
from tests.core.fakes import News


class Canvas:
    """A brush that records what it painted. `faults` are raised by the next strokes, `partly` leaves them."""

    def __init__(self) -> None:
        self.news = News()
        self.strokes: list[tuple[str, bool]] = []
        self.tried = 0
        self.partly = 0
        self.wait = 0.0
        self.often: float | None = None
        self.done: list[tuple[str, ...]] = []
        self.faults: deque[Exception] = deque()
        self.may_paint = asyncio.Event()
        self.may_paint.set()
        self.reading: str | Exception = ""

    async def paint(self, text: str, tasks: Sequence[Activity] = (), *, final: bool) -> bool:
        self.tried += 1
        self.news.tell()
        await self.may_paint.wait()
        if self.faults:
            raise self.faults.popleft()
        if self.partly and not final:
            self.partly -= 1
            return False
        self.strokes.append((text, final))
        self.done.append(tuple(task.title for task in tasks))
        self.news.tell()
        return True

    def pause(self) -> float:
        return self.wait

    def due(self) -> float | None:
        return self.often

    async def read(self) -> str:
        if isinstance(self.reading, Exception):
            raise self.reading
        return self.reading

    @property
    def visible(self) -> bool:
        return any(text.strip() for text, _ in self.strokes)

    async def until(self, count: int) -> None:
        await self.news.until(lambda: len(self.strokes) == count)

    async def until_tried(self, count: int) -> None:
        await self.news.until(lambda: self.tried == count)


_: type[Brush] = Canvas


async def rest() -> None:
    await asyncio.sleep(0.02)
