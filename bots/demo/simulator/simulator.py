"""All of it: what people do, what is broken, and what is known of the bot's promises."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from bots.demo.simulator.discord import DiscordWindow
from bots.demo.simulator.feed import Feed
from bots.demo.simulator.post import CHANNELS, TALK, Part, Post, Upload, Window, named
from bots.demo.simulator.promises import Moment, Promises
from bots.demo.simulator.slack import SlackWindow
from bots.demo.simulator.trouble import CUT, Bot, Kind, Model, Troubles
from bots.demo.town import PEOPLE, Resident
from core.errors import SpoolError
from core.store import overview
from core.store.overview import Chats
from core.store.reading import Reading, TooSlow
from standins.discord import DiscordStandin
from standins.slack import SlackStandin

COUNTING: Final = 0.5
"""Seconds between two counts, while somebody looks."""
WORDS: Final = ("help", "stop")
"""Commands that are no commands of the networks: whoever writes the word is understood everywhere."""


class Notices:
    """What a network itself tells one person: that something did not work."""

    def __init__(self) -> None:
        self._said: list[Post] = []
        self._numbers = itertools.count()

    def posts(self) -> Iterator[Post]:
        """See `Posts.posts`."""
        return iter(self._said)

    def add(self, platform: str, channel: str, person: Resident, text: str) -> None:
        """Only that person sees it."""
        id, network = f"notice-{next(self._numbers)}", platform.capitalize()
        told, now = (Part("small", text),), time.time()
        self._said.append(
            Post(platform, "", channel, id, network, now, told, only=person.name, whispered=True)
        )


class Simulator:
    """Of stand-ins that are furnished. `read`: the bot's database, through a connection that only reads."""

    def __init__(
        self,
        slack: SlackStandin,
        discord: DiscordStandin,
        model: Model | None,
        bot: Bot,
        read: Reading,
        cut: float = CUT,
    ) -> None:
        self._windows: dict[str, Window] = {
            "slack": SlackWindow(slack),
            "discord": DiscordWindow(discord),
        }
        self._notices, self._bot, self._read = Notices(), bot, read
        self.troubles = Troubles(bot, list(self._windows.values()), model, cut)
        self.feed = Feed([*self._windows.values(), self._notices], self._state)
        self._began = self._there = time.time()
        self._chats = Chats((), {}, 0, 0)
        self._kept = Promises((), self._chats, Moment(0, 0, self._under_way))
        self._doing: set[asyncio.Task[None]] = set()
        self._counting: asyncio.Task[None] | None = None

    def _state(self) -> Mapping[str, Any]:
        if self._counting is None or self._counting.done():
            self._counting = asyncio.create_task(self._count())
        counted = {"lost": self._kept.lost, "twice": self._kept.twice}
        facts = {"takeovers": self._chats.takeovers, "requests": self._chats.requests}
        people, on = [one.name for one in PEOPLE], sorted(self.troubles.on)
        more = {"on": on, "people": people, "channels": CHANNELS, "model": self.troubles.model is not None}
        return {"pid": self._bot.pid, **counted, **facts, **more}

    async def _count(self) -> None:
        """Once; then a pause."""
        now = time.time()
        if self._bot.pid is None or any(one.startswith("cut.") for one in self.troubles.on):
            self._there = now
        with suppress(SpoolError, TooSlow):  # the next count may be luckier
            self._chats = await self._read(lambda tx: overview.chats(tx, self._began))
            posts = [one for window in self._windows.values() for one in window.posts()]
            self._kept = Promises(posts, self._chats, Moment(now, self._there, self._under_way))
        await asyncio.sleep(COUNTING)

    def _under_way(self, post: Post) -> bool:
        return self._windows[post.platform].under_way(post)

    async def post(
        self, where: tuple[str, str], person: str, text: str, thread: str, files: Sequence[Upload]
    ) -> None:
        """Somebody writes, or gives a command. `where`: platform and channel. LookupError: not here."""
        (platform, channel), who = where, named(person)
        if channel not in CHANNELS[platform]:
            raise LookupError(f"There is no channel {channel!r}; there are {', '.join(CHANNELS[platform])}.")
        window = self._windows[platform]
        name, _, rest = text.strip().removeprefix("/").partition(" ")
        if not text.strip().startswith("/"):
            await window.say(who, channel, text, thread, files)
        elif name in WORDS:
            await window.say(who, channel, name if channel == TALK else f"{TALK} {name}", thread, ())
        else:
            self._do(window.command(who, channel, name, rest.strip()), (platform, channel), who)

    async def press(self, platform: str, post: str, button: str, person: str) -> None:
        """Somebody presses a button. LookupError: not here."""
        who, window = named(person), self._windows[platform]
        seen = (one for one in window.posts() if one.only in ("", who.name))
        channel = next((one.channel for one in seen if one.id == post), "")
        if not channel:
            raise LookupError(f"There is no post {post} (any more).")
        self._do(window.press(who, post, button), (platform, channel), who)

    def _do(self, act: Coroutine[Any, Any, str], where: tuple[str, str], person: Resident) -> None:
        """What takes its time; what the network says of it that person is told."""

        async def tell() -> None:
            try:
                said = await act
            except LookupError as error:
                said = str(error)
            if said:
                self._notices.add(*where, person, said)

        self._doing.add(task := asyncio.create_task(tell()))
        task.add_done_callback(self._doing.discard)

    async def trouble(self, kind: Kind, platform: str, on: bool) -> None:
        """LookupError where that cannot be done here."""
        await self.troubles.make(kind, platform, on)

    async def close(self) -> None:
        """Nothing is under way any more."""
        self.feed.close()
        tasks = [*self._doing, *([self._counting] if self._counting else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(self.troubles.close(), *tasks, return_exceptions=True)
        self._read.close()
