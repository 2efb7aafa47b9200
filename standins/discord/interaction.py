"""A use of a command or a button: what the bot is told of it, and what the person has seen."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field

from standins.discord.channel import DM, Channel
from standins.discord.error import JSON
from standins.discord.guild import PERMISSIONS, User
from standins.discord.message import EPHEMERAL, Message

SLASH, PRESS, COMPLETE, SUBMIT = 2, 3, 4, 5
SAY, SAY_LATER, UPDATE_LATER, UPDATE, SUGGEST = 4, 5, 6, 7, 8


@dataclass(frozen=True, slots=True)
class Reply:
    """What the person saw. `acked_after` is in seconds, None when `failed` (nothing came in time)."""

    acked_after: float | None
    text: str
    ephemeral: bool
    failed: bool
    kind: int
    """The callback type (4 message, 5 thinking, 6 nothing, 7 the message changed), 0 when failed."""
    components: list[JSON]


@dataclass(slots=True, eq=False)
class Interaction:
    """`kind` is how a person used something, `callback` how the bot answered first. `source` is the message
    with the button, `original` what the callback made or changed. Times are monotonic.
    """

    id: str
    kind: int
    user: User
    channel: Channel
    source: Message | None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    original: Message | None = None
    followups: dict[str, Message] = field(default_factory=dict)
    acked: asyncio.Event = field(default_factory=asyncio.Event)
    shown: asyncio.Event = field(default_factory=asyncio.Event)
    acked_after: float | None = None
    callback: int = 0
    _born: float = field(default_factory=time.monotonic)

    @property
    def age(self) -> float:
        return time.monotonic() - self._born

    def owners(self) -> JSON:
        """Whose installation let it happen: the person's, the guild's, or in a DM the bot's own ("0")."""
        if self.channel.others:
            return {"1": self.user.id}
        return {"0": "0" if self.channel.guild is None else self.channel.guild.id}

    def payload(self, application_id: str, locale: str, data: JSON, viewer: User) -> JSON:
        """INTERACTION_CREATE."""
        guild, channel = self.channel.guild, self.channel.payload()
        event: JSON = {
            "id": self.id,
            "application_id": application_id,
            "type": self.kind,
            "token": self.token,
            "version": 1,
            "channel_id": self.channel.id,
            "channel": {**channel, "permissions": PERMISSIONS} if self.channel.kind != DM else channel,
            "data": data,
            "locale": locale,
            "app_permissions": self.channel.permissions,
            "entitlements": [],
            "attachment_size_limit": 10 * 1024 * 1024,
            "authorizing_integration_owners": self.owners(),
            "context": self.channel.context,
        }
        if self.source is not None:
            event["message"] = self.source.payload(viewer)
        if guild is None:
            return {**event, "user": self.user.payload()}
        member = {**guild.member(self.user), "user": self.user.payload(), "permissions": PERMISSIONS}
        about = {"id": guild.id, "locale": "en-US", "features": []}
        return {**event, "guild_id": guild.id, "guild": about, "guild_locale": "en-US", "member": member}

    def reply(self) -> Reply:
        """What has been seen until now."""
        said = self.original if self.callback in (SAY, SAY_LATER, UPDATE) else None
        return Reply(
            acked_after=self.acked_after,
            text="" if said is None else said.content,
            ephemeral=said is not None and bool(said.flags & EPHEMERAL),
            failed=not self.acked.is_set(),
            kind=self.callback,
            components=[] if said is None else said.components,
        )
