"""Which of Slack's messages are for us though they do not name us.

The strict rule: only the person we answered in that topic last, while nobody else wrote there or was called.
What was written is known of the events since this process listens; before that Slack is asked, once a topic.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from bots.intake.following import Following
from bots.intake.said import Said
from bots.slack.reading import events
from bots.slack.reading.events import Us
from bots.slack.reading.history import pages
from bots.slack.reading.rich_text import calls_others
from core.errors import SpoolError
from core.inbox import Inbox

logger = logging.getLogger(__name__)
PATIENCE: Final = 2.0
"""Seconds that Slack is given to tell what was written; what is not known then is not followed."""
SOMEBODY: Final = "somebody who was called"
MOST_TOPICS: Final = 10_000


class Heard:
    """Notes every message event. Only a channel whose messages reach us can be said to be quiet."""

    def __init__(self) -> None:
        self._since = time.time()
        self._channels: set[str] = set()
        self._topics: dict[tuple[str, str], dict[str, float]] = {}
        self._read: dict[tuple[str, str], float] = {}

    def interrupted(self) -> None:
        """The connection was lost: what was said meanwhile is not known."""
        self._since, self._topics, self._read = time.time(), {}, {}

    def read(self, channel: str, topic: str, since: float) -> None:
        """What was said in that topic between then and now was read, and noted."""
        self._read[channel, topic] = since

    def note(self, event: Mapping[str, Any]) -> None:
        """A message, whoever wrote it; events that are none are ignored."""
        channel, ts, user = event.get("channel"), event.get("ts"), event.get("user") or event.get("bot_id")
        if not (isinstance(channel, str) and isinstance(ts, str) and isinstance(user, str)):
            return
        if event.get("type") == "message":
            self._channels.add(channel)
        if len(self._topics) > MOST_TOPICS:
            self.interrupted()
        topic = (channel, str(event.get("thread_ts") or ts))
        try:
            noted = self._topics.setdefault(topic, {})
            noted[user] = max(float(ts), noted.get(user, 0.0))
        except ValueError:
            return

    def quiet(self, channel: str, topic: str, user: str, since: float) -> bool:
        """True when surely nobody but this person has written there since then."""
        known_from = min(self._since, self._read.get((channel, topic), self._since))
        known = channel in self._channels and since >= known_from
        return known and not self.disturbed(channel, topic, user, since)

    def disturbed(self, channel: str, topic: str, user: str, since: float) -> bool:
        """True when somebody else is known to have written there since then."""
        others = (at for who, at in self._topics.get((channel, topic), {}).items() if who != user)
        return max(others, default=0.0) > since


class Follower:
    """Of one workspace."""

    def __init__(
        self, client: AsyncWebClient, inbox: Inbox, heard: Heard, us: Us, following: Following
    ) -> None:
        self._client, self._inbox, self.heard, self._us = client, inbox, heard, us
        self._following = following

    async def ours(self, said: Said | None, event: Mapping[str, Any]) -> Said | None:
        """The message if it is for us: because it names us, or all the same."""
        if not said or said.by != "person" or said.changed or said.to == "us":
            return said if said and said.concerns_us else None
        if said.address.channel in self._following.channels:
            return said.taken()
        if said.to != "perhaps" or self._following.threads is False:
            return None
        if self._following.threads:
            return said if await self._inbox.spoke_before(said.address, said.user) else None
        return await self._strictly(said, event)

    async def _strictly(self, said: Said, event: Mapping[str, Any]) -> Said | None:
        if calls_others(event, self._us.user):
            self.heard.note({**event, "user": SOMEBODY})
            return None
        last = await self._inbox.asked_last(said.address, said.sent_at)
        if last is None or last[0] != said.user or not await self._alone(said, last[1]):
            return None
        return said.taken(followed=True)

    async def _alone(self, said: Said, since: float) -> bool:
        """Whether surely nobody but this person has written or was called there since then."""
        where = (said.address.channel, said.address.topic)
        if self.heard.quiet(*where, said.user, since):
            return True
        if self.heard.disturbed(*where, said.user, since):
            return False
        try:
            async with asyncio.timeout(PATIENCE):
                reading = pages(self._client, *where, since, said.id, patience=0.0)
                found = [one async for one in reading]
        except (TimeoutError, SpoolError) as error:
            logger.info(
                "a follow-up is left alone, its thread cannot be read",
                extra={"channel": where[0], "error": type(error).__name__},
            )
            return False
        for one in found:
            self._note({**one, "channel": where[0]})
        self.heard.read(*where, since)
        return not self.heard.disturbed(*where, said.user, since)

    def _note(self, message: Mapping[str, Any]) -> None:
        """A message of a history; our own disturb nobody."""
        told = events.read(message, self._us)
        if told and told.by != "us":
            called = calls_others(message, self._us.user)
            self.heard.note({**message, "user": SOMEBODY} if called else message)
