"""An answer on Slack: native streams where they are allowed, else one post and its updates.

Tasks are cards in the stream. A stream that had any is updated once it has ended, which leaves its text
alone; a process that dies before that is followed by one that repaints every post anyway.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from slack_sdk.web.async_client import AsyncWebClient

from bots.replies.edited import EditBrush
from bots.replies.markdown import Pages
from bots.replies.posts import Gone, NothingToPost, Posts, Unclear
from bots.slack.api import FASTEST_APPEND, Budget, Limited, Refused
from bots.slack.markup import SlackMarkup, quiet, stream_pages
from bots.slack.native_stream import NOT_HERE, NOWHERE, NativeStream, Refusals
from bots.slack.poster import SlackPoster
from core.errors import Unreachable
from core.types import Activity, IncomingMessage

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Streaming:
    """What the streams of all answers of one bot share."""

    client: AsyncWebClient
    budget: Budget
    refusals: Refusals
    markup: SlackMarkup


class StreamBrush:
    """`bots.replies.live.Brush`: appends what is new; whatever cannot be appended is repainted.

    `doing` shows activities in another place, for as long as no stream does. `begun`: something of the answer
    may stand there already.
    """

    def __init__(
        self,
        streaming: Streaming,
        posts: Posts,
        poster: SlackPoster,
        message: IncomingMessage,
        doing: Callable[[Sequence[Activity]], None],
        *,
        begun: bool,
    ) -> None:
        self._client, self._budget, self._refusals = streaming.client, streaming.budget, streaming.refusals
        self._posts, self._poster, self._message = posts, poster, message
        self._channel, self._doing = message.address.channel, doing
        self._pages = stream_pages(streaming.markup)
        self._ended: list[str] = []  # what the posts show whose streams are over
        self._open: NativeStream | None = None
        self._plain = False  # chunks were refused: perhaps because of something else
        self._doings: Sequence[Activity] = ()  # what is shown in that other place
        self._carded: list[tuple[str, str, bool]] = []  # ended streams that still have cards, and their text
        self._repaint: EditBrush | None = None
        if begun:  # a process before this one showed something: its state is not ours to append to
            self._repaint = self._post_brush(eager=True)

    @property
    def visible(self) -> bool:
        """See `Brush.visible`."""
        streamed = self._ended or (self._open is not None and self._open.shown)
        return bool(streamed) or (self._repaint is not None and self._repaint.visible)

    async def read(self) -> str:
        """See `Brush.read`."""
        nothing = self._repaint is None and self._open is None and not self._ended
        return "" if nothing else await self._post_brush(eager=True).read()

    def _post_brush(self, *, eager: bool) -> EditBrush:
        return EditBrush(self._posts, self._split, eager=eager)

    def _split(self, text: str, limit: int, final: bool) -> list[str]:
        """The same posts as in streams, unless Slack takes plain text only."""
        if self._pages.limit != limit:
            self._pages = Pages(quiet, limit)
        return self._pages.posts(self._poster.unlinked(text) if self._poster.plain else text, final=final)

    def pause(self) -> float:
        """See `Brush.pause`."""
        if self._repaint is not None:
            return self._repaint.pause()
        return max(FASTEST_APPEND, self._budget.append_wait())

    def due(self) -> float | None:
        """See `Brush.due`: an open stream must be ended before Slack does it."""
        return max(0.2, self._open.until - time.monotonic()) if self._open is not None else None

    async def paint(self, text: str, activities: Sequence[Activity] = (), *, final: bool) -> bool:
        """See `Brush.paint`."""
        activities = () if final else activities
        whole = True
        if self._repaint is None and self._poster.plain:
            await self._give_up()
        if self._repaint is None:
            try:
                whole = await self._stream(text, activities, final=final)
            except (Refused, Gone, Unclear) as error:
                logger.info("stream given up", extra={"error": str(error)})
                await self._give_up()
            except (_NotStreamed, NothingToPost):
                pass
        doings = () if self._open is not None and self._open.chunked else activities
        if doings != self._doings:
            self._doings = doings
            self._doing(doings)
        if self._repaint is None or not (final or text.strip()):
            return whole
        return await self._repaint.paint(text, final=final)

    async def _stream(self, text: str, activities: Sequence[Activity], *, final: bool) -> bool:
        shown = self._open.shown if self._open else ""
        parts = self._pages.posts(text, final=final, shown=shown)
        if parts[: len(self._ended)] != self._ended:  # another attempt of the model: it says it differently
            raise Refused("text_changed")
        if self._open is None and not self._ended:
            self._begin(final or bool(parts), activities, final=final)
        whole = await self._advance(text, parts, activities, final=final)
        await self._uncard(final=final)
        return whole

    def _begin(self, saying: bool, activities: Sequence[Activity], *, final: bool) -> None:
        """Returns when a stream is to be opened. Raises _NotStreamed, or NothingToPost for now."""
        streams = self._may_stream()
        if saying and (final or not streams):
            self._repaint = self._post_brush(eager=final or self._budget.may_update())
            raise _NotStreamed
        if not saying and not (streams and self._begun(activities)):
            raise NothingToPost

    def _begun(self, activities: Sequence[Activity]) -> list[Activity]:
        """The activities that are a reason to open a stream before there is any text."""
        plain = self._plain or self._refusals.chunks
        return [] if plain else [one for one in activities if one.state == "in_progress"]

    def _may_stream(self) -> bool:
        return not self._refusals.apply(self._channel, self._message.user) and self._budget.may_stream()

    async def _advance(
        self, text: str, parts: list[str], activities: Sequence[Activity], *, final: bool
    ) -> bool:
        """Append what is new, going on in further posts where one is full or old. False: some is left."""
        while True:
            opened, number = self._open, len(self._ended)
            if opened is None:
                if number >= len(parts) and (number or not self._begun(activities)):
                    return True
                await self._start(parts[number] if number < len(parts) else "", activities)
                continue
            left = opened.until - time.monotonic()
            if left < 0 and not final:
                where: Literal["word", "anywhere"] = "word" if left > -PATIENCE else "anywhere"
                parts = self._pages.posts(text, final=False, seal=where, shown=opened.shown)
            shown = parts[number] if number < len(parts) else ""
            if not shown.startswith(opened.shown):
                raise Refused("text_changed")
            more, full = shown[len(opened.shown) :], self._pages.full > number
            if full or final or (left < 0 and not shown):
                await self._end(opened, more, last=final and not full)
                if full:
                    parts = self._pages.posts(text, final=final)
                    continue
                return True
            news = opened.news(activities) if activities else []
            if not (more or news):
                return True
            if self._budget.append_wait():
                return False
            await opened.append(more, news)
            self._posts.edited()
            return True

    async def _end(self, opened: NativeStream, more: str, *, last: bool) -> None:
        """As `_stop`. One that showed only activities leaves its post: for the first words, or to go."""
        if not (opened.shown + more).strip():
            await self._poster.end_stream(opened.post)
            raise Refused("stream_without_text")
        await self._stop(opened, more, last=last)

    async def _start(self, first: str, activities: Sequence[Activity]) -> None:
        number = len(self._ended)

        async def make() -> str:
            if opened := await self._new(first, activities):
                self._open = opened
                self._budget.streams += 1
                return opened.post
            if not first:
                raise NothingToPost
            post = await self._poster.create(first, number, first=number == 0, growing=True)
            self._repaint = self._post_brush(eager=self._budget.may_update())
            self._repaint.painted(number, first)
            return post

        _, adopted = await self._posts.create(number, make)
        if adopted:
            await self._give_up()
        if self._repaint:
            raise _NotStreamed

    async def _new(self, text: str, activities: Sequence[Activity]) -> NativeStream | None:
        """A new stream; None where none is to be had now. It takes chunks, unless those were refused."""
        plain = self._plain or self._refusals.chunks
        try:
            opened = await self._opened(text, None if plain else self._begun(activities))
        except Limited:
            return None
        except Refused as error:
            logger.info("streaming refused", extra={"error": error.error})
            if plain or error.error in NOT_HERE | NOWHERE:
                self._refusals.learn(error.error, self._channel, self._message.user)
                return None
        else:
            self._refusals.chunks = self._refusals.chunks or plain  # without them it works: it was them
            return opened
        self._plain = True
        return await self._new(text, ()) if text else None

    async def _opened(self, text: str, activities: Sequence[Activity] | None) -> NativeStream:
        return await NativeStream.open(
            self._client, self._budget, self._poster, self._message, text, activities
        )

    async def _stop(self, opened: NativeStream, more: str, *, last: bool) -> None:
        """End the open stream with its last words; `last`: of the answer, too."""
        carded = bool(opened.cards)  # then the update that replaces it brings the buttons
        await opened.stop(more, self._poster.metadata(), self._poster.under() if last and not carded else ())
        self._posts.edited()
        self._poster.ordinary.add(opened.post)
        if opened.cards:
            self._carded.append((opened.post, opened.shown, last))
        self._ended.append(opened.shown)
        self.close()

    async def _uncard(self, *, final: bool) -> None:
        """Replace ended streams by their text alone: at once for the last words, else when there is room."""
        while self._carded and (final or not self._budget.update_pause()):
            post, body, last = self._carded[0]
            with suppress(Gone, Unreachable):  # its text stands there in any case
                await self._poster.edit(post, body, growing=False, last=last)
                self._posts.edited()
            del self._carded[0]

    async def _give_up(self) -> None:
        """Leave the stream as an ordinary post; what it shows is repainted, so nothing is lost or doubled."""
        self.close()
        self._repaint = self._post_brush(eager=True)

    def close(self) -> None:
        """The open stream, if any, no longer counts: the reply is over, however it ended."""
        if self._open is not None:
            self._open = None
            self._budget.streams -= 1


class _NotStreamed(Exception):
    """This answer is painted by updates."""


PATIENCE = 20.0
"""Seconds for which an old stream waits for the end of a word."""
