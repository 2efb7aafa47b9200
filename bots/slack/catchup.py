"""What was said while nobody listened: read from Slack's history through the same door as live events.

Slack repeats an unacknowledged event for minutes only, so after a longer absence history is the only source.
Slow on purpose: it shares the tier of `conversations.history` with nobody, and it is not urgent.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.calls import call
from core.errors import Retryable, SpoolError
from core.inbox import Inbox

logger = logging.getLogger(__name__)
RECENT = 3 * 86_400.0
"""Seconds: conversations without a message for longer are not read."""
MOST = 200
OVERLAP = 60.0
"""Seconds read again before the last message seen: deliveries may come out of order."""

Take = Callable[[dict[str, Any], str], Awaitable[None]]


class CatchUp:
    """Reads what was missed, at most `window` seconds back."""

    def __init__(self, client: AsyncWebClient, inbox: Inbox, take: Take, window: float) -> None:
        self._client, self._inbox, self._take, self._window = client, inbox, take, window

    async def run(self) -> None:
        """Give every missed message of recent conversations to the inbox, oldest first in each."""
        now = time.time()
        seen = (await self._inbox.recent("slack", now - RECENT))[:MOST]
        channels: dict[tuple[str, str], float] = {}
        for one in seen:
            key = (one.address.workspace, one.address.channel)
            channels[key] = max(channels.get(key, 0.0), one.sent_at)
        for (team, channel), latest in channels.items():
            await self._read(team, channel, "", max(latest - OVERLAP, now - self._window))
        for one in seen:
            address = one.address
            since = max(one.sent_at - OVERLAP, now - self._window)
            await self._read(address.workspace, address.channel, address.topic, since)

    async def _read(self, team: str, channel: str, topic: str, since: float) -> None:
        found = 0
        try:
            missed = [message async for message in self._pages(channel, topic, since)]
            for message in sorted(missed, key=lambda message: float(message["ts"])):
                kind = {"channel": channel, "channel_type": "im" if channel.startswith("D") else "channel"}
                await self._take({"type": "message", **message, **kind}, team)
                found += 1
        except SpoolError as error:
            logger.info("conversation cannot be read", extra={"channel": channel, "error": str(error)})
        logger.debug("caught up", extra={"channel": channel, "messages": found})

    async def _pages(self, channel: str, topic: str, since: float) -> AsyncIterator[dict[str, Any]]:
        cursor = None
        while True:
            page = await self._page(channel, topic, since, cursor)
            for message in page.get("messages") or []:
                if float(message["ts"]) > since:
                    yield message
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    async def _page(self, channel: str, topic: str, since: float, cursor: str | None) -> Any:
        where: dict[str, Any] = {"channel": channel, "oldest": f"{since:.6f}", "limit": 200, "cursor": cursor}
        for _ in range(5):
            try:
                if topic:
                    return await call(self._client.conversations_replies(ts=topic, **where))
                return await call(self._client.conversations_history(**where))
            except Retryable as error:
                await asyncio.sleep(error.retry_after or 1.0)
        raise Retryable("history_unavailable")
