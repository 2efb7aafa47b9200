"""An answer on Slack: a native stream where it is allowed, else one post and its updates.

Our own streamer and not the SDK's: that one shows nothing before 256 characters and never flushes by time.
Facts: https://docs.slack.dev/reference/methods/chat.startStream; a stream dies after five minutes.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bots.markdown import closing, open_fence, reopening, split
from bots.mentions import settled
from bots.posts import Gone, PostBrush, Posts, Unclear
from bots.slack.budget import FASTEST_APPEND, Budget
from bots.slack.calls import Limited, Refused, call
from bots.slack.poster import SlackPoster
from core.types import IncomingMessage

logger = logging.getLogger(__name__)
LONGEST = 240.0
"""Seconds a stream is kept open; Slack ends it at 300."""
ROOM = 11_000
"""Characters in one stream; Slack ends it at 12,000."""
MARGIN = 1_000
"""Characters before that in which only whole lines or words are sent, so that a post ends with one."""
NOT_HERE = {
    "missing_recipient_team_id",
    "missing_recipient_user_id",
    "user_not_found",
    "team_not_found",
    "channel_type_not_supported",
    "method_not_supported_for_channel_type",
    "enterprise_is_restricted",
    "missing_scope",
}
NOWHERE = {"unknown_method", "feature_not_enabled", "method_deprecated"}


@dataclass
class Refusals:
    """Where Slack has refused to stream; known for as long as the process lives."""

    everywhere: bool = False
    channels: set[str] = field(default_factory=set)

    def learn(self, error: str, channel: str) -> None:
        """Remember a refusal if it will be repeated."""
        if error in NOWHERE:
            self.everywhere = True
        elif error in NOT_HERE:
            self.channels.add(channel)

    def apply(self, channel: str) -> bool:
        """True when it is of no use to ask again there."""
        return self.everywhere or channel in self.channels


@dataclass
class _Open:
    """The stream that is growing: `shown` is its text so far."""

    post: str
    since: float
    shown: str


class StreamBrush:
    """`bots.live.Brush`: appends what is new; whatever cannot be appended is repainted."""

    def __init__(
        self,
        client: AsyncWebClient,
        budget: Budget,
        refusals: Refusals,
        posts: Posts,
        poster: SlackPoster,
        message: IncomingMessage,
    ) -> None:
        self._client, self._budget, self._refusals = client, budget, refusals
        self._posts, self._poster, self._message = posts, poster, message
        self._channel = message.address.channel
        self._sent = ""  # everything streamed so far, over all posts, without fences we closed ourselves
        self._open: _Open | None = None
        self._head = ""  # what reopens a fence that the last full post had to close
        self._part = 0
        self._repaint: PostBrush | None = None
        if posts.begun():  # a process before this one showed something: its state is not ours to append to
            self._repaint = self._post_brush(eager=True)

    @property
    def visible(self) -> bool:
        """See `Brush.visible`."""
        return bool(self._sent) or (self._repaint is not None and self._repaint.visible)

    async def read(self) -> str:
        """See `Brush.read`."""
        return await self._post_brush(eager=True).read()

    def _post_brush(self, *, eager: bool) -> PostBrush:
        return PostBrush(
            self._posts,
            lambda text, limit, final: split(settled(text, final=final), limit, complete=final),
            eager=eager,
        )

    def pause(self) -> float:
        """See `Brush.pause`."""
        if self._repaint is not None:
            return self._repaint.pause()
        return max(FASTEST_APPEND, self._budget.append_wait())

    async def paint(self, text: str, *, final: bool) -> bool:
        """See `Brush.paint`."""
        if self._repaint is None:
            try:
                return await self._stream(text, final=final)
            except (Refused, Gone, Unclear) as error:
                logger.info("stream given up", extra={"error": str(error)})
                await self._give_up()
            except _NotStreamed:
                pass
        assert self._repaint is not None
        return await self._repaint.paint(text, final=final)

    async def _stream(self, text: str, *, final: bool) -> bool:
        clean = settled(text, final=final)
        if not clean.startswith(self._sent):  # another attempt of the model: it says it differently
            raise Refused("text_changed")
        if not clean[len(self._sent) :].strip() and not final:
            return True
        if self._open is None and self._part == 0 and (final or not self._may_stream()):
            self._repaint = self._post_brush(eager=final or self._budget.may_update())
            raise _NotStreamed
        await self._advance(clean, final=final)
        return self._sent == clean

    def _may_stream(self) -> bool:
        return not self._refusals.apply(self._channel) and self._budget.may_stream()

    async def _advance(self, clean: str, *, final: bool) -> None:
        """Append what is new, going on in further posts where one is full or old."""
        while True:
            rest = clean[len(self._sent) :]
            if self._open is None:
                if not rest.strip():
                    return None
                await self._start(rest, final=final)
                continue
            room = ROOM - len(self._open.shown)
            full = len(rest) > room
            piece = _piece(rest, room, final=final, lines=open_fence(self._open.shown) is not None)
            if full or time.monotonic() - self._open.since > LONGEST:
                await self._stop(piece, seal=True)
            elif final:
                return await self._stop(piece, seal=False)
            elif piece and not self._budget.append_wait():
                await self._append(piece)
            if not full:
                return None

    async def _start(self, rest: str, *, final: bool) -> None:
        head = self._head
        room = ROOM - len(head)
        piece = _piece(rest, room, final=final, lines=bool(head)) or rest[:room]

        async def make() -> str:
            try:
                return await self._open_stream(head + piece)
            except Limited as error:
                self._budget.limited("chat.startStream", error.retry_after or 1.0)
            except Refused as error:
                self._refusals.learn(error.error, self._channel)
                logger.info("streaming refused", extra={"error": error.error})
            post = await self._poster.create(head + piece, self._part, growing=True)
            self._repaint = self._post_brush(eager=self._budget.may_update())
            self._repaint.painted(self._part, head + piece)
            return post

        post, adopted = await self._posts.create(self._part, make)
        if adopted:
            self._repaint = self._post_brush(eager=True)
        if self._repaint:
            raise _NotStreamed
        self._budget.streams += 1
        self._open = _Open(post, time.monotonic(), head + piece)
        self._sent += piece

    async def _open_stream(self, text: str) -> str:
        self._budget.note("chat.startStream")
        posted = self._poster.posting()
        response = await call(
            self._client.chat_startStream(
                channel=self._channel,
                thread_ts=self._message.address.topic,
                markdown_text=text,
                recipient_user_id=self._message.user,
                recipient_team_id=self._message.address.workspace,
            )
        )
        posted()
        return str(response["ts"])

    async def _append(self, piece: str) -> None:
        assert self._open is not None
        self._budget.appended()
        try:
            await call(
                self._client.chat_appendStream(channel=self._channel, ts=self._open.post, markdown_text=piece)
            )
        except Limited as error:  # nothing was appended: the next flush takes it along
            self._budget.limited("chat.appendStream", error.retry_after or 1.0)
            raise
        self._grown(piece)

    def _grown(self, piece: str) -> None:
        assert self._open is not None
        self._open.shown += piece
        self._sent += piece

    async def _stop(self, piece: str, *, seal: bool) -> None:
        """End the open stream with its last words; `seal`: the text goes on in another post."""
        assert self._open is not None
        tail = piece + (closing(self._open.shown + piece) if seal else "")
        head = reopening(self._open.shown + piece)
        more: dict[str, Any] = {"markdown_text": tail} if tail else {}
        self._budget.note("chat.stopStream")
        try:
            await call(
                self._client.chat_stopStream(
                    channel=self._channel, ts=self._open.post, metadata=self._poster.metadata, **more
                )
            )
        except Limited as error:
            self._budget.limited("chat.stopStream", error.retry_after or 1.0)
            raise
        self._grown(piece)
        self._poster.ordinary.add(self._open.post)
        self._open, self._part, self._head = None, self._part + 1, head
        self._budget.streams -= 1

    async def _give_up(self) -> None:
        """Leave the stream as an ordinary post; what it shows is repainted, so nothing is lost or doubled."""
        if self._open is not None:
            self._open = None
            self._budget.streams -= 1
        self._repaint = self._post_brush(eager=True)

    def close(self) -> None:
        """The reply is over, however it ended: its stream no longer counts."""
        if self._open is not None:
            self._open = None
            self._budget.streams -= 1


class _NotStreamed(Exception):
    """This answer is painted by updates."""


def _piece(rest: str, room: int, *, final: bool, lines: bool) -> str:
    """As much of the text as is to be sent now into a post with so much room.

    Near the end of the room only whole lines or (but for code) words are sent: the post may end there.
    """
    if len(rest) <= room and (final or room - len(rest) >= MARGIN):
        return rest
    fits = rest[:room]
    whole = _whole(fits, lines=lines)
    if room <= MARGIN or len(rest) <= room:
        return whole
    return whole if len(whole) > room // 2 else fits


def _whole(text: str, *, lines: bool) -> str:
    """The text up to its last line's end, or its last word's where lines may be cut."""
    at = text.rfind("\n")
    if at < 0 and not lines:
        at = text.rfind(" ")
    return text[: at + 1]
