"""A message as the stand-in stores it, as the bot is shown it, and as a test reads it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any

from standins.discord.attachment import Attachment
from standins.discord.channel import Channel
from standins.discord.error import JSON
from standins.discord.mention import Mentions
from standins.discord.snowflake import iso, moment
from standins.discord.user import User

DEFAULT, REPLY, COMMAND = 0, 19, 20
SUPPRESS_EMBEDS, EPHEMERAL, LOADING, SILENT, VOICE = 1 << 2, 1 << 6, 1 << 7, 1 << 12, 1 << 13
_LINK = re.compile(r"(?<!<)https?://\S")


@dataclass(slots=True)
class Message:
    """One message. `mentions` are the people it really mentions, after `allowed_mentions`."""

    id: str
    channel: Channel
    author: User
    content: str
    kind: int = DEFAULT
    mentions: tuple[User, ...] = ()
    mention_roles: tuple[str, ...] = ()
    mention_everyone: bool = False
    reference: str | None = None
    nonce: str | int | None = None
    components: list[JSON] = field(default_factory=list)
    embeds: list[JSON] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    stickers: list[JSON] = field(default_factory=list)
    flags: int = 0
    edited_at: float | None = None
    deleted: bool = False
    interaction: JSON | None = None
    """Who asked for it by a command or a button, where somebody did."""
    application_id: str = ""
    allowed_mentions: JSON | None = None
    pinged: set[str] = field(default_factory=set)
    reply_ping: bool = False
    previewed: bool = False
    late_edits: int = 0
    versions: list[tuple[float, str]] = field(default_factory=list)

    def record(self, allowed: JSON | None) -> None:
        """Remember the text as it stands now, and what it would have done to people."""
        self.versions.append((time.monotonic(), self.content))
        self.allowed_mentions = allowed
        self.pinged |= Mentions.in_text(self.content).allowed(allowed).labels()
        if not self.flags & SUPPRESS_EMBEDS and _LINK.search(self.content):
            self.previewed = True

    def payload(self, viewer: User, *, nested: bool = True) -> JSON:
        """What REST tells `viewer`, a bot with or without the message content intent."""
        shown = self._shown_to(viewer)
        message: JSON = {
            "id": self.id,
            "channel_id": self.channel.id,
            "type": self.kind,
            "author": self.author.payload(),
            "content": self.content if shown else "",
            "timestamp": iso(moment(self.id)),
            "edited_timestamp": None if self.edited_at is None else iso(self.edited_at),
            "tts": False,
            "mention_everyone": self.mention_everyone,
            "mentions": [user.payload() for user in self.mentions],
            "mention_roles": list(self.mention_roles),
            "attachments": [a.payload() for a in self.attachments] if shown else [],
            "embeds": self.embeds if shown else [],
            "components": self.components if shown else [],
            "pinned": False,
            "flags": self.flags,
        }
        return message | self._sometimes(viewer, nested)

    def event(self, viewer: User) -> JSON:
        """What the gateway tells: REST's object plus the guild and the memberships.

        Ephemeral messages come without them, in guilds too.
        """
        message = self.payload(viewer)
        guild = self.channel.guild
        if guild is None or self.flags & EPHEMERAL:
            return message
        message["guild_id"] = guild.id
        message["member"] = guild.member(self.author)
        message["mentions"] = [{**u.payload(), "member": guild.member(u)} for u in self.mentions]
        return message

    def _shown_to(self, viewer: User) -> bool:
        own = self.author.id == viewer.id
        concerned = own or self.channel.guild is None or any(u.id == viewer.id for u in self.mentions)
        return concerned or viewer.reads_all

    def _sometimes(self, viewer: User, nested: bool) -> JSON:
        extra: JSON = {}
        if self.stickers:
            extra["sticker_items"] = self.stickers
        if self.interaction is not None:
            extra["interaction_metadata"] = self.interaction
            extra["application_id"] = extra["webhook_id"] = self.application_id
        if self.reference is not None:
            extra |= self._reply(viewer, nested)
        return extra

    def _reply(self, viewer: User, nested: bool) -> JSON:
        channel = self.channel
        reference: JSON = {"type": 0, "channel_id": channel.id, "message_id": self.reference}
        if channel.guild is not None:
            reference["guild_id"] = channel.guild.id
        if not nested:
            return {"message_reference": reference}
        quoted = channel.messages.get(self.reference or "")
        shown = None if quoted is None else quoted.payload(viewer, nested=False)
        return {"message_reference": reference, "referenced_message": shown}


@dataclass(frozen=True, slots=True)
class Post:
    """A message as people see it in the channel, for a test to judge."""

    id: str
    channel: str
    author: str
    content: str
    reference: str | None
    """The message it answers, or None."""
    nonce: str | int | None
    components: list[JSON]
    flags: int
    allowed_mentions: JSON | None
    """As the last write had it; None when that write had none."""
    pinged: frozenset[str]
    """Whom any of its texts could have pinged: `user:ID`, `role:ID`, `everyone`."""
    reply_ping: bool
    """True when answering pinged the author of the message answered."""
    embeds_suppressed: bool
    previewed: bool
    """True when a link of it was once open to be previewed."""
    interaction: bool
    """True when it answers a command or a button rather than being a plain message."""
    versions: list[tuple[float, str]]
    """Every text it had, with the time (monotonic) it was written."""
    embeds: list[JSON]
    attachments: list[Attachment]
    """With `filename`, `content` (its bytes), `content_type` and a `url` that works for a while."""
    edited: bool

    @staticmethod
    def of(message: Message) -> Post:
        same: dict[str, Any] = {name: getattr(message, name) for name in _SAME}
        return Post(
            **same,
            channel=message.channel.id,
            author=message.author.id,
            pinged=frozenset(message.pinged),
            embeds_suppressed=bool(message.flags & SUPPRESS_EMBEDS),
            interaction=message.interaction is not None,
            edited=message.edited_at is not None,
        )


_SAME = (
    "id",
    "content",
    "reference",
    "nonce",
    "components",
    "flags",
    "allowed_mentions",
    "reply_ping",
    "previewed",
    "versions",
    "embeds",
    "attachments",
)
