"""The person at the terminal, as a user of the local Slack and as a user of the local Discord."""

from __future__ import annotations

import re
from typing import Final, Protocol

from bots import older_demo
from bots.demo import town
from bots.demo.terminal.seen import Seen, SeenFile
from standins.discord import DiscordStandin
from standins.discord import Post as DiscordPost
from standins.slack import SlackStandin
from standins.slack.message import Post as SlackPost

SLACK_USER, DISCORD_USER = older_demo.PEOPLE
SLACK_CHANNEL, DISCORD_CHANNEL = town.SLACK_CHANNEL, town.PEOPLE[0].discord_talk
MOMENT = 0.3
"""Seconds after which somebody who waits for news looks at the rest of the world."""
_DOING: Final = re.compile(r"-# \S+ (?P<titles>[^\n]*)\n?")
"""Discord's small print, and a sign in it."""


class Person(Protocol):
    """What a person can do in one chat, and what they see there."""

    name: str

    async def say(self, text: str, file: tuple[str, bytes] | None = None) -> None:
        """Write, with or without a file (its name and its bytes)."""
        ...

    async def command(self, name: str, argument: str = "") -> str:
        """Give a slash command; what the person is told."""
        ...

    async def press(self, post: Seen, button: str) -> None: ...

    def seen(self) -> list[Seen]:
        """The bot's posts, oldest first."""
        ...

    def settled(self) -> bool:
        """Whether the network has shown everything the bot gave it."""
        ...

    async def changed(self, known: list[Seen]) -> None:
        """Returns when something else is seen; raises TimeoutError after a MOMENT."""
        ...


class SlackPerson:
    """Mentions the bot in #general."""

    name = "slack"

    def __init__(self, slack: SlackStandin) -> None:
        self._slack = slack

    async def say(self, text: str, file: tuple[str, bytes] | None = None) -> None:
        """A mention, as everything in a channel must be."""
        await self._slack.mention(SLACK_USER, SLACK_CHANNEL, text, files=[file] if file else None)

    async def command(self, name: str, argument: str = "") -> str:
        """See `Person.command`."""
        reply = await self._slack.slash(SLACK_USER, SLACK_CHANNEL, f"/{name}", argument)
        return " ".join(reply.texts) or f"(no reply: {reply.error})"

    async def press(self, post: Seen, button: str) -> None:
        """See `Person.press`."""
        await self._slack.press(SLACK_USER, SLACK_CHANNEL, post.id, button)

    def seen(self) -> list[Seen]:
        """See `Person.seen`."""
        return [_on_slack(post) for post in self._slack.posts(SLACK_CHANNEL)]

    def settled(self) -> bool:
        """Slack shows an uploaded file a moment after it has accepted it."""
        return all(file.shares for file in self._slack.files.values() if file.app and not file.deleted)

    async def changed(self, known: list[Seen]) -> None:
        """See `Person.changed`."""
        await self._slack.until(lambda: self.seen() != known, timeout=MOMENT)


class DiscordPerson:
    """Writes direct messages."""

    name = "discord"

    def __init__(self, discord: DiscordStandin) -> None:
        self._discord = discord

    async def say(self, text: str, file: tuple[str, bytes] | None = None) -> None:
        """A direct message."""
        await self._discord.say(DISCORD_USER, DISCORD_CHANNEL, text, attachments=[file] if file else None)

    async def command(self, name: str, argument: str = "") -> str:
        """See `Person.command`."""
        options = {"name": argument} if argument else None
        reply = await self._discord.slash(DISCORD_USER, DISCORD_CHANNEL, name, options=options)
        return reply.text or "(no reply)"

    async def press(self, post: Seen, button: str) -> None:
        """See `Person.press`."""
        await self._discord.press(DISCORD_USER, DISCORD_CHANNEL, post.id, button)

    def seen(self) -> list[Seen]:
        """See `Person.seen`."""
        return [_on_discord(post) for post in self._discord.posts(DISCORD_CHANNEL)]

    def settled(self) -> bool:
        """Discord shows at once what it accepts."""
        return True

    async def changed(self, known: list[Seen]) -> None:
        """See `Person.changed`."""
        await self._discord.until(lambda: self.seen() != known, timeout=MOMENT)


def _on_slack(post: SlackPost) -> Seen:
    """What is being done stands in cards above the text."""
    rows = (block["elements"] for block in post.blocks if block["type"] == "actions")
    return Seen(
        id=post.ts,
        topic=post.thread_ts or post.ts,
        text=post.text,
        doing=tuple(str(task["title"]) for task in post.tasks if task["status"] == "in_progress"),
        files=tuple(SeenFile(file.id, file.name, file.type, file.content) for file in post.files),
        buttons=tuple(str(button["action_id"]) for row in rows for button in row),
    )


def _on_discord(post: DiscordPost) -> Seen:
    """What is being done, or was just done, stands in a small line above the text."""
    line, above, text = "", _DOING.match(post.content), post.content
    if above:
        line, text = above["titles"], post.content[above.end() :]
    return Seen(
        id=post.id,
        topic=post.channel,
        text=text,
        doing=tuple(line.split(" · ")) if line else (),
        files=tuple(
            SeenFile(file.id, file.filename, file.content_type, file.content) for file in post.attachments
        ),
        buttons=tuple(str(button["custom_id"]) for row in post.components for button in row["components"]),
    )
