"""The window on the demo's Discord."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from bots.demo.simulator.markup import of_discord
from bots.demo.simulator.post import TALK, Button, Made, Part, Post, Upload
from bots.demo.town import BOT, DISCORD_CHANNEL, GENERAL, PEOPLE, SERVER, Resident
from standins.discord import DiscordStandin
from standins.discord.attachment import Upload as DiscordUpload
from standins.discord.guild import moment
from standins.discord.message import EPHEMERAL, LOADING, Message

_STYLES: Final = {1: "primary", 3: "primary", 4: "danger"}
_TYPING: Final = 10.0
"""Seconds for which Discord shows that somebody types."""
_STRING: Final = 3


class DiscordWindow:
    """See `Window`."""

    name = "discord"

    def __init__(self, discord: DiscordStandin) -> None:
        self._discord, self._made = discord, Made()
        talks = {one.discord_talk: (TALK, one.name) for one in PEOPLE}
        self._places = talks | {DISCORD_CHANNEL: (GENERAL, "")}
        people = {one.discord: one.name for one in PEOPLE}
        self._names = {discord.bot_user: BOT, discord.managed_role(SERVER): BOT} | people
        self._ids = {f"@{name}".lower(): id for id, name in people.items()} | {TALK.lower(): discord.bot_user}

    def posts(self) -> Iterator[Post]:
        """See `Posts.posts`."""
        for place, (channel, only) in self._places.items():
            messages = self._discord.messages(place)
            for message in messages:
                typing = message is messages[-1] and self._types(message)
                yield self._shown(message, channel, only, "typing" if typing else "")
        for one in PEOPLE:
            for message in self._discord.seen(one.discord):
                if message.flags & EPHEMERAL:
                    yield self._shown(message, self._places[message.channel][0], one.name, "")

    def _shown(self, message: Message, *where: str) -> Post:
        looks = (len(message.versions), message.edited_at, message.flags, len(message.embeds), where)
        return self._made.of(message.id, looks, partial(self._post, message, *where))

    def _types(self, last: Message) -> bool:
        """Whether the bot was typing there a moment ago, and has not written since."""
        now = [at for at, channel in self._discord.typing if channel == last.channel]
        late = bool(now) and time.monotonic() - now[-1] < _TYPING
        return late and last.author.id != self._discord.bot_user

    def _post(self, message: Message, channel: str, only: str, status: str) -> Post:
        bot = message.author.id == self._discord.bot_user
        mentioned = any(one.id == self._discord.bot_user for one in message.mentions)
        return Post(
            platform="discord",
            place=message.channel,
            channel=channel,
            id=message.id,
            person=self._names.get(message.author.id, "Discord"),
            at=moment(message.id),
            parts=tuple(self._parts(message)),
            thread=message.reference or "",
            bot=bot,
            only=only,
            whispered=bool(message.flags & EPHEMERAL),
            files=tuple((one.filename, one.content_type, one.content) for one in message.attachments),
            buttons=tuple(_buttons(message.components)),
            edited=message.edited_at is not None,
            status=status,
            asks=not bot and (bool(only) or mentioned),
        )

    def _parts(self, message: Message) -> Iterator[Part]:
        if message.flags & LOADING:
            yield Part("doing", "…")
        yield from of_discord(message.content, self._names)
        for embed in [] if message.embeds_suppressed else message.embeds:
            yield from (Part("small", str(embed[one])) for one in ("title", "description") if embed.get(one))

    def _place(self, person: Resident, channel: str) -> str:
        return person.discord_talk if channel == TALK else DISCORD_CHANNEL

    async def say(
        self, person: Resident, channel: str, text: str, thread: str, files: Sequence[Upload]
    ) -> None:
        """See `Window.say`."""
        written = re.sub(r"@\w+", lambda found: self._mention(found[0]), text)
        place = self._place(person, channel)
        sent = [DiscordUpload(*file) for file in files]
        await self._discord.say(person.discord, place, written, thread or None, attachments=sent or None)

    def _mention(self, name: str) -> str:
        return f"<@{self._ids[name.lower()]}>" if name.lower() in self._ids else name

    async def command(self, person: Resident, channel: str, name: str, rest: str) -> str:
        """See `Window.command`."""
        known = next((one for one in self._discord.commands if one["name"] == name), {})
        named = [one["name"] for one in known.get("options") or () if one["type"] == _STRING]
        options = {named[0]: rest} if named and rest else None
        place = self._place(person, channel)
        reply = await self._discord.slash(person.discord, place, name, options=options)
        return "The application did not respond" if reply.failed else ""

    async def press(self, person: Resident, post: str, button: str) -> str:
        """See `Window.press`."""
        for one in self.posts():
            if one.id == post:
                reply = await self._discord.press(person.discord, one.place, post, button)
                return "This interaction failed" if reply.failed else ""
        raise LookupError(f"There is no message {post} (any more).")

    def under_way(self, post: Post) -> bool:
        """See `Window.under_way`. A session keeps what its client has not been told."""
        return not self._discord.connected

    async def cut(self, on: bool) -> None:
        """See `Window.cut`."""
        await (self._discord.go_offline() if on else self._discord.go_online())

    def deliver_twice(self, on: bool) -> None:
        """See `Window.deliver_twice`."""
        self._discord.deliver_twice(on)


def _buttons(rows: Sequence[Mapping[str, Any]]) -> Iterator[Button]:
    for row in rows:
        for one in row["components"]:
            yield Button(one["custom_id"], one["label"], _STYLES.get(one["style"], ""))
