"""A server (Discord calls it a guild), with the two roles the bot sees there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from standins.discord.error import JSON
from standins.discord.snowflake import iso, moment
from standins.discord.user import User

if TYPE_CHECKING:
    from standins.discord.channel import Channel

PERMISSIONS = str(1 << 10 | 1 << 11 | 1 << 16 | 1 << 38)
"""View, send, read history and send in threads."""


@dataclass(slots=True)
class Guild:
    """A guild the bot is a member of. `managed_role` is the bot's own role, which people can mention."""

    id: str
    name: str
    bot: User
    owner: str
    managed_role: str
    channels: dict[str, Channel] = field(default_factory=dict)

    def roles(self) -> list[JSON]:
        own = _role(self.managed_role, self.bot.name, 1)
        return [_role(self.id, "@everyone", 0), {**own, "managed": True, "tags": {"bot_id": self.bot.id}}]

    def member(self, user: User) -> JSON:
        """The membership without its `user`, as messages carry it."""
        return {
            "roles": [self.managed_role] if user.id == self.bot.id else [],
            "joined_at": iso(moment(self.managed_role)),
            "nick": None,
            "avatar": None,
            "deaf": False,
            "mute": False,
            "flags": 0,
            "pending": False,
        }

    def payload(self) -> JSON:
        """What REST tells."""
        return {
            "id": self.id,
            "name": self.name,
            "owner_id": self.owner,
            "icon": None,
            "splash": None,
            "discovery_splash": None,
            "banner": None,
            "description": None,
            "region": "deprecated",
            "afk_channel_id": None,
            "afk_timeout": 300,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "public_updates_channel_id": None,
            "application_id": None,
            "vanity_url_code": None,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "preferred_locale": "en-US",
            "features": [],
            "emojis": [],
            "stickers": [],
            "roles": self.roles(),
            "incidents_data": None,
        }

    def arrival(self) -> JSON:
        """GUILD_CREATE: the guild with everything in it that the bot may see."""
        own = {**self.member(self.bot), "user": self.bot.payload()}
        channels = [c for c in self.channels.values() if c.parent is None]
        return {
            **self.payload(),
            "joined_at": own["joined_at"],
            "large": False,
            "unavailable": False,
            "member_count": 2,
            "members": [own],
            "channels": [c.payload() for c in channels],
            "threads": [c.payload() for c in self.channels.values() if c.parent is not None],
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }


def _role(role_id: str, name: str, position: int) -> JSON:
    return {
        "id": role_id,
        "name": name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": position,
        "permissions": PERMISSIONS,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }
