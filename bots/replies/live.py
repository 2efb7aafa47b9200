"""A live reply: the newest text wins, painted by a task of its own, so reading the model never waits."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Protocol, Self

from bots.replies.approvals import ApprovalPosts
from bots.replies.blocks import Markdown, closing
from bots.replies.links import LinkGate
from bots.replies.posts import POSTING, until_posted
from core.errors import Lost, Retryable, SpoolError, Unreachable, Unsaved
from core.ports import Attaching, Removing
from core.types import Activity, AnswerButton, ApprovalRequest, File

logger = logging.getLogger(__name__)
_UNREAD = Markdown(loose=False)


class Brush(Protocol):
    """Brings a text to the screen; one brush belongs to one reply."""

    async def paint(self, text: str, activities: Sequence[Activity] = (), *, final: bool) -> bool:
        """Show this text and what is being done; False when some of it is left for later.

        A final text is shown whole, and without any activity. Raises Retryable or Unreachable.
        """
        ...

    def pause(self) -> float:
        """Seconds until it makes sense to paint again."""
        ...

    def due(self) -> float | None:
        """Seconds after which it must paint again even if there is nothing new; None: never."""
        ...

    async def read(self) -> str:
        """What people see of this reply now."""
        ...

    @property
    def visible(self) -> bool:
        """Whether this process has shown any of the text."""
        ...


class LiveReply:
    """`core.ports.Reply` over a brush: the one way out, so what may be pressed is decided here."""

    def __init__(self, brush: Brush, links: LinkGate | None = None) -> None:
        self._brush, self._links = brush, links or LinkGate("open", _UNREAD)
        self._text = ""
        self._activities: Sequence[Activity] = ()
        self._news = asyncio.Event()
        self._ending = asyncio.Event()
        self._painting: asyncio.Task[None] | None = None
        self._before: int | None = None
        self.first_shown_at: float | None = None
        self.visible = asyncio.Event()
        """Set once people see anything of the reply."""
        self.seen: Callable[[], None] = lambda: None
        """Called then: from here on nobody waits for the first word."""

    async def __aenter__(self) -> Self:
        self._painting = asyncio.create_task(self._paint(), name="painting")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._painting is not None
        if not self._painting.done():
            self._painting.cancel()
            await asyncio.gather(self._painting, return_exceptions=True)
        elif not self._painting.cancelled():
            self._painting.exception()  # was told by `finish`, or is of no matter any more

    def show(self, text: str, activities: Sequence[Activity] = ()) -> None:
        """The answer so far and what is being done for it; costs two references, no I/O."""
        self._text, self._activities = text, tuple(activities)
        self._news.set()

    async def finish(self, text: str, note: str = "", buttons: Sequence[AnswerButton] = ()) -> None:
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
        failures, busy = 0, False
        while True:
            await self._next()
            text, activities, final = self._text, self._activities, self._ending.is_set()
            told = [replace(one, title=self._links.plain(one.title)) for one in activities]
            if not (final or text.strip() or activities or busy):
                continue
            try:
                enough = final or len(text.strip()) >= await self._stood()  # what people see never shrinks
                seen = self._links(text, growing=not final) if enough else ""
                whole = await self._brush.paint(seen, told, final=final)
                failures, busy = 0, bool(activities)  # that there is nothing to do any more is news, too
            except Retryable as error:  # the platform is away: nothing else can be shown either, so wait
                failures += 1
                wait = POSTING.pause(failures, error)
                logger.warning("post delayed", extra={"error": error.code, "retry_s": round(wait, 1)})
                self._news.set()
                await asyncio.sleep(wait)
                continue
            except SpoolError:
                raise
            except Exception as error:
                logger.exception("post cannot be painted")
                raise Unreachable(type(error).__name__) from error
            self._seen(activities if whole else ())
            if final:
                return
            await self._rest(self._brush.pause(), (text, activities) if whole else None)

    async def _stood(self) -> int:
        """Characters that a process before this one showed; no end of them where that cannot be known."""
        if self._before is None:
            try:
                self._before = len(await self._brush.read())
            except (Retryable, Lost, Unsaved):
                raise
            except SpoolError:
                self._before = sys.maxsize
        return self._before

    def _seen(self, activities: Sequence[Activity]) -> None:
        if (self._brush.visible or activities) and not self.visible.is_set():
            self.visible.set()
            self.seen()
        if self._brush.visible and self.first_shown_at is None:
            self.first_shown_at = asyncio.get_running_loop().time()

    async def _next(self) -> None:
        """Returns when there is news, or when the brush is due."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._brush.due()):
                await self._news.wait()
        self._news.clear()

    async def _rest(self, seconds: float, painted: tuple[str, Sequence[Activity]] | None) -> None:
        """Let the text grow without being woken by each word; the last words are not kept waiting."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), seconds)
        if self._ending.is_set() or (self._text, self._activities) != painted:
            self._news.set()


class Files(Attaching, Removing, Protocol):
    """The files of one run."""


class FullReply(LiveReply):
    """`core.ports.FullReply` of one run."""

    def __init__(self, brush: Brush, files: Files, questions: ApprovalPosts, links: LinkGate) -> None:
        super().__init__(brush, links)
        self._files, self._questions = files, questions

    async def finish(self, text: str, note: str = "", buttons: Sequence[AnswerButton] = ()) -> None:
        """See `Reply.finish`."""
        self._questions.offer(buttons)
        await super().finish(text, note)

    async def remove(self) -> None:
        """See `Removing.remove`. What is being painted is left where a crash would leave it."""
        assert self._painting is not None
        self._painting.cancel()
        await asyncio.gather(self._painting, return_exceptions=True)
        try:
            await until_posted(self._files.remove)
            await until_posted(self._questions.remove)
        except (Lost, Unsaved):
            raise
        except SpoolError as error:
            logger.warning("answer cannot be removed", extra={"error": str(error)})

    async def attach(self, key: str, file: File) -> None:
        """See `Attaching.attach`."""
        await self._files.attach(key, file)

    async def ask(self, question: ApprovalRequest) -> None:
        """See `Asking.ask`."""
        await self._questions.ask(replace(question, text=self._links.question(question.text)))

    async def decided(self, question: ApprovalRequest, text: str) -> None:
        """See `Asking.decided`."""
        await self._questions.decided(question, self._links.question(text))
