"""The person at the terminal, as a user of the local Slack and as a user of the local Discord."""

from __future__ import annotations

from typing import Protocol

from bots.standins.discord import DiscordStandin
from bots.standins.slack import SlackStandin

SLACK_USER, SLACK_CHANNEL = "U0YOU00001", "C0GENERAL1"
DISCORD_USER, DISCORD_CHANNEL = "200000000000000001", "300000000000000001"
"""Always the same ids, so that the demo's memory lasts."""


class Person(Protocol):
    """What a person can do in one chat, and what they see there."""

    name: str

    async def say(self, text: str) -> None: ...

    async def reset(self) -> str:
        """Give the /reset command; what the person is told."""
        ...

    async def stop(self) -> None: ...

    def seen(self) -> list[tuple[str, str]]:
        """The bot's posts: id and text."""
        ...

    async def changed(self, known: list[tuple[str, str]]) -> None:
        """Returns when something else is seen; raises TimeoutError after a while."""
        ...


class SlackPerson:
    """Mentions the bot in #general."""

    name = "slack"

    def __init__(self, slack: SlackStandin) -> None:
        self._slack = slack
        slack.add_channel(SLACK_CHANNEL, members=[SLACK_USER], bot_in=True)

    async def say(self, text: str) -> None:
        """A mention, as everything in a channel must be."""
        await self._slack.mention(SLACK_USER, SLACK_CHANNEL, text)

    async def reset(self) -> str:
        """See `Person.reset`."""
        reply = await self._slack.slash(SLACK_USER, SLACK_CHANNEL, "/reset")
        return " ".join(reply.texts) or f"(no reply: {reply.error})"

    async def stop(self) -> None:
        """The text command, which works everywhere."""
        await self.say("stop")

    def seen(self) -> list[tuple[str, str]]:
        """See `Person.seen`."""
        return [(post.ts, post.text) for post in self._slack.posts(SLACK_CHANNEL)]

    async def changed(self, known: list[tuple[str, str]]) -> None:
        """See `Person.changed`."""
        await self._slack.until(lambda: self.seen() != known, timeout=0.3)


class DiscordPerson:
    """Writes direct messages."""

    name = "discord"

    def __init__(self, discord: DiscordStandin) -> None:
        self._discord = discord
        discord.add_dm(DISCORD_CHANNEL, DISCORD_USER)

    async def say(self, text: str) -> None:
        """A direct message."""
        await self._discord.say(DISCORD_USER, DISCORD_CHANNEL, text)

    async def reset(self) -> str:
        """See `Person.reset`."""
        reply = await self._discord.slash(DISCORD_USER, DISCORD_CHANNEL, "reset")
        return reply.text or "(no reply)"

    async def stop(self) -> None:
        """The button under the newest answer would do the same."""
        await self.say("stop")

    def seen(self) -> list[tuple[str, str]]:
        """See `Person.seen`."""
        return [(post.id, post.content) for post in self._discord.posts(DISCORD_CHANNEL)]

    async def changed(self, known: list[tuple[str, str]]) -> None:
        """See `Person.changed`."""
        await self._discord.until(lambda: self.seen() != known, timeout=0.3)
