"""One native stream: the calls that open it, let it grow and end it.

Not the SDK's streamer: that one shows nothing before 256 characters and never flushes by time.
Facts: https://docs.slack.dev/reference/methods/chat.startStream; a stream dies after five minutes, and takes
either chunks or plain text, as it began.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Self

from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api import Limited, call
from bots.slack.budget import Budget
from bots.slack.cards import Cards, chunks
from bots.slack.poster import SlackPoster
from core.types import IncomingMessage, Task

LONGEST = 240.0
"""Seconds a stream is kept open; Slack ends it at 300."""


class Opened:
    """A stream that is growing: `shown` is its text so far. Each call raises Limited or what `call` does."""

    def __init__(
        self, client: AsyncWebClient, budget: Budget, channel: str, post: str, *, chunked: bool
    ) -> None:
        self._client, self._budget, self._channel = client, budget, channel
        self._chunked, self._since = chunked, time.monotonic()
        self.post, self.shown, self.cards = post, "", Cards()

    @classmethod
    async def open(
        cls,
        client: AsyncWebClient,
        budget: Budget,
        poster: SlackPoster,
        message: IncomingMessage,
        text: str,
        tasks: Sequence[Task] | None,
    ) -> Self:
        """A new post that grows. `tasks` None: it will never show any, and its text is sent plainly."""
        budget.note("chat.startStream")
        posted = poster.posting()
        try:
            response = await call(
                client.chat_startStream(
                    channel=message.address.channel,
                    thread_ts=message.address.topic,
                    recipient_user_id=message.user,
                    recipient_team_id=message.address.workspace,
                    **_content(text, tasks),
                )
            )
        except Limited as error:
            budget.limited("chat.startStream", error.retry_after or 1.0)
            raise
        posted()
        chunked = tasks is not None
        opened = cls(client, budget, message.address.channel, str(response["ts"]), chunked=chunked)
        opened._grown(text, tasks or ())
        return opened

    def news(self, tasks: Sequence[Task]) -> list[Task]:
        """Those of the tasks that it can and does not show yet."""
        return self.cards.news(tasks) if self._chunked else []

    @property
    def shows_tasks(self) -> bool:
        """Whether tasks can be seen in it."""
        return self._chunked

    @property
    def left(self) -> float:
        """Seconds until it must be ended."""
        return self._since + LONGEST - time.monotonic()

    async def append(self, text: str, tasks: Sequence[Task]) -> None:
        """More text, and tasks that began or changed."""
        self._budget.appended()
        content = _content(text, tasks if self._chunked else None)
        try:
            await call(self._client.chat_appendStream(channel=self._channel, ts=self.post, **content))
        except Limited as error:  # nothing was appended: the next flush takes it along
            self._budget.limited("chat.appendStream", error.retry_after or 1.0)
            raise
        self._grown(text, tasks)

    async def stop(self, text: str, metadata: dict[str, Any]) -> None:
        """The last words."""
        content = _content(text, () if self._chunked else None) if text else {}
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

    def _grown(self, text: str, tasks: Sequence[Task]) -> None:
        self.shown += text
        self.cards.note(tasks)


def _content(text: str, tasks: Sequence[Task] | None) -> dict[str, Any]:
    return {"markdown_text": text} if tasks is None else {"chunks": chunks(text, tasks)}
