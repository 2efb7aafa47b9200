"""What was said while nobody listened: read from Slack's history through the same door as live events.

Slack repeats an unacknowledged event for minutes only, so after a longer absence history is the only source.
Slow on purpose: it is not urgent, and its tier is small.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.calls import call
from core.errors import Retryable, SpoolError
from core.types import Address

logger = logging.getLogger(__name__)
Take = Callable[[dict[str, Any], str], Awaitable[None]]


class History:
    """Reads conversations and gives each message to `take`, as if it had just been said."""

    def __init__(self, client: AsyncWebClient, take: Take) -> None:
        self._client, self._take = client, take
        self._channels: set[tuple[str, str]] = set()

    async def read(self, address: Address, since: float) -> None:
        """What was said in that topic since then; for the first topic of a channel, in the channel too."""
        channel = (address.workspace, address.channel)
        if channel not in self._channels:
            self._channels.add(channel)
            await self._read(*channel, "", since)
        await self._read(*channel, address.topic, since)

    async def _read(self, team: str, channel: str, topic: str, since: float) -> None:
        try:
            missed = [message async for message in self._pages(channel, topic, since)]
        except SpoolError as error:
            logger.info("conversation cannot be read", extra={"channel": channel, "error": str(error)})
            return
        kind = {"channel": channel, "channel_type": "im" if channel.startswith("D") else "channel"}
        for message in sorted(missed, key=_at):
            try:
                await self._take({"type": "message", **message, **kind}, team)
            except SpoolError:
                raise
            except Exception:
                logger.exception("message not understood")

    async def _pages(self, channel: str, topic: str, since: float) -> AsyncIterator[dict[str, Any]]:
        cursor = None
        while True:
            page = await self._page(channel, topic, since, cursor)
            for message in page.get("messages") or []:
                if _at(message) > since:
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


def _at(message: dict[str, Any]) -> float:
    try:
        return float(message["ts"])
    except (KeyError, TypeError, ValueError):
        return 0.0
