"""Ids, accounts, and the servers they are in (guilds, says Discord) with the roles the bot sees there."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from standins.discord.error import JSON

_EPOCH_MS = 1_420_070_400_000
_LOW_BITS = 22


class Snowflakes:
    """Gives out ids from the real clock, each greater than the one before."""

    def __init__(self) -> None:
        self._last, self._aged = 0, 0

    def next(self, age: float = 0.0) -> str:
        """An id of now, or of `age` seconds ago (those are unique, but not ordered among the rest)."""
        stamp = (int((time.time() - age) * 1000) - _EPOCH_MS) << _LOW_BITS
        if age:
            self._aged += 1
            return str(stamp + self._aged)
        self._last = max(stamp, self._last + 1)
        return str(self._last)


def checked(value: str) -> str:
    """The id itself; ValueError when it is not one (names must never serve as ids)."""
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 1 << 64):
        raise ValueError(f"not a snowflake: {value!r} (ids are decimal strings)")
    return value


def moment(snowflake: str) -> float:
    return ((int(snowflake) >> _LOW_BITS) + _EPOCH_MS) / 1000


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


PERMISSIONS = str(1 << 10 | 1 << 11 | 1 << 15 | 1 << 16 | 1 << 38)  # view, send, files, history, threads

_NOTHING = (
    *("icon", "splash", "discovery_splash", "banner", "description", "afk_channel_id", "system_channel_id"),
    *("rules_channel_id", "public_updates_channel_id", "application_id", "vanity_url_code", "incidents_data"),
)
_ZERO = (
    *("system_channel_flags", "verification_level", "default_message_notifications", "mfa_level"),
    *("explicit_content_filter", "nsfw_level", "premium_tier", "premium_subscription_count"),
)
_NONE_THERE = ("voice_states", "presences", "stage_instances", "guild_scheduled_events", "soundboard_sounds")


@dataclass(frozen=True, slots=True)
class User:
    """A person or a bot. `locale` is what interactions of that person carry unless told otherwise.
    `reads_all`: a bot that is shown the text of messages which do not concern it.
    """

    id: str
    name: str
    bot: bool = False
    locale: str = "en-US"
    reads_all: bool = False

    def payload(self) -> JSON:
        """As other accounts see it."""
        user: JSON = {
            **{"id": self.id, "username": self.name, "discriminator": "4242" if self.bot else "0"},
            **{"global_name": None if self.bot else self.name, "avatar": None, "public_flags": 0},
        }
        return {**user, "bot": True} if self.bot else user

    def own(self) -> JSON:
        """As it sees itself."""
        return {**self.payload(), "verified": True, "mfa_enabled": False, "flags": 0}


@dataclass(frozen=True, slots=True)
class Guild:
    """A guild the bot is a member of. `managed_role` is the bot's own role, which people can mention.
    `people`: its members, as far as anybody has seen them there.
    """

    id: str
    name: str
    bot: User
    owner: str
    managed_role: str
    people: set[str] = field(default_factory=set, compare=False)

    def roles(self) -> list[JSON]:
        own = _role(self.managed_role, self.bot.name, 1)
        return [_role(self.id, "@everyone", 0), {**own, "managed": True, "tags": {"bot_id": self.bot.id}}]

    def member(self, user: User) -> JSON:
        """The membership without its `user`, as messages carry it."""
        return {
            "roles": [self.managed_role] if user.id == self.bot.id else [],
            **{"joined_at": iso(moment(self.managed_role)), "nick": None, "avatar": None, "deaf": False},
            **{"mute": False, "flags": 0, "pending": False},
        }

    def payload(self) -> JSON:
        """What REST tells."""
        return {
            **{"id": self.id, "name": self.name, "owner_id": self.owner, "region": "deprecated"},
            **{"afk_timeout": 300, "preferred_locale": "en-US", "roles": self.roles()},
            **dict.fromkeys(_NOTHING),
            **dict.fromkeys(_ZERO, 0),
            **{name: [] for name in ("features", "emojis", "stickers")},
        }

    def arrival(self, channels: list[JSON], threads: list[JSON]) -> JSON:
        """GUILD_CREATE: the guild with everything in it that the bot may see."""
        own = {**self.member(self.bot), "user": self.bot.payload()}
        return {
            **self.payload(),
            **{"joined_at": own["joined_at"], "large": False, "unavailable": False, "member_count": 2},
            **{"members": [own], "channels": channels, "threads": threads},
            **{name: [] for name in _NONE_THERE},
        }


def _role(role_id: str, name: str, position: int) -> JSON:
    return {
        **{"id": role_id, "name": name, "color": 0},
        **{"colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None}, "hoist": False},
        **{"icon": None, "unicode_emoji": None, "position": position, "permissions": PERMISSIONS},
        **{"managed": False, "mentionable": False, "flags": 0},
    }
