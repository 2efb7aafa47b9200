"""The parts of the stand-in wired together, its life, and the places in it."""

from __future__ import annotations

from aiohttp import web

from standins.discord.cdn import ROUTE as CDN
from standins.discord.channel import Channel
from standins.discord.error import MISSING_ACCESS, MISSING_PERMISSIONS, OF_A_PLACE
from standins.discord.gateway import Gateway
from standins.discord.guild import User, checked
from standins.discord.request import REQUEST_LIMIT
from standins.discord.rest import BASE, Rest
from standins.discord.routes import ELSEWHERE, ROUTES
from standins.discord.rules import Buckets, Rules
from standins.discord.world import GUILDS, World
from standins.local import HOST, Local, Server


class Host(Local):
    """One bot account on one port of 127.0.0.1. Everything is kept in memory and gone after `stop`."""

    def __init__(self, limits: bool = True, *, port: int = 0, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self._world = World(self.rules)
        self._gateway, self._buckets = Gateway(self._world), Buckets(self.rules, limits=limits)
        self._rest = Rest(self._world, self._buckets)
        self._server = Server(self._application(), port, shutdown_timeout=0.2)
        self.application_id, self.bot_user = self._world.application_id, self._world.bot.id
        self.token = self._world.token
        self.revoke, self.expire_sessions = self._gateway.revoke, self._gateway.expire
        self.expire_attachments = self._world.cdn.expire
        self.delay, self.heal = self._world.faults.delay, self._world.faults.clear
        self.typing = self._world.typing  # (monotonic time, channel) of each typing request
        self.calls = self._rest.calls  # every REST request answered so far
        self.fetches = self._world.cdn.fetches  # every request for the bytes of an attachment
        self.identified = self._world.identified  # the data of every IDENTIFY, without its token
        self.gateway_closes = self._gateway.closes
        """Codes with which the client closed its connections (a cut leaves none)."""

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=REQUEST_LIMIT)
        for path in ("/", "/resume/"):
            app.router.add_get(path, self._gateway.serve)
        app.router.add_get(CDN, self._world.cdn.serve, allow_head=False)
        for route in (*ROUTES, *ELSEWHERE):
            app.router.add_route(route.method, BASE + route.path, self._rest.serve(route))
        return app

    async def start(self) -> None:
        await self._server.start()
        self._world.cdn.base_url = f"http://{HOST}:{self._server.port}"
        self._world.gateway_url = self.gateway_url

    async def stop(self) -> None:
        await self._server.stop()

    @property
    def api_url(self) -> str:
        return f"http://{HOST}:{self._server.port}{BASE}"

    @property
    def gateway_url(self) -> str:
        return f"ws://{HOST}:{self._server.port}/"

    def limit(self, on: bool) -> None:
        self._buckets.limits = on

    def set_clock(self, ahead: float) -> None:
        self._world.ahead = ahead

    def make_private(self) -> None:
        """Only its owner may invite the bot from now on."""
        self._world.public = False

    def permit(self, guild: str, permissions: int) -> None:
        """What the bot's roles allow it there, as a client is told."""
        self._world.permissions[guild] = permissions

    def add_guild(self, guild: str | None = None, name: str = "Guild") -> str:
        return self._world.add_guild(guild or self._world.ids.next(), name).id

    def join(self, guild: str, user: str) -> None:
        """Whoever writes in its channels is a member anyway."""
        self._world.guilds[guild].people.add(self._world.user(user).id)

    def leave(self, guild: str, user: str) -> None:
        """They are a member no longer, whatever they wrote before."""
        self._world.guilds[guild].people.discard(user)

    def remove_bot(self, guild: str) -> None:
        """Somebody there removes the bot."""
        del self._world.guilds[guild]
        self._world.tell("GUILD_DELETE", {"id": guild}, GUILDS)

    def add_channel(self, guild: str, channel: str | None = None, name: str = "general") -> str:
        """A text channel; the guild is made when it is not there yet."""
        home = self._world.guilds.get(guild) or self._world.add_guild(guild, "Guild")
        return self._world.add_channel(Channel(channel or self._world.ids.next(), name, home)).id

    def add_thread(self, parent: str, thread: str | None = None, name: str = "thread") -> str:
        """A public thread in a channel; its id may be that of the message it hangs on."""
        channel = self._world.channels[parent]
        place = Channel(thread or self._world.ids.next(), name, channel.guild, channel)
        return self._world.add_channel(place).id

    def add_dm(self, channel: str, user: str) -> str:
        """The DM channel with a person, under an id of the test's choice."""
        return self._world.open_dm(channel, user).id

    def add_others_dm(self, user: str) -> str:
        """The DM of that person with somebody else; the bot is not in it."""
        place = Channel(self._world.ids.next(), "", person=self._world.user(user), others=True)
        place.refusal = MISSING_ACCESS
        self._world.channels[place.id] = place
        return place.id

    def dm(self, user: str) -> str:
        """The DM channel with a person, made on first use."""
        return self._world.dm(user).id

    def add_user(self, user: str, name: str = "", *, bot: bool = False, locale: str = "en-US") -> str:
        self._world.users[user] = User(checked(user), name or f"person-{user[-4:]}", bot, locale)
        return user

    def managed_role(self, guild: str) -> str:
        """The bot's own role there, which looks like the bot when people mention it."""
        return self._world.guilds[guild].managed_role

    def forbid(self, channel: str, code: int = MISSING_PERMISSIONS[1]) -> None:
        """Refuse the bot there: 50013 writing, 50001 everything, 50007 a closed DM, 10003 gone."""
        self._world.channels[channel].refusal = OF_A_PLACE[code]

    def allow(self, channel: str) -> None:
        self._world.channels[channel].refusal = None

    def hide_history(self, channel: str) -> None:
        """The bot may not read there what was said before, and so not reply: it may still post."""
        self._world.channels[channel].readable = False

    def archive(self, thread: str, *, locked: bool = False, opens: bool = True) -> None:
        """See `Channel`. Locked threads need not be archived: see `lock`."""
        place = self._world.channels[thread]
        place.locked, place.opens = locked, opens
        self._world.archive(place, True)

    def lock(self, thread: str) -> None:
        """Nobody but moderators may write there any more; what stands there can still be edited."""
        self._world.channels[thread].locked = True
