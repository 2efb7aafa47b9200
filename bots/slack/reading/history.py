"""What was said while nobody listened: read from Slack's history through the same door as live events.

Slack repeats an unacknowledged event for minutes only, so after a longer absence history is the only source.
Slow on purpose: it is not urgent, and its tier is small.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from bots.intake.catch_up import OVERLAP
from bots.logs import raised
from bots.replies.posts import Gone
from bots.slack.api import Refused, call
from core.concurrency import Backoff, retry
from core.errors import SpoolError, Unreachable
from core.types import Address

logger = logging.getLogger(__name__)
MOST_PAGES = 20
PAGE_TRIES = 4
PATIENCE = 120.0
"""Seconds between the tries of one page, all together."""
Take = Callable[[dict[str, Any]], Awaitable[None]]


class History:
    """Reads conversations and gives each message to `take`, as if it had just been said."""

    def __init__(self, client: AsyncWebClient, take: Take) -> None:
        self._client, self._take, self._began = client, take, time.time()
        self._channels: dict[str, float] = {}

    async def read(self, address: Address, since: float) -> None:
        """What was said in that topic since then; for the first topic of a channel, in the channel too."""
        if self._channels.get(address.channel) != since:
            self._channels[address.channel] = since
            await self._read(address.channel, "", since)
        await self._read(address.channel, address.topic, since)

    async def _read(self, channel: str, topic: str, since: float) -> None:
        try:
            missed = [message async for message in pages(self._client, channel, topic, since)]
        except (Unreachable, Refused, Gone) as error:  # what may pass is tried again by whoever called
            logger.info("conversation cannot be read", extra={"channel": channel, "error": str(error)})
            return
        kind = {"channel": channel, "channel_type": "im" if channel.startswith("D") else "channel"}
        for message in sorted(missed, key=_at):
            missed_it = since + OVERLAP < _at(message) < self._began
            if message.get("edited") and not missed_it:
                continue  # it was heard when it was said; an edit is no message
            try:
                await self._take({"type": "message", **message, **kind})
            except SpoolError:
                raise
            except Exception as error:
                logger.warning("a message is not understood, passed over", extra=raised(error))
            if not topic and _at({"ts": message.get("latest_reply")}) > since:
                await self._read(channel, str(message["ts"]), since)  # a topic that began meanwhile


async def pages(
    client: AsyncWebClient,
    channel: str,
    topic: str,
    since: float,
    until: str = "",
    *,
    patience: float = PATIENCE,
) -> AsyncIterator[dict[str, Any]]:
    """The messages of a topic (of the channel itself for ""), all pages of them. Raises SpoolError.

    `patience`: seconds that may be waited between tries, longer waits are not begun.
    """
    where: dict[str, Any] = {
        "channel": channel,
        "oldest": f"{since:.6f}",
        "latest": until or None,
        "limit": 200,
    }
    for _ in range(MOST_PAGES):
        page = await _page(client, topic, where, patience)
        for message in page.get("messages") or []:
            if _at(message) > since:
                yield message
        where["cursor"] = (page.get("response_metadata") or {}).get("next_cursor")
        if not where["cursor"]:
            return


async def _page(client: AsyncWebClient, topic: str, where: dict[str, Any], patience: float) -> Any:
    async def read() -> Any:
        if topic:
            return await call(client.conversations_replies(ts=topic, **where))
        return await call(client.conversations_history(**where))

    return await retry(read, Backoff(tries=PAGE_TRIES, seconds=patience), "history")


def _at(message: dict[str, Any]) -> float:
    try:
        return float(message["ts"])
    except (KeyError, TypeError, ValueError):
        return 0.0


UNREADABLE: Final = {
    "not_in_channel": "the assistant is not in this channel; somebody there can /invite it",
    "channel_not_found": "the assistant is not in this channel; somebody there can /invite it",
    "missing_scope": "the Slack app lacks the scope channels:history, groups:history or mpim:history; an "
    "admin can add it and install the app again",
}


async def newest(
    client: AsyncWebClient, channel: str, since: float, until: str, most: int
) -> list[dict[str, Any]]:
    """The newest `most` messages of a channel since then and before `until`, oldest first; no replies.

    Raises Unreachable that says why not, Retryable when it may be later.
    """
    oldest = f"{since:.6f}"
    try:
        page = await call(
            client.conversations_history(channel=channel, oldest=oldest, latest=until, limit=most)
        )
    except (Unreachable, Refused, Gone) as error:
        raise Unreachable(UNREADABLE.get(str(error), f"Slack refuses it ({error})")) from error
    found = [message for message in page.get("messages") or () if isinstance(message, dict)]
    return sorted((message for message in found if since < _at(message) < _at({"ts": until})), key=_at)
