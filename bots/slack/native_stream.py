"""One native stream: the calls that open it, let it grow and end it.

Not the SDK's streamer: that one shows nothing before 256 characters and never flushes by time.
Facts: https://docs.slack.dev/reference/methods/chat.startStream; a stream dies after five minutes, and takes
either chunks or plain text, as it began.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from slack_sdk.web.async_client import AsyncWebClient

from bots.replies.activity import title
from bots.replies.safe_text import harmless
from bots.slack.api import Budget, Limited, call
from bots.slack.poster import SlackPoster
from core.types import Activity, IncomingMessage

LONGEST_STREAM = 240.0
"""Seconds a stream is kept open; Slack ends it at 300."""


class NativeStream:
    """A stream that is growing: `shown` is its text so far, and activities if it is `chunked`.

    It must be ended by `until` of the monotonic clock. Each call raises Limited or what `call` does.
    """

    def __init__(
        self, client: AsyncWebClient, budget: Budget, channel: str, post: str, *, chunked: bool
    ) -> None:
        self._client, self._budget, self._channel = client, budget, channel
        self.chunked, self.until = chunked, time.monotonic() + LONGEST_STREAM
        self.post, self.shown, self.cards = post, "", Cards()

    @classmethod
    async def open(
        cls,
        client: AsyncWebClient,
        budget: Budget,
        poster: SlackPoster,
        message: IncomingMessage,
        text: str,
        activities: Sequence[Activity] | None,
    ) -> Self:
        """A new post that grows. `activities` None: it will never show any, and its text is sent plainly."""
        budget.note("chat.startStream")
        posted = poster.posting()
        try:
            response = await call(
                client.chat_startStream(
                    channel=message.address.channel,
                    thread_ts=message.address.topic,
                    recipient_user_id=message.user,
                    recipient_team_id=message.team or message.address.workspace,
                    **_content(text, activities),
                )
            )
        except Limited as error:
            budget.limited("chat.startStream", error.retry_after or 1.0)
            raise
        posted()
        chunked = activities is not None
        opened = cls(client, budget, message.address.channel, str(response["ts"]), chunked=chunked)
        opened._grown(text, activities or ())
        return opened

    def news(self, activities: Sequence[Activity]) -> list[Activity]:
        """Those of the activities that it can and does not show yet."""
        return self.cards.news(activities) if self.chunked else []

    async def append(self, text: str, activities: Sequence[Activity]) -> None:
        """More text, and activities that began or changed."""
        self._budget.appended()
        content = _content(text, activities if self.chunked else None)
        try:
            await call(self._client.chat_appendStream(channel=self._channel, ts=self.post, **content))
        except Limited as error:  # nothing was appended: the next flush takes it along
            self._budget.limited("chat.appendStream", error.retry_after or 1.0)
            raise
        self._grown(text, activities)

    async def stop(
        self, text: str, metadata: dict[str, Any], under: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """The last words, and blocks that stand under them."""
        content = _content(text, () if self.chunked else None) if text else {}
        content |= {"blocks": list(under)} if under else {}
        self._budget.note("chat.stopStream")
        try:
            await call(
                self._client.chat_stopStream(
                    channel=self._channel, ts=self.post, metadata=metadata, **content
                )
            )
        except Limited as error:
            self._budget.limited("chat.stopStream", error.retry_after or 1.0)
            raise
        self._grown(text, ())

    def _grown(self, text: str, activities: Sequence[Activity]) -> None:
        self.shown += text
        self.cards.note(activities)


def _content(text: str, activities: Sequence[Activity] | None) -> dict[str, Any]:
    return {"markdown_text": text} if activities is None else {"chunks": chunks(text, activities)}


class Cards:
    """What people see of the activities there, so that only what is new is sent."""

    def __init__(self) -> None:
        self._shown: dict[str, Activity] = {}

    def __bool__(self) -> bool:
        return bool(self._shown)

    def news(self, activities: Sequence[Activity]) -> list[Activity]:
        """The activities that began or changed since; not those that were over before they were ever seen."""
        return [
            task
            for task in activities
            if self._shown.get(task.id) != task and (task.id in self._shown or task.state == "in_progress")
        ]

    def note(self, activities: Sequence[Activity]) -> None:
        """These were sent."""
        self._shown.update({task.id: task for task in activities})


def chunks(text: str, activities: Sequence[Activity]) -> list[dict[str, Any]]:
    """Text and activities as chunks of a stream. https://docs.slack.dev/reference/methods/chat.appendStream#chunks"""
    said: list[dict[str, Any]] = [{"type": "markdown_text", "text": text}] if text else []
    return said + [
        {
            "type": "task_update",
            "id": task.id[:250],
            "title": harmless(title(task)) or "…",
            "status": task.state,
        }
        for task in activities
    ]


NOT_FOR_THEM = {
    "missing_recipient_team_id",
    "missing_recipient_user_id",
    "user_not_found",
    "team_not_found",
}
NOT_HERE = {
    *NOT_FOR_THEM,
    "channel_type_not_supported",
    "method_not_supported_for_channel_type",
    "enterprise_is_restricted",
    "missing_scope",
}
NOWHERE = {"unknown_method", "feature_not_enabled", "method_deprecated"}


@dataclass
class Refusals:
    """Where and for whom there are no streams, and whether streams take no chunks: no activities then."""

    everywhere: bool = False
    channels: set[str] = field(default_factory=set)
    people: set[tuple[str, str]] = field(default_factory=set)
    chunks: bool = False

    def learn(self, error: str, channel: str, person: str) -> None:
        """Remember a refusal if it will be repeated."""
        if error in NOWHERE:
            self.everywhere = True
        elif error in NOT_FOR_THEM:
            self.people.add((channel, person))
        elif error in NOT_HERE:
            self.channels.add(channel)

    def apply(self, channel: str, person: str) -> bool:
        """True when it is of no use to ask for a stream there again."""
        return self.everywhere or channel in self.channels or (channel, person) in self.people
