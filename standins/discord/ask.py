"""A REST request as the table of routes sees it: what was sent, and what its path names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from standins.discord import error
from standins.discord.attachment import File
from standins.discord.channel import Channel
from standins.discord.command import Interaction
from standins.discord.error import SNOWFLAKE, ApiError, Field
from standins.discord.guild import Guild
from standins.discord.message import Message
from standins.discord.world import World

_ID = Field(SNOWFLAKE)


@dataclass(frozen=True, slots=True)
class Ask:
    """`form` is the JSON of the body, or the query of a GET; {} when there is none. What is named and is not
    there, or not for the bot, is an ApiError.
    """

    world: World
    method: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    form: Any
    files: Mapping[int, File]

    def within(self, form: Any) -> Ask:
        """The same request, of whose form only this part counts."""
        return replace(self, form=form)

    @property
    def foreign(self) -> bool:
        return self.path["application"] != self.world.application_id

    @property
    def guild(self) -> Guild:
        if (guild := self.world.guilds.get(self.path["guild"])) is None:
            raise ApiError(error.UNKNOWN_GUILD)
        return guild

    @property
    def channel(self) -> Channel:
        """Where the bot may not write, it may still read, unless it has no access at all."""
        channel = self.world.channels.get(self.path["channel"])
        if channel is None:
            _ID.check(self.path["channel"], "channel_id")
            raise ApiError(error.UNKNOWN_CHANNEL)
        if channel.refusal and (self.method != "GET" or channel.refusal == error.MISSING_ACCESS):
            raise ApiError(channel.refusal)
        return channel

    @property
    def message(self) -> Message:
        return self.channel.find(self.path["message"])

    @property
    def others(self) -> bool:
        return self.message.author is not self.world.bot

    @property
    def interaction(self) -> Interaction:
        """By its token; a callback names its id, too."""
        found = self.world.interactions.get(self.path["token"])
        wanted = self.path.get("interaction")
        if found is None or wanted not in (None, found.id):
            raise ApiError(error.UNKNOWN_WEBHOOK if wanted is None else error.UNKNOWN_INTERACTION)
        return found

    @property
    def answered(self) -> Message:
        name, made = self.path["message"], self.interaction
        found = made.original if name == "@original" else made.followups.get(name)
        if found is None or found.deleted:
            raise ApiError(error.UNKNOWN_MESSAGE)
        return found

    @property
    def repeated(self) -> Message | None:
        """The message that was sent with the same nonce before, where that is to be enforced."""
        if self.form.get("enforce_nonce") is not True:
            return None
        return self.world.nonces.find(self.world.bot.id, self.form.get("nonce"))

    @property
    def empty(self) -> bool:
        """Whether it would be a message without anything in it."""
        form = self.form
        parts = (form.get(name) for name in ("embeds", "components", "attachments"))
        return not ((form.get("content") or "").strip() or self.files or any(parts))

    @property
    def unplayed(self) -> bool:
        """Whether it asks for what is not played here: polls, stickers, themes, forwarding, voice messages,
        the second generation of components.
        """
        form, reference = self.form, self.form.get("message_reference") or {}
        others = any(form.get(name) for name in ("poll", "sticker_ids", "shared_client_theme"))
        return bool(others or reference.get("type") or (form.get("flags") or 0) & (1 << 13 | 1 << 15))
