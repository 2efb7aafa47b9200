"""What is known of servers: which channels are threads, of which channel, and names of channels and roles.

The gateway tells it with each server and each change. After a cold resume it tells nothing: then Discord is
asked, once for each channel, and for the roles of a server.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from bots.discord.api import DiscordApi, is_id
from bots.discord.wording import Known, Payload, maps, word
from bots.replies.posts import Gone
from bots.replies.safe_text import printable
from core.errors import SpoolError, Unreachable

logger = logging.getLogger(__name__)
_THREADS = (10, 11, 12)
_ASKED = 25
"""Requests for names at once."""
_MOST = 2000
"""Channels or roles of one server that are listened to; Discord allows 500 and 250, and 1,000 threads."""


def thread_parent(channel: Mapping[str, Any]) -> str:
    """The channel a thread belongs to, "" for what is no thread."""
    return str(channel.get("parent_id") or "") if channel.get("type") in _THREADS else ""


class Channels:
    """What is known of the channels and roles of all servers."""

    def __init__(self, api: DiscordApi) -> None:
        self._api = api
        self._parents: dict[str, str] = {}  # "" for what is no thread
        self._names: dict[tuple[str, str], str] = {}
        """By server and token ("#123", "@&77", its own id); "" where Discord does not tell.

        No server sees another's.
        """

    def parent(self, channel: str) -> str | None:
        """The channel a thread belongs to, "" for what is no thread, None when that is not known."""
        return self._parents.get(channel)

    def known(self, guild: str) -> Known:
        """What people in that server see in place of a token."""
        return lambda token: self._names.get((guild, token), "")

    def note(self, channels: object, guild: str = "") -> None:
        """Channels or threads as the gateway describes them; those in a list of a server do not tell it."""
        for one in maps(channels, _MOST):
            if is_id(one.get("id")):
                self._parents[one["id"]] = thread_parent(one)
                self._call(word(one.get("guild_id")) or guild, "#", one)

    def note_roles(self, roles: object, guild: str) -> None:
        """Roles as the gateway and REST describe them."""
        for one in maps(roles, _MOST):
            self._call(guild, "@&", one)

    def note_guild(self, guild: Payload) -> None:
        """A server as the gateway describes it: `known` there tells its name in place of its id."""
        self._call(word(guild.get("id")), "", guild)

    def _call(self, guild: str, sign: str, one: Payload) -> None:
        name = printable(word(one.get("name"))).strip()
        if guild and name and is_id(one.get("id")):
            self._names[guild, sign + one["id"]] = sign[:1] + name

    async def learn(self, channel: str) -> str:
        """`parent` of any channel; "" where Discord does not tell, which is asked again if it was away."""
        if channel not in self._parents:
            await self._ask(channel)
        return self._parents.get(channel, "")

    async def _ask(self, channel: str) -> None:
        try:
            self.note([await self._api.call("GET", "/channels/{channel_id}", channel_id=channel)])
        except (Unreachable, Gone):
            self._parents[channel] = ""
        except SpoolError as error:
            logger.info("channel cannot be looked up", extra={"error": str(error)})

    async def names(self, mentions: Collection[str], guild: str) -> Mapping[str, str]:
        """What people in that server see in place of these tokens; unknown ones are missing. Never raises."""
        new = [one for one in mentions if guild and (guild, one) not in self._names]
        asks = [partial(self._ask, one[1:]) for one in new if one[0] == "#" and is_id(one[1:])]
        if roles := [one for one in new if one.startswith("@&")]:
            asks.append(partial(self._ask_roles, guild, roles))
        await asyncio.gather(*(ask() for ask in asks[-_ASKED:]))
        for one in new:
            if one[1:] in self._parents:  # it was told, or never will be
                self._names.setdefault((guild, one), "")
        return {one: name for one in mentions if (name := self._names.get((guild, one), ""))}

    async def _ask_roles(self, guild: str, wanted: Collection[str]) -> None:
        try:
            self.note_roles(await self._api.call("GET", "/guilds/{guild_id}/roles", guild_id=guild), guild)
            for one in wanted:
                self._names.setdefault((guild, one), "")
        except SpoolError as error:
            logger.info("roles cannot be looked up", extra={"error": str(error)})
