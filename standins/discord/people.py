"""What people do on Discord: write, edit, delete, use commands, press buttons."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from standins.discord import option
from standins.discord.attachment import Upload
from standins.discord.channel import Channel
from standins.discord.command import CHAT, MESSAGE_MENU, Commands
from standins.discord.component import find_button
from standins.discord.error import JSON
from standins.discord.interaction import PRESS, SAY_LATER, SLASH, Interaction, Interactions, Reply
from standins.discord.mention import Mentions
from standins.discord.message import REPLY, VOICE, Message
from standins.discord.user import User
from standins.discord.world import World

Attached = Upload | str | tuple[str, bytes]
"""A file to attach: described, or its name, or its name and its bytes."""
FIRST_COMMANDS = 3.0
"""Seconds a person waits for a bot that has registered no command yet."""


class People:
    """Acts in the world as its people. Ids are snowflake strings; unknown people are made on first use."""

    def __init__(
        self, world: World, commands: Commands, interactions: Interactions, application_id: str
    ) -> None:
        self._world = world
        self._commands = commands
        self._interactions = interactions
        self._application_id = application_id

    def say(
        self,
        user: str,
        channel: str,
        text: str,
        *,
        reply_to: str | None,
        ping: bool,
        attachments: Sequence[Attached],
        stickers: Sequence[str],
        age: float,
    ) -> str:
        """A message of a person; returns its id."""
        place, author = self._place(channel, user), self._world.user(user)
        message = Message(self._world.ids.next(age), place, author, text)
        if reply_to is not None:
            message.kind, message.reference = REPLY, reply_to
            message.reply_ping = ping
        self._mention(message)
        message.attachments = [self._world.keep(place, _described(one)) for one in attachments]
        if any(attachment.voice for attachment in message.attachments):
            message.flags |= VOICE
        message.stickers = [{"id": self._world.ids.next(), "name": s, "format_type": 1} for s in stickers]
        message.record(None)
        return self._world.create(message).id

    def edit(self, channel: str, message_id: str, text: str) -> None:
        message = self._world.channels[channel].find(message_id)
        message.content, message.edited_at = text, time.time()
        self._mention(message)
        message.record(None)
        self._world.tell_of("MESSAGE_UPDATE", message)

    def delete(self, channel: str, message_id: str) -> None:
        """Take away a person's message or, as a moderator would, the bot's."""
        self._world.delete(self._world.channels[channel].find(message_id))

    def unfurl(self, channel: str, message_id: str) -> None:
        """Discord adds a link preview: an update that is nobody's edit."""
        message = self._world.channels[channel].find(message_id)
        message.embeds = [{"type": "link", "title": "A page", "url": "https://example.com"}]
        self._world.tell_of("MESSAGE_UPDATE", message)

    async def slash(
        self,
        user: str,
        channel: str,
        name: str,
        locale: str | None,
        options: Mapping[str, Any],
        timeout: float,
    ) -> Reply:
        """Use a chat command. LookupError when it is not registered, not offered there, or not so.

        Somebody who invites a bot waits a moment until its first commands are there.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_COMMANDS):
                await self._world.changes.until(lambda: self._commands.all)
        place = self._place(channel, user)
        data = self._command(name, CHAT, place)
        offered = self._commands.find(name, CHAT, in_dm=place.guild is None).get("options", [])
        if given := option.filled(offered, options):
            data["options"] = given
        return await self._interact(SLASH, self._world.user(user), place, None, locale, data, timeout)

    async def menu(
        self, user: str, channel: str, name: str, message_id: str, locale: str | None, timeout: float
    ) -> Reply:
        """Use a message context-menu command; it shows the bot that message with its text."""
        place = self._place(channel, user)
        target = place.find(message_id)
        data = self._command(name, MESSAGE_MENU, place)
        seen = {
            **target.payload(self._world.bot),
            "content": target.content,
            "attachments": [attachment.payload() for attachment in target.attachments],
        }
        data |= {"target_id": target.id, "resolved": {"messages": {target.id: seen}}}
        return await self._interact(SLASH, self._world.user(user), place, None, locale, data, timeout)

    async def press(
        self, user: str, channel: str, message_id: str, custom_id: str, locale: str | None, timeout: float
    ) -> Reply:
        """Press a button. LookupError when that message of the bot has no such enabled button."""
        place = self._place(channel, user)
        message = place.own.get(message_id)
        if message is None:
            raise LookupError(f"there is no message {message_id} of the bot in {channel}")
        button = find_button(message.components, custom_id)
        data: JSON = {"custom_id": custom_id, "component_type": button["type"], "id": button["id"]}
        return await self._interact(PRESS, self._world.user(user), place, message, locale, data, timeout)

    async def stale(self, user: str, channel: str, kind: int, data: JSON, timeout: float) -> Reply:
        """Use what an older bot with the same token has left behind."""
        place = self._place(channel, user)
        return await self._interact(kind, self._world.user(user), place, None, None, data, timeout)

    def _place(self, channel: str, user: str) -> Channel:
        place = self._world.channels[channel]
        if place.person is not None and place.person.id != user:
            raise ValueError(f"{channel} is the DM of {place.person.id}, not of {user}")
        return place

    def _mention(self, message: Message) -> None:
        """Whom the text, and the reply, ping."""
        found = Mentions.by_person(message.content)
        users = self._world.known(found.users)
        quoted = message.channel.messages.get(message.reference or "")
        if quoted is not None and message.reply_ping and quoted.author not in (*users, message.author):
            users = (*users, quoted.author)
        message.mentions, message.mention_roles = users, found.roles
        message.mention_everyone = found.everyone and message.channel.guild is not None

    def _command(self, name: str, kind: int, place: Channel) -> JSON:
        command = self._commands.find(name, kind, in_dm=place.guild is None)
        return {"id": command["id"], "name": name, "type": kind}

    async def _interact(
        self,
        kind: int,
        user: User,
        place: Channel,
        source: Message | None,
        locale: str | None,
        data: JSON,
        timeout: float,
    ) -> Reply:
        """Tell the bot and wait for what the person sees; after "thinking" at most `timeout` seconds."""
        interaction = Interaction(self._world, kind, user, place, source)
        self._interactions.add(interaction)
        event = interaction.payload(self._application_id, locale or user.locale, data)
        self._world.tell("INTERACTION_CREATE", event, 0, "" if place.guild is None else place.guild.id)
        try:
            async with asyncio.timeout(self._world.rules.interaction_deadline):
                await interaction.acked.wait()
            if interaction.callback == SAY_LATER:
                async with asyncio.timeout(timeout):
                    await interaction.shown.wait()
        except TimeoutError:
            pass
        return interaction.reply()


def _described(attached: Attached) -> Upload:
    if isinstance(attached, Upload):
        return attached
    return Upload(attached) if isinstance(attached, str) else Upload(*attached)
