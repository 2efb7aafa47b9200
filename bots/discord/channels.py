"""Which channels of servers are threads, and of which channel.

The gateway tells it with each server and each new thread. After a cold resume it tells nothing: then Discord
is asked, once for each channel.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from bots.discord.api import DiscordApi
from bots.replies.posts import Gone
from core.errors import SpoolError, Unreachable

logger = logging.getLogger(__name__)
_THREADS = (10, 11, 12)


def thread_parent(channel: Mapping[str, Any]) -> str:
    """The channel a thread belongs to, "" for what is no thread."""
    return str(channel.get("parent_id") or "") if channel.get("type") in _THREADS else ""


class Channels:
    """What is known of the channels of all servers."""

    def __init__(self, api: DiscordApi) -> None:
        self._api = api
        self._parents: dict[str, str] = {}  # "" for what is no thread

    def parent(self, channel: str) -> str | None:
        """The channel a thread belongs to, "" for what is no thread, None when that is not known."""
        return self._parents.get(channel)

    def note(self, channels: Iterable[object]) -> None:
        """Channels or threads as the gateway describes them."""
        for one in channels:
            if isinstance(one, Mapping) and one.get("id"):
                self._parents[str(one["id"])] = thread_parent(one)

    async def learn(self, channel: str) -> str:
        """`parent` of any channel; "" where Discord does not tell, which is asked again if it was away."""
        if channel not in self._parents:
            try:
                self.note([await self._api.call("GET", "/channels/{channel_id}", channel_id=channel)])
            except (Unreachable, Gone):
                self._parents[channel] = ""
            except SpoolError as error:
                logger.info("channel cannot be looked up", extra={"error": str(error)})
        return self._parents.get(channel, "")
