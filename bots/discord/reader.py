"""What the gateway tells, in the order it tells it, into the inbox.

The session's position is stored in the same transaction as the message it brought, so a resume after any
crash starts at or before the first message that was not stored. Everything of one connection is one `Chain`:
when a message could not be stored, the writer carries out nothing that was put in line behind it, positions
least of all, and the connection is dropped: Discord then repeats from there.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from bots.discord import events
from bots.discord.api import DiscordApi, sent_at
from bots.discord.channels import Channels
from bots.discord.gateway import Position
from bots.intake.door import Door
from bots.intake.following import Following
from bots.intake.said import Said
from core.concurrency import Background
from core.errors import SpoolError, Unsaved
from core.inbox import Receipt
from core.policy.access import Act, Kind, Verdict
from core.store.database import Chain
from core.texts import of_script
from core.types import Address, IncomingMessage

logger = logging.getLogger(__name__)
SESSION = "discord:session"


class Reader:
    """Handlers of raw gateway events; none blocks the socket."""

    def __init__(
        self,
        door: Door,
        api: DiscordApi,
        *,
        me: Callable[[], str],
        position: Callable[[], Position | None],
        failed: Callable[[], None],
        following: Following,
    ) -> None:
        self.door, self._inbox, self._api = door, door.inbox, api
        self._me, self._position = me, position
        self._failed, self._following = failed, following
        self._roles: dict[str, str | None] = {}
        self.channels = Channels(api)
        self._lines: dict[str, deque[Callable[[], Awaitable[None]]]] = {}
        self._background, self._serving = Background(), Background()
        self.chain = Chain()
        """What this connection brings to disk."""
        self._repeating = False

    def message(self, payload: dict[str, Any]) -> None:
        """MESSAGE_CREATE."""
        self.take(payload, str(payload.get("guild_id") or ""))

    def take(self, payload: dict[str, Any], guild: str, *, live: bool = True) -> None:
        """A message as an event or as history tells it (which does not tell the guild)."""
        anybody = Act("mention", "discord", "", "", workspace=guild)
        if self._inbox.access.authorize(anybody).allowed is False:
            return  # nothing of that whole server
        if guild and payload.get("mention_roles") and guild not in self._roles:
            self._background.start(self._learn_role(guild, payload, live), "event")
            return
        said = self.read(payload, guild)
        if said is None or said.by == "us" or said.changed:
            return
        if said.by == "other" and not self._welcome(events.posted(payload, said.address)):
            return
        if said.to == "us":
            self._place(said, live)
        elif self._following.channels or (self._following.threads and said.to == "perhaps"):
            self.line_up(said.address.channel, partial(self._follow_up, said, live))

    def read(self, payload: Mapping[str, Any], guild: str) -> Said | None:
        """See `events.read`: with the role and the names of that server."""
        return events.read(payload, self._me(), self._roles.get(guild), guild, self.channels.known(guild))

    def updated(self, payload: dict[str, Any]) -> None:
        """MESSAGE_UPDATE. Only a person's edit has a time; an embed that appeared tells parts or no time."""
        guild = str(payload.get("guild_id") or "")
        if not (payload.get("edited_timestamp") and "content" in payload and "author" in payload):
            return
        said = self.read(payload, guild)
        allowed = said and said.by == "person" and self.door.judge(self._act("edit", said)).allowed
        if said and allowed is not False:
            if said.to == "us":  # only now, perhaps: then it is a message, unless it is too old
                self._place(said, live=False)
            message = replace(said.incoming(), unproven=allowed is None)
            self.behind(said.address.channel, partial(self._amend, message))

    def _amend(self, message: IncomingMessage) -> None:
        self.work(self._inbox.amend(message, self.progress(), chain=self.chain), "edit")

    def again(self, payload: dict[str, Any], guild: str) -> None:
        """A message of the history; one that is not understood does not hide the others."""
        try:
            self.take(payload, guild, live=False)
        except Exception:
            logger.exception("message not understood")

    def _receive(self, said: Said, live: bool) -> None:
        """Into the inbox, knowing which channel its thread belongs to, if its writer is answered there."""
        app, parent = said.by == "other", self.channels.parent(said.address.channel) or ""
        kind: Kind = "direct" if said.address.direct else "follow_up" if said.followed else "mention"
        act, message = self._act(kind, said), said.incoming(parent)
        verdict = Verdict(True, "bots") if app else self.door.judge(act)
        if verdict.allowed is False:
            self.door.refuse(message, act, verdict, of_script(said.text))
        else:
            self.receive(replace(message, app=app, unproven=verdict.allowed is None), live=live)

    def _welcome(self, app: Act | None) -> bool:
        return app is not None and bool(self.door.judge(app).allowed)

    def _act(self, kind: Kind, said: Said) -> Act:
        where, parent = said.address, self.channels.parent(said.address.channel) or ""
        return Act(kind, "discord", said.user, where.channel, parent, where.workspace, direct=where.direct)

    def receive(
        self, message: IncomingMessage, facts: Mapping[str, object] | None = None, *, live: bool = True
    ) -> asyncio.Future[Receipt]:
        """Into the inbox with these facts, in line with all that this connection brought before."""
        chain = self.chain
        more = {**(facts or {}), **self.progress()}
        receipt = self._inbox.receive(message, more, chain=chain, live=live)
        receipt.add_done_callback(lambda done: self._stored(done, chain))
        return receipt

    def _stored(self, receipt: asyncio.Future[Receipt], chain: Chain) -> None:
        error = None if receipt.cancelled() else receipt.exception()
        if isinstance(error, Unsaved):
            self._repeat(error, chain)
        elif error:  # the message itself: it would fail again
            logger.error("message not understood", exc_info=error)

    def _repeat(self, error: Unsaved, chain: Chain) -> None:
        """Once for each connection. What an earlier one could not store, this one has been told again."""
        if chain is self.chain and not self._repeating:
            self._repeating, chain.broken = True, error
            logger.error("message could not be stored, Discord is asked again", extra={"error": str(error)})
            self._failed()

    def restart(self) -> None:
        """The session is read again from the stored position: nothing before it is missing."""
        self.chain, self._repeating = Chain(), False

    @property
    def settled(self) -> bool:
        """Whether all that was heard is stored, or in line to be before what is put in line now."""
        return not (self.chain.broken or self._background)

    def progress(self) -> dict[str, object]:
        """The position as a fact to store in the chain, nothing when something before it is not in line."""
        position = self._position()
        return {SESSION: asdict(position)} if position and self.settled else {}

    async def save(self) -> None:
        """Store the session's position if all before it is stored. Raises Unsaved."""
        for name, value in self.progress().items():
            await self._inbox.remember(name, value, self.chain)

    def work(self, step: Awaitable[object], name: str) -> None:
        """Do what has to be on disk before a later position is; if that fails Discord repeats it."""
        self._background.start(self._done(step), name)

    async def _done(self, step: Awaitable[object]) -> None:
        chain = self.chain
        try:
            await step
        except Unsaved as error:
            self._repeat(error, chain)

    def _place(self, said: Said, live: bool) -> None:
        """Receive a message that is for us; in a channel nobody told us of, once it is known what it is."""
        where = said.address
        unknown = where.workspace and self.channels.parent(where.channel) is None
        if unknown and where.channel not in self._lines:
            self.line_up(where.channel, partial(self._learnt, said, live))
        else:
            self.behind(where.channel, partial(self._receive, said, live))

    def behind(self, channel: str, act: Callable[[], None]) -> None:
        """Do that at once, or behind what was said there and is still looked at: the order stays."""

        async def later() -> None:
            act()

        if channel in self._lines:
            self._lines[channel].append(later)
        else:
            act()

    def line_up(self, channel: str, step: Callable[[], Awaitable[None]]) -> None:
        """Do what takes a while; whatever comes from that channel meanwhile waits behind it."""
        if channel in self._lines:
            self._lines[channel].append(step)
        else:
            self._lines[channel] = deque([step])
            self._background.start(self._work_off(channel), "event")

    async def _work_off(self, channel: str) -> None:
        line = self._lines[channel]
        try:
            while line:
                try:
                    await self._done(line.popleft()())
                except Exception:
                    logger.exception("message not understood")
        finally:
            del self._lines[channel]

    async def _learnt(self, said: Said, live: bool) -> None:
        """After a cold resume Discord does not repeat its channels, either."""
        await self.channels.learn(said.address.channel)
        self._receive(said, live)

    async def _follow_up(self, said: Said, live: bool) -> None:
        parent = await self.channels.learn(said.address.channel)
        if not self._following.channels.isdisjoint({said.address.channel, parent}):
            ours = said.taken()
        else:
            follows = self._following.threads and parent and said.to == "perhaps"
            ours = said if follows and await self._inbox.spoke_before(said.address, said.user) else None
        if ours:
            self._receive(ours, live)

    def listed(self, payload: dict[str, Any]) -> None:
        """THREAD_LIST_SYNC, and the lists of GUILD_CREATE."""
        guild = str(payload.get("guild_id") or payload.get("id") or "")
        for name in ("channels", "threads"):
            self.channels.note(payload.get(name), guild)

    def channel(self, payload: dict[str, Any]) -> None:
        """CHANNEL_CREATE, CHANNEL_UPDATE, THREAD_CREATE and THREAD_UPDATE."""
        self.channels.note([payload])

    def role(self, payload: dict[str, Any]) -> None:
        """GUILD_ROLE_CREATE and GUILD_ROLE_UPDATE."""
        self.channels.note_roles([payload.get("role")], str(payload.get("guild_id") or ""))

    def deleted(self, payload: dict[str, Any]) -> None:
        """MESSAGE_DELETE and MESSAGE_DELETE_BULK."""
        where: Address = events.address(payload)
        for message in payload.get("ids") or [payload.get("id")]:
            self.behind(where.channel, partial(self._withdraw, where, str(message)))

    def _withdraw(self, where: Address, message: str) -> None:
        self.work(self._inbox.withdraw(where, message, sent_at(message)), "withdrawal")

    def servers(self, payload: dict[str, Any]) -> None:
        """READY: the bot is in these, and no more in others."""
        there = [str(guild["id"]) for guild in payload["guilds"]]
        self._served(self._inbox.data.only("discord", there))

    def _served(self, told: Awaitable[object]) -> None:
        """No position waits for it, for the session's first is to be on disk at once: what a kill or a disk
        keeps from being stored, the next READY tells again.
        """

        async def store() -> None:
            with suppress(Unsaved):
                await told

        self._serving.start(store(), "servers")

    def guild(self, payload: dict[str, Any]) -> None:
        """GUILD_CREATE: which of its roles is the bot's own, which of its channels are threads, all names."""
        self.listed(payload)
        self._served(self._inbox.data.workspace("discord", str(payload["id"]), here=True))
        self.channels.note_guild(payload)
        if "roles" in payload:
            self._know_role(str(payload["id"]), payload["roles"])

    def left(self, payload: dict[str, Any]) -> None:
        """GUILD_DELETE: the bot was removed from there, unless that server is only out of order."""
        if not payload.get("unavailable"):
            self._served(self._inbox.data.workspace("discord", str(payload["id"]), here=False))

    def _know_role(self, guild: str, roles: object) -> None:
        self._roles[guild] = events.managed_role(roles, self._me())
        self.channels.note_roles(roles, guild)

    async def _learn_role(self, guild: str, payload: dict[str, Any], live: bool) -> None:
        """After a cold resume Discord does not repeat the guilds."""
        try:
            self._know_role(guild, await self._api.call("GET", "/guilds/{guild_id}/roles", guild_id=guild))
        except SpoolError as error:
            logger.info("roles cannot be read", extra={"error": str(error)})
            self._roles.setdefault(guild, None)
        self.take(payload, guild, live=live)
