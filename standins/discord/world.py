"""All that exists: people, guilds, channels, messages; every change is told to who listens."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from standins.discord.attachment import Attachment, File, Upload
from standins.discord.cdn import Cdn
from standins.discord.channel import Channel
from standins.discord.command import Commands, Interaction
from standins.discord.error import EMPTY_MESSAGE, JSON, OLD_EDITS, ApiError, invalid
from standins.discord.forms import FILES, numbered
from standins.discord.guild import Guild, Snowflakes, User, checked, moment
from standins.discord.message import REPLY, SILENT, SUPPRESS_EMBEDS, Mentions, Message, Nonces
from standins.discord.request import Faults
from standins.discord.rules import Rules
from standins.local import Changes

_APPLICATION, _BOT = "1100000000000000001", "1100000000000000002"
GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES = 1 << 0, 1 << 9, 1 << 12
_NEW = {"newly_created": True}


@dataclass(frozen=True, slots=True)
class Event:
    """A gateway event; sessions without `intent` (0: none needed) are not told. `full` is
    what sessions with the message content intent are told instead, where that differs.
    """

    name: str
    data: JSON
    intent: int
    full: JSON | None = None


class World:
    """The state behind REST and gateway. Each of `listeners` is called with each event, in order."""

    def __init__(self, rules: Rules) -> None:
        self.rules, self.application_id = rules, _APPLICATION
        self.bot = User(_BOT, "spool", bot=True, reads_all=rules.message_content)
        self.token = (
            f"{base64.b64encode(_BOT.encode()).decode().rstrip('=')}.Gstand.in-for-discord-is-no-secret"
        )
        self.revoked, self.gateway_url = False, ""
        self.public, self.ahead = True, 0.0  # who may invite the bot; seconds its clock is ahead of ours
        self.permissions: dict[str, int] = {}  # what roles allow in a guild, where that is not the usual
        self.identified: list[JSON] = []
        self.typing: list[tuple[float, str]] = []
        self.listeners: list[Callable[[Event], None]] = []
        self.ids, self.changes = Snowflakes(), Changes(0.05)
        self.nonces, self.faults = Nonces(rules.nonce_window), Faults()
        self.cdn = Cdn(rules.attachment_lifetime, self.faults)
        self.commands = Commands(_APPLICATION, self.ids.next, rules.command_creates)
        self.interactions: dict[str, Interaction] = {}  # by their tokens
        self.users: dict[str, User] = {_BOT: self.bot}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.dms: dict[str, Channel] = {}

    def admits(self, token: str) -> bool:
        return token == self.token and not self.revoked

    def user(self, user_id: str) -> User:
        """The account; a person is made on first use."""
        if user_id not in self.users:
            self.users[user_id] = User(checked(user_id), f"person-{user_id[-4:]}")
        return self.users[user_id]

    def dm(self, user_id: str) -> Channel:
        if user_id not in self.dms:
            self.open_dm(self.ids.next(), user_id)
        return self.dms[user_id]

    def open_dm(self, channel_id: str, user_id: str) -> Channel:
        channel = Channel(checked(channel_id), "", person=self.user(user_id))
        self.channels[channel_id] = self.dms[user_id] = channel
        return channel

    def add_guild(self, guild_id: str, name: str) -> Guild:
        owner = self.user(self.ids.next()).id
        guild = self.guilds[guild_id] = Guild(checked(guild_id), name, self.bot, owner, self.ids.next())
        self.tell("GUILD_CREATE", self.arrival(guild), GUILDS)
        return guild

    def rooms(self, guild: Guild, *, threads: bool = False) -> list[JSON]:
        there = (c for c in self.channels.values() if c.guild is guild)
        return [c.payload() for c in there if (c.parent is not None) == threads]

    def arrival(self, guild: Guild) -> JSON:
        """GUILD_CREATE of a guild as it is now."""
        return guild.arrival(self.rooms(guild), self.rooms(guild, threads=True))

    def add_channel(self, channel: Channel) -> Channel:
        assert channel.guild is not None
        self.channels[checked(channel.id)] = channel
        name, more = ("CHANNEL_CREATE", {}) if channel.parent is None else ("THREAD_CREATE", _NEW)
        self.tell(name, channel.payload() | more, GUILDS)
        return channel

    def archive(self, thread: Channel, archived: bool) -> None:
        """Close a thread, or open it again; nothing to tell where that is as it was."""
        if thread.archived != archived and thread.guild is not None:
            thread.archived = archived
            self.tell("THREAD_UPDATE", thread.payload(), GUILDS)

    def tell(self, name: str, data: JSON, intent: int, full: JSON | None = None) -> None:
        self._hear(Event(name, data, intent, full))
        self.changes.ring(data.get("channel_id"))

    def replay(self, name: str, data: Any) -> None:
        """A recorded event as it is, however malformed: for all who listen to messages of its place."""
        about = data if isinstance(data, dict) else {}
        guild = about.get("guild_id")
        intent = _audience(self.guilds.get(guild) if isinstance(guild, str) else None)
        self._hear(Event(name, data, intent if name.startswith("MESSAGE_") else 0))
        self.changes.ring()

    def _hear(self, event: Event) -> None:
        for listen in self.listeners:
            listen(event)

    def tell_of(self, name: str, message: Message) -> None:
        """A message event, in the shape the gateway gives it; none of a place the bot is not in."""
        if self.channels[message.channel].others:
            return
        nonce = {} if name != "MESSAGE_CREATE" or message.nonce is None else {"nonce": message.nonce}
        data = message.event(replace(self.bot, reads_all=False)) | nonce
        full = message.event(self.bot) | nonce if self.bot.reads_all else None
        self.tell(name, data, _audience(message.guild), full)

    def create(self, message: Message) -> Message:
        self.channels[message.channel].add(message, own=message.author is self.bot)
        self.tell_of("MESSAGE_CREATE", message)
        return message

    def delete(self, message: Message) -> None:
        self.channels[message.channel].remove(message)
        message.deleted = True
        data: JSON = {"id": message.id, "channel_id": message.channel}
        if message.guild is not None:
            data["guild_id"] = message.guild.id
        self.tell("MESSAGE_DELETE", data, _audience(message.guild))

    def post(self, channel: Channel, form: JSON, files: Mapping[int, File]) -> Message:
        """A message of the bot from a checked form; it opens an archived thread."""
        self.archive(channel, False)
        message = self.compose(channel, form, files)
        self.nonces.add(message)
        return self.create(message)

    def compose(self, channel: Channel, form: JSON, files: Mapping[int, File]) -> Message:
        """A new message of the bot from a checked form, not yet in the channel."""
        message = Message(self.ids.next(), channel.id, self.bot, "", channel.guild, nonce=form.get("nonce"))
        message.flags = (form.get("flags") or 0) & (SUPPRESS_EMBEDS | SILENT)
        quoted = _quoted(channel, form.get("message_reference"))
        if quoted is not None:
            message.kind, message.reference, message.quoted = REPLY, quoted.id, quoted
            allowed = form.get("allowed_mentions")
            message.reply_ping = allowed is None or allowed.get("replied_user") is True
        self._fill(message, form, self._attached(message, form, files))
        if quoted is not None and message.reply_ping and quoted.author not in message.mentions:
            message.mentions = (*message.mentions, quoted.author)
        return message

    def rewrite(self, message: Message, form: JSON, files: Mapping[int, File]) -> Message:
        """An edit by the bot; the message is told of unless it is not in its channel (ephemeral)."""
        self._check_age(message)
        attachments = self._attached(message, form, files)
        content = _text(form) if "content" in form else message.content
        parts = (_new(form, message, name) for name in ("embeds", "components"))
        if not (content or attachments or any(parts)):
            raise ApiError(EMPTY_MESSAGE)
        message.edited_at = time.time()
        if (flags := form.get("flags")) is not None:
            message.flags = message.flags & ~SUPPRESS_EMBEDS | flags & SUPPRESS_EMBEDS
        self._fill(message, {"content": message.content, **form}, attachments)
        if message.id in self.channels[message.channel].messages:
            self.tell_of("MESSAGE_UPDATE", message)
        return message

    def known(self, user_ids: Iterable[str]) -> tuple[User, ...]:
        return tuple(self.users[u] for u in user_ids if u in self.users)

    def _fill(self, message: Message, form: JSON, files: list[Attachment]) -> None:
        message.content, allowed = _text(form), form.get("allowed_mentions")
        found = Mentions.in_text(message.content).allowed(allowed)
        message.mentions, message.mention_roles = self.known(found.users), found.roles
        message.mention_everyone = found.everyone and message.guild is not None
        message.embeds = _new(form, message, "embeds")
        message.components = numbered(_new(form, message, "components"))
        message.attachments = files
        message.record(allowed)

    def keep(self, channel: str, upload: Upload) -> Attachment:
        return self.cdn.keep(self.ids.next(), channel, upload)

    def _attached(self, message: Message, form: JSON, files: Mapping[int, File]) -> list[Attachment]:
        """The attachments after a write: those the form lists, or all old ones, and every uploaded file.
        50035 when one is to stay that is not there.
        """
        there = {attachment.id: attachment for attachment in message.attachments}
        entries: list[JSON] = form.get("attachments") or []
        if unknown := {str(e["id"]) for e in entries if int(e["id"]) not in files} - set(there):
            raise invalid("attachments", "ATTACHMENT_NOT_FOUND", f"Attachment {min(unknown)} was not found.")
        entries = [*entries, *({"id": n} for n in files if n not in {int(e["id"]) for e in entries})]
        FILES.check(entries, "attachments")
        listed = "attachments" in form and (form["attachments"] is not None or not files)
        old = [] if listed else message.attachments
        return [*old, *(self._one(message, entry, files, there) for entry in entries)]

    def _one(
        self, message: Message, entry: JSON, files: Mapping[int, File], there: Mapping[str, Attachment]
    ) -> Attachment:
        description, file = entry.get("description"), files.get(int(entry["id"]))
        if file is None:
            return there[str(entry["id"])].described(description)
        upload = Upload(entry.get("filename") or file[0], file[1], description=description or "")
        return self.keep(message.channel, upload)

    def _check_age(self, message: Message) -> None:
        if time.time() - moment(message.id) > self.rules.old_message_age:
            if message.late_edits >= self.rules.old_message_edits:
                raise ApiError(OLD_EDITS)
            message.late_edits += 1


def _audience(guild: Guild | None) -> int:
    return DIRECT_MESSAGES if guild is None else GUILD_MESSAGES


def _text(form: JSON) -> str:
    return (form.get("content") or "").strip()


def _new(form: JSON, message: Message, name: str) -> list[JSON]:
    """The embeds or components after a write; those there stay when it does not speak of them."""
    stay: list[JSON] = getattr(message, name)
    if name == "embeds" and name in form:
        stay = []
    given: list[JSON] | None = form.get(name)
    return stay if given is None else given


def _quoted(channel: Channel, reference: JSON | None) -> Message | None:
    """The message answered; 50035 when it is gone, unless the reference says that this does not matter."""
    if reference is None:
        return None
    elsewhere = str(reference.get("channel_id") or channel.id) != channel.id
    quoted = None if elsewhere else channel.messages.get(str(reference["message_id"]))
    if quoted is None and reference.get("fail_if_not_exists") is not False:
        raise invalid("message_reference", "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
    return quoted
