"""What people do on Discord: write, edit, delete, use commands, press buttons."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import replace
from typing import Any

from standins.discord.attachment import Upload
from standins.discord.channel import Channel
from standins.discord.command import PRESS, SAY_LATER, SLASH, SUBMIT, Interaction, Reply, filled, sent
from standins.discord.error import JSON
from standins.discord.forms import CHAT, MESSAGE_MENU, find_button
from standins.discord.host import Host
from standins.discord.message import REPLY, VOICE, Mentions, Message

Attached = Upload | str | tuple[str, bytes]
"""A file to attach: described, or its name, or its name and its bytes."""
FIRST_COMMANDS = 3.0  # seconds a person waits for a bot that has registered no command yet


class People(Host):
    """Ids are snowflake strings; unknown people are made on first use. Who uses a command or a button gets
    the answer, or what says that there was none: after "thinking" they wait for it at most `timeout` seconds.
    """

    async def say(
        self,
        user: str,
        channel: str,
        text: str,
        reply_to: str | None = None,
        mention_bot: bool = False,
        mention_role: bool = False,
        attachments: Sequence[Attached] | None = None,
        stickers: Sequence[str] | None = None,
        ping: bool = True,
        age: float = 0.0,
    ) -> str:
        """A person writes; returns the message's id. `age`: written so many seconds ago."""
        place, world = self._place(channel, user), self._world
        if mention_role:
            assert place.guild is not None, "there are no roles in a DM"
            text = f"<@&{place.guild.managed_role}> {text}".strip()
        if mention_bot:
            text = f"<@{self.bot_user}> {text}".strip()
        message = Message(world.ids.next(age), channel, world.user(user), text, place.guild)
        if reply_to is not None:
            message.kind, message.reference, message.reply_ping = REPLY, reply_to, ping
            message.quoted = place.messages.get(reply_to)
        self._mention(message)
        message.attachments = [world.keep(channel, _described(one)) for one in attachments or ()]
        if any(attachment.voice for attachment in message.attachments):
            message.flags |= VOICE
        message.stickers = [{"id": world.ids.next(), "name": s, "format_type": 1} for s in stickers or ()]
        message.record(None)
        return world.create(message).id

    async def edit(self, channel: str, message: str, text: str) -> None:
        changed = self._world.channels[channel].find(message)
        changed.content, changed.edited_at = text, time.time()
        self._mention(changed)
        changed.record(None)
        self._world.tell_of("MESSAGE_UPDATE", changed)

    async def delete(self, channel: str, message: str) -> None:
        """A person's message is taken away or, as a moderator would, the bot's."""
        self._world.delete(self._world.channels[channel].find(message))

    async def unfurl(self, channel: str, message: str) -> None:
        """Discord adds a link preview to a message: MESSAGE_UPDATE without an edit."""
        changed = self._world.channels[channel].find(message)
        changed.embeds = [{"type": "link", "title": "A page", "url": "https://example.com"}]
        self._world.tell_of("MESSAGE_UPDATE", changed)

    async def slash(
        self,
        user: str,
        channel: str,
        name: str,
        locale: str | None = None,
        options: Mapping[str, Any] | None = None,
        timeout: float = 10.0,
    ) -> Reply:
        """Use a command. LookupError when none such is registered, it is not offered in such a place, or
        it does not have such options. Somebody who invites a bot waits a moment for its first commands.
        """
        place, command, data = await self._offered(user, channel, name, CHAT)
        if given := filled(command.get("options", []), options or {}):
            data["options"] = given
        return await self._interact(self._use(SLASH, user, place), locale, data, timeout)

    async def ask_about(
        self,
        user: str,
        channel: str,
        message: str,
        name: str,
        locale: str | None = None,
        timeout: float = 10.0,
    ) -> Reply:
        """Use a command of a message's context menu, which the bot is told of whatever it may read else."""
        place, _, data = await self._offered(user, channel, name, MESSAGE_MENU)
        shown = place.find(message).payload(replace(self._world.bot, reads_all=True), nested=False)
        data |= {"target_id": message, "resolved": {"messages": {message: shown}}}
        return await self._interact(self._use(SLASH, user, place), locale, data, timeout)

    def seen(self, user: str) -> list[Message]:
        """What the person's commands and buttons were answered with, as it is now."""
        return [copy(message) for message in self._made(user)]

    def _made(self, user: str) -> list[Message]:
        used = [one for one in self._world.interactions.values() if one.user.id == user]
        made = [message for one in used for message in (one.original, *one.followups.values())]
        return list({message.id: message for message in made if message and not message.deleted}.values())

    async def _offered(self, user: str, channel: str, name: str, kind: int) -> tuple[Channel, JSON, JSON]:
        """Where a command is used, as it was registered, and what the bot is told of it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_COMMANDS):
                await self._world.changes.until(lambda: self._world.commands.all)
        place = self._place(channel, user)
        command = self._world.commands.find(name, kind, place)
        return place, command, {"id": command["id"], "name": name, "type": kind}

    async def press(
        self,
        user: str,
        channel: str,
        message: str,
        custom_id: str,
        locale: str | None = None,
        timeout: float = 10.0,
    ) -> Reply:
        """Press a button under a message of the bot; LookupError when it cannot be pressed."""
        place = self._place(channel, user)
        source = place.own.get(message) or next((one for one in self._made(user) if one.id == message), None)
        if source is None:
            raise LookupError(f"there is no message {message} of the bot in {channel}")
        button = find_button(source.components, custom_id)
        data: JSON = {"custom_id": custom_id, "component_type": button["type"], "id": button["id"]}
        return await self._interact(self._use(PRESS, user, place, source), locale, data, timeout)

    async def submit(
        self, user: str, channel: str, message: str, form: JSON, values: Mapping[str, str]
    ) -> Reply:
        """Send the form that a press under that message has opened."""
        place = self._place(channel, user)
        used = self._use(SUBMIT, user, place, place.own.get(message))
        return await self._interact(used, None, sent(form, values), 10.0)

    async def stale(self, user: str, channel: str, kind: int, data: JSON, timeout: float = 10.0) -> Reply:
        """Use what an older bot with the same token has left behind: command 2, button 3, autocomplete 4,
        form 5; nothing of it is registered or stands anywhere.
        """
        used = self._use(kind, user, self._place(channel, user))
        return await self._interact(used, None, data, timeout)

    def _place(self, channel: str, user: str) -> Channel:
        place = self._world.channels[channel]
        if place.person is not None and place.person.id != user and not place.others:
            raise ValueError(f"{channel} is the DM of {place.person.id}, not of {user}")
        if place.guild is not None:
            place.guild.people.add(user)  # nobody else sees that channel
        return place

    def _mention(self, message: Message) -> None:
        """Whom the text, and the reply, ping."""
        found, quoted = Mentions.by_person(message.content), message.quoted
        users = self._world.known(found.users)
        if quoted is not None and not quoted.deleted and message.reply_ping:
            users = (*users, *{quoted.author} - {*users, message.author})
        message.mentions, message.mention_roles = users, found.roles
        message.mention_everyone = found.everyone and message.guild is not None

    def _use(self, kind: int, user: str, place: Channel, source: Message | None = None) -> Interaction:
        return Interaction(self._world.ids.next(), kind, self._world.user(user), place, source)

    async def _interact(self, used: Interaction, locale: str | None, data: JSON, timeout: float) -> Reply:
        world = self._world
        world.interactions[used.token] = used
        event = used.payload(self.application_id, locale or used.user.locale, data, world.bot)
        world.tell("INTERACTION_CREATE", event, 0)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.rules.interaction_deadline):
                await used.acked.wait()
            if used.callback == SAY_LATER:
                async with asyncio.timeout(timeout):
                    await used.shown.wait()
        return used.reply()


def _described(attached: Attached) -> Upload:
    if isinstance(attached, Upload):
        return attached
    return Upload(attached) if isinstance(attached, str) else Upload(*attached)
