"""All that exists: people, guilds, channels, messages; every change is told to who listens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from standins.discord.attachment import Attachment, Upload
from standins.discord.cdn import Cdn
from standins.discord.change import Changes
from standins.discord.channel import Channel
from standins.discord.draft import Draft, Reference
from standins.discord.error import (
    BY_CODE,
    EMPTY_MESSAGE,
    JSON,
    MISSING_ACCESS,
    OLD_EDITS,
    UNKNOWN_CHANNEL,
    UNKNOWN_GUILD,
    ApiError,
    invalid,
)
from standins.discord.form import Wanted
from standins.discord.guild import Guild
from standins.discord.mention import Mentions
from standins.discord.message import REPLY, SILENT, SUPPRESS_EMBEDS, Message
from standins.discord.nonce import Nonces
from standins.discord.rules import Rules
from standins.discord.snowflake import Snowflakes, checked, moment
from standins.discord.user import User

GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES = 1 << 0, 1 << 9, 1 << 12


@dataclass(frozen=True, slots=True)
class Event:
    """A gateway event; sessions without `intent` (0: none needed) are not told. `guild` "" is a DM.

    `full` is what sessions with the message content intent are told instead, where that differs.
    """

    name: str
    data: JSON
    intent: int
    guild: str
    full: JSON | None = None


class World:
    """The state behind REST and gateway. `listen` is called with each event, in order."""

    def __init__(self, rules: Rules, bot: User, listen: Callable[[Event], None]) -> None:
        self.rules = rules
        self.bot = bot
        self.ids = Snowflakes()
        self.changes = Changes()
        self.nonces = Nonces(rules.nonce_window)
        self.users: dict[str, User] = {bot.id: bot}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.dms: dict[str, Channel] = {}
        self.cdn = Cdn(rules.attachment_lifetime)
        self._listen = listen

    def user(self, user_id: str) -> User:
        """The account; a person is made on first use."""
        if user_id not in self.users:
            self.users[user_id] = User(checked(user_id), f"person-{user_id[-4:]}")
        return self.users[user_id]

    def guild(self, guild_id: str) -> Guild:
        try:
            return self.guilds[guild_id]
        except KeyError:
            raise ApiError(*UNKNOWN_GUILD) from None

    def channel(self, channel_id: str, *, reading: bool = False) -> Channel:
        """The channel for the bot; 10003 when there is none, 403 when the bot may not."""
        try:
            channel = self.channels[channel_id]
        except KeyError:
            raise ApiError(*UNKNOWN_CHANNEL) from None
        if channel.refusal and (not reading or channel.refusal == MISSING_ACCESS[1]):
            raise ApiError(*BY_CODE[channel.refusal])
        return channel

    def dm(self, user_id: str) -> Channel:
        """The DM channel of a person, made on first use."""
        if user_id not in self.dms:
            self.open_dm(self.ids.next(), user_id)
        return self.dms[user_id]

    def open_dm(self, channel_id: str, user_id: str) -> Channel:
        channel = Channel(checked(channel_id), "", person=self.user(user_id))
        self.channels[channel_id] = self.dms[user_id] = channel
        return channel

    def add_guild(self, guild_id: str, name: str) -> Guild:
        owner = self.user(self.ids.next()).id
        guild = Guild(checked(guild_id), name, self.bot, owner, self.ids.next())
        self.guilds[guild_id] = guild
        self.tell("GUILD_CREATE", guild.arrival(), GUILDS, guild_id)
        return guild

    def add_channel(self, channel: Channel) -> Channel:
        assert channel.guild is not None
        self.channels[checked(channel.id)] = channel.guild.channels[channel.id] = channel
        if channel.parent is None:
            self.tell("CHANNEL_CREATE", channel.payload(), GUILDS, channel.guild.id)
        else:
            new = {**channel.payload(), "newly_created": True}
            self.tell("THREAD_CREATE", new, GUILDS, channel.guild.id)
        return channel

    def archive(self, thread: Channel, archived: bool) -> None:
        """Close a thread, or open it again; nothing to tell where that is as it was."""
        if thread.archived != archived and thread.guild is not None:
            thread.archived = archived
            self.tell("THREAD_UPDATE", thread.payload(), GUILDS, thread.guild.id)

    def tell(self, name: str, data: JSON, intent: int, guild: str, full: JSON | None = None) -> None:
        self._listen(Event(name, data, intent, guild, full))
        self.changes.touch(data.get("channel_id"))

    def replay(self, name: str, data: Any) -> None:
        """A recorded event as it is, however malformed: for all who listen to messages of its place."""
        about = data if isinstance(data, dict) else {}
        guild = about.get("guild_id")
        intent, home = _audience(self.guilds.get(guild) if isinstance(guild, str) else None)
        self._listen(Event(name, data, intent if name.startswith("MESSAGE_") else 0, home))
        self.changes.touch()

    def tell_of(self, name: str, message: Message) -> None:
        """A message event, in the shape the gateway gives it."""
        guild = message.channel.guild
        nonce = {} if name != "MESSAGE_CREATE" or message.nonce is None else {"nonce": message.nonce}
        data = message.event(replace(self.bot, reads_all=False)) | nonce
        full = message.event(self.bot) | nonce if self.bot.reads_all else None
        self.tell(name, data, *_audience(guild), full)

    def create(self, message: Message) -> Message:
        """Put a finished message into its channel and tell of it."""
        message.channel.add(message, own=message.author is self.bot)
        self.tell_of("MESSAGE_CREATE", message)
        return message

    def delete(self, message: Message) -> None:
        channel = message.channel
        channel.remove(message)
        message.deleted = True
        data: JSON = {"id": message.id, "channel_id": channel.id}
        if channel.guild is not None:
            data["guild_id"] = channel.guild.id
        self.tell("MESSAGE_DELETE", data, *_audience(channel.guild))

    def compose(self, channel: Channel, draft: Draft) -> Message:
        """A new message of the bot from a checked draft, not yet in the channel."""
        message = Message(self.ids.next(), channel, self.bot, draft.content or "", nonce=draft.nonce)
        message.flags = (draft.flags or 0) & (SUPPRESS_EMBEDS | SILENT)
        quoted = None if draft.reference is None else self._quoted(channel, draft.reference)
        if quoted is not None:
            message.kind, message.reference = REPLY, quoted.id
            message.reply_ping = draft.allowed is None or draft.allowed.get("replied_user") is True
        self._fill(message, draft, self._attached(message, draft.attachments))
        if quoted is not None and message.reply_ping and quoted.author not in message.mentions:
            message.mentions = (*message.mentions, quoted.author)
        return message

    def rewrite(self, message: Message, draft: Draft) -> Message:
        """An edit by the bot; the message is told of unless it is not in its channel (ephemeral)."""
        self._check_age(message)
        content = message.content if draft.content is None else draft.content
        files = self._attached(message, draft.attachments)
        parts = [
            new if new is not None else old
            for new, old in ((draft.embeds, message.embeds), (draft.components, message.components))
        ]
        if not (content or files or any(parts)):
            raise ApiError(*EMPTY_MESSAGE)
        message.content, message.edited_at = content, time.time()
        if draft.flags is not None:
            message.flags = message.flags & ~SUPPRESS_EMBEDS | draft.flags & SUPPRESS_EMBEDS
        self._fill(message, replace(draft, content=content), files)
        if message.id in message.channel.messages:
            self.tell_of("MESSAGE_UPDATE", message)
        return message

    def known(self, user_ids: Iterable[str]) -> tuple[User, ...]:
        return tuple(self.users[u] for u in user_ids if u in self.users)

    def _fill(self, message: Message, draft: Draft, files: list[Attachment]) -> None:
        found = Mentions.in_text(message.content).allowed(draft.allowed)
        message.mentions, message.mention_roles = self.known(found.users), found.roles
        message.mention_everyone = found.everyone and message.channel.guild is not None
        for name in ("components", "embeds"):
            if (value := getattr(draft, name)) is not None:
                setattr(message, name, value)
        message.attachments = files
        message.record(draft.allowed)

    def keep(self, channel: Channel, upload: Upload) -> Attachment:
        """Store a file that was uploaded into a channel."""
        return self.cdn.keep(self.ids.next(), channel.id, upload)

    def _attached(self, message: Message, wanted: Wanted | None) -> list[Attachment]:
        """The attachments after a write. 50035 when one is to stay that is not there."""
        there = {attachment.id: attachment for attachment in message.attachments}
        if wanted is None:
            return message.attachments
        if unknown := wanted.ids() - set(there):
            text = f"Attachment {min(unknown)} was not found."
            raise invalid("attachments", "ATTACHMENT_NOT_FOUND", text)
        old = [] if wanted.listed else message.attachments
        new = [
            self.keep(message.channel, one.upload)
            if one.upload is not None
            else there[one.id].described(one.description)
            for one in wanted.kept
        ]
        return [*old, *new]

    def _quoted(self, channel: Channel, reference: Reference) -> Message | None:
        quoted = channel.messages.get(reference.message)
        if reference.channel not in (None, channel.id):
            quoted = None
        if quoted is None and reference.strict:
            raise invalid("message_reference", "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
        return quoted

    def _check_age(self, message: Message) -> None:
        if time.time() - moment(message.id) > self.rules.old_message_age:
            if message.late_edits >= self.rules.old_message_edits:
                raise ApiError(*OLD_EDITS)
            message.late_edits += 1


def _audience(guild: Guild | None) -> tuple[int, str]:
    return (DIRECT_MESSAGES, "") if guild is None else (GUILD_MESSAGES, guild.id)
