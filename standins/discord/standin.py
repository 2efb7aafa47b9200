"""A local Discord for tests and the demo: REST v10 and gateway v10, as strict as the real one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from copy import copy
from typing import Any, TypeVar

from standins.discord.connection import Connection
from standins.discord.error import JSON
from standins.discord.gateway import BEAT, RECONNECT
from standins.discord.message import Message
from standins.discord.people import People
from standins.discord.request import Call, Fault

T = TypeVar("T")


class DiscordStandin(People):
    """Discord with one bot account. `limits=False` switches the rate limits off. Point an unmodified client
    at `api_url` (`discord.http.Route.BASE`) and `gateway_url`
    (`discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY`). All ids are snowflake strings.
    """

    async def replay(self, name: str, data: Any) -> None:
        """A recorded gateway event, told as it is; nothing in the channels changes."""
        self._world.replay(name, data)

    async def raw(self, name: str, data: str) -> None:
        """A gateway event with this text in place of its data, sent to every session and kept by it."""
        self._gateway.raw(name, data)

    # -- what came of it ------------------------------------------------------------------------------

    def posts(self, channel: str) -> list[Message]:
        """The bot's messages there as they are now, without deleted ones, oldest first."""
        return [copy(message) for message in self._world.channels[channel].own.values()]

    def messages(self, channel: str) -> list[Message]:
        """Everybody's messages there as they are now, oldest first."""
        return [copy(message) for message in self._world.channels[channel].ordered()]

    @property
    def places(self) -> list[str]:
        """The ids of all channels, threads and DMs there are."""
        return list(self._world.channels)

    @property
    def rate_limited(self) -> list[Call]:
        return [call for call in self.calls if call.status == 429]

    @property
    def invalid_requests(self) -> int:
        """How many were answered 401, 403 or 429; Discord bans at 10,000 in 10 minutes."""
        return sum(call.status in (401, 403, 429) for call in self.calls)

    @property
    def commands(self) -> list[JSON]:
        return self._world.commands.all

    @property
    def command_syncs(self) -> int:
        return self._world.commands.syncs

    @property
    def identifies(self) -> int:
        return len(self.identified)

    @property
    def resumes(self) -> int:
        return self._gateway.resumes

    @property
    def sessions_ended(self) -> int:
        """Sessions the client threw away by closing with 1000 or 1001; what waited in them was lost."""
        return self._gateway.ended

    @property
    def connected(self) -> int:
        return sum(session is not None for session in self._gateway.connections.values())

    async def until(self, predicate: Callable[[], T], timeout: float = 10.0, channel: str | None = None) -> T:
        """The predicate's first true value, asked anew on each change and every 50 ms. With `channel` only on
        changes there, which is cheaper when hundreds wait at once. TimeoutError tells what had happened until
        then.
        """
        return await self._world.changes.until(predicate, timeout, self.dump, channel)

    def dump(self) -> str:
        lines = [f"{c.method} {c.path} -> {c.status} {c.body!r:.200}" for c in self.calls[-15:]]
        for channel in list(self._world.channels.values())[-5:]:
            lines.append(f"channel {channel.id}:")
            lines += [
                f"  {m.author.name}: {m.content!r:.200} {[a.filename for a in m.attachments] or ''}"
                for m in channel.ordered()[-6:]
            ]
        gateway = f"identifies {self.identifies}, resumes {self.resumes}, connected {self.connected}"
        return "\n".join([*lines, f"{gateway}, closes {self.gateway_closes}, syncs {self.command_syncs}"])

    # -- faults ---------------------------------------------------------------------------------------

    def fail(self, method: str, template: str, status: int = 500, **fault: Any) -> None:
        """Let the next `times` such requests go wrong; see `Fault`. `{...}` is any one path segment. Bytes of
        attachments are `GET /attachments/{channel}/{file}/{name}`; a drop `after` cuts them in half.
        """
        self._world.faults.add(method, template, Fault(status, **fault))

    async def cut(self) -> None:
        """Cut the gateway's TCP connections; sessions can be resumed."""
        self._gateway.each(Connection.cut)
        await asyncio.sleep(0)

    async def gateway_down(self) -> None:
        """The gateway cuts and refuses connections, REST goes on; until `gateway_up`."""
        self._gateway.refusing = True
        await self.cut()

    async def gateway_up(self) -> None:
        self._gateway.refusing = False

    def deliver_twice(self, on: bool) -> None:
        """Whether every event of a message comes twice from now on, as around a resume it may."""
        self._gateway.doubling = on

    async def request_heartbeat(self) -> None:
        """Op 1: Discord wants a heartbeat at once."""
        self._gateway.each(lambda connection: connection.send_op(BEAT, None))

    async def request_reconnect(self) -> None:
        """Op 7: Discord asks clients to reconnect and resume."""
        self._gateway.each(lambda connection: connection.send_op(RECONNECT, None))

    async def invalidate(self, resumable: bool = False) -> None:
        """Op 9. Unless `resumable`, the sessions and what waited in them are gone."""
        self._gateway.invalidate(resumable)

    async def go_offline(self) -> None:
        """Refuse and cut all connections. Events meanwhile wait in the sessions."""
        await self._server.refuse()

    async def go_online(self) -> None:
        await self._server.listen()
