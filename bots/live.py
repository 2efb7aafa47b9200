"""A live reply: the newest text wins, painted by a task of its own, so reading the model never waits."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Protocol, Self

from bots.markdown import closing
from core.errors import Retryable, SpoolError, Unreachable

logger = logging.getLogger(__name__)
LONGEST_WAIT = 30.0


class Brush(Protocol):
    """Brings a text to the screen; one brush belongs to one reply."""

    async def paint(self, text: str, *, final: bool) -> bool:
        """Show this text; False when some of it is left for later, which a final text never is.

        Raises Retryable or Unreachable.
        """
        ...

    def pause(self) -> float:
        """Seconds until it makes sense to paint again."""
        ...

    async def read(self) -> str:
        """What people see of this reply now."""
        ...

    @property
    def visible(self) -> bool:
        """Whether this process has shown any of it."""
        ...


class LiveReply:
    """`core.ports.Reply` over a brush."""

    def __init__(self, brush: Brush) -> None:
        self._brush = brush
        self._text = ""
        self._news = asyncio.Event()
        self._ending = asyncio.Event()
        self._painting: asyncio.Task[None] | None = None
        self.first_shown_at: float | None = None
        self.visible = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._painting = asyncio.create_task(self._paint(), name="painting")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._painting is not None
        self._painting.cancel()
        await asyncio.gather(self._painting, return_exceptions=True)

    def show(self, text: str) -> None:
        """The answer so far; costs a reference, no I/O."""
        self._text = text
        self._news.set()

    async def finish(self, text: str, note: str = "") -> None:
        """Returns ⇒ the whole text is shown. Raises Unreachable."""
        assert self._painting is not None
        text = text if text.strip() else ""
        whole = text + closing(text) if note else text  # the note must not end up inside a code block
        self._text = "\n\n".join(part for part in (whole, note) if part)
        self._ending.set()
        self._news.set()
        await self._painting

    async def shown(self) -> str:
        """What people see of this run now, "" when nothing or when it cannot be read."""
        try:
            return await self._brush.read()
        except Retryable:
            return ""

    async def _paint(self) -> None:
        failures = 0
        while True:
            await self._news.wait()
            self._news.clear()
            text, final = self._text, self._ending.is_set()
            if not final and not text.strip():
                continue
            try:
                whole = await self._brush.paint(text, final=final)
                failures = 0
            except Retryable as error:  # the platform is away: nothing else can be shown either, so wait
                failures += 1
                wait = max(error.retry_after or 0.0, min(LONGEST_WAIT, 0.25 * 2 ** min(failures, 10)))
                logger.warning("post delayed", extra={"error": error.code, "retry_s": round(wait, 1)})
                self._news.set()
                await asyncio.sleep(wait)
                continue
            except SpoolError:
                raise
            except Exception as error:
                logger.exception("post cannot be painted")
                raise Unreachable(type(error).__name__) from error
            if self.first_shown_at is None and self._brush.visible:
                self.first_shown_at = asyncio.get_running_loop().time()
                self.visible.set()
            if final:
                return
            await self._rest(self._brush.pause(), text if whole else None)

    async def _rest(self, seconds: float, painted: str | None) -> None:
        """Let the text grow without being woken by each word; the last words are not kept waiting."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), seconds)
        if self._ending.is_set() or self._text != painted:
            self._news.set()
