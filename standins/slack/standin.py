"""A workspace that answers like Slack: Web API and Socket Mode on a local port."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace

from aiohttp import web

from standins.local import HOST, Changes, Local, Server
from standins.slack import methods
from standins.slack.api import Api, RateLimits
from standins.slack.channel import Channel
from standins.slack.chat import Chat
from standins.slack.commands import Commands
from standins.slack.conversations import Conversations, Directory
from standins.slack.events import Events
from standins.slack.filehost import FileHost
from standins.slack.files import Files
from standins.slack.methods import Method
from standins.slack.people import People
from standins.slack.sockets import Sockets
from standins.slack.streams import Sessions, Streams
from standins.slack.timing import Timing
from standins.slack.views import Views
from standins.slack.workspace import Identity, StatusBoard, Workspace


class SlackStandin(People, Local):
    """One workspace, one installed app, many people. limits: rate limits of the Web API. echo: the app is
    told of its own messages, as Slack does. seed: of everything Slack leaves to chance (which socket, which
    of two events first). timing: all time spans; the three named ones go before it.
    """

    def __init__(
        self,
        *,
        limits: bool = True,
        agent_app: bool = False,
        echo: bool = True,
        seed: int = 0,
        stream_seconds: float | None = None,
        redeliver_after: float | None = None,
        retry_delays: tuple[float, ...] | None = None,
        timing: Timing | None = None,
        identity: Identity | None = None,
    ) -> None:
        named = {"stream_seconds": stream_seconds, "redeliver_after": redeliver_after}
        self.timing = (timing or Timing()).but(**named, retry_delays=retry_delays)
        who = self.identity = replace(identity or Identity(), agent_app=agent_app)
        self.bot_token, self.app_token, self.app_id = who.bot_token, who.app_token, who.app_id
        self.bot_user, self.bot_id, self.team = who.bot_user, who.bot_id, who.team
        self.workspace = Workspace(who, StatusBoard(self.timing.status_seconds))
        self._changes = Changes(0.02)
        ring, rng = self._changes.ring, random.Random(seed)
        self.sockets = Sockets(who.app_id, self.timing, rng, ring)
        deliveries = self.sockets.deliveries
        self._events = Events(self.workspace, deliveries, rng, echo)
        place = (self.workspace, self._events)
        chat = Chat(*place)
        self._streams = Streams(*place, self.timing.stream_seconds, ring)
        self._files = Files(*place, self.timing.share_seconds, lambda: self.base_url, ring)
        views = Views(self.timing.ack_seconds)
        self._commands = Commands(self.workspace, deliveries, chat, lambda: self.base_url, ring, views)
        self.slash, self.shortcut = self._commands.slash, self._commands.shortcut
        self.press_private = self._commands.press_private
        self.press, self.submit = self._commands.press, self._commands.submit
        self.modals = views.opened
        quota = RateLimits(limits)
        self.api = Api(who, self.workspace.scopes, self._methods(chat), quota, ring)
        self._filehost = FileHost(self.workspace, self._files, self.api)
        self._server = Server(self._application(), shutdown_timeout=1.0)
        self._show()

    def _methods(self, chat: Chat) -> dict[str, Method]:
        reading, directory = Conversations(self.workspace), Directory(self.workspace, self._socket_url)
        sessions = Sessions(self.workspace)
        messages = methods.of_messages(chat, self._streams, sessions, self._commands.views)
        return messages | methods.of_workspace(self._files, reading, directory)

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=4 * 1024**2)
        app.router.add_route("*", "/api/{method}", self.api.handle)
        app.router.add_get("/link/", self.sockets.serve)
        app.router.add_post("/response/{key}", self._commands.respond)
        for private in ("/files-pri/{team}-{file}/{name}", "/files-pri/{team}-{file}/download/{name}"):
            app.router.add_get(private, self._filehost.download)
        app.router.add_post("/upload/v1/{key}", self._filehost.upload)
        return app

    def _socket_url(self) -> str:
        ticket = self.sockets.ticket()
        address = f"ws://{HOST}:{self._server.port}"
        return f"{address}/link/?ticket={ticket}&app_id={self.identity.app_id}"

    # ── life ──

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        self._streams.close()
        self._files.close()
        self.sockets.stop()
        await self._server.stop()

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self._server.port}"

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/api/"

    # ── the workspace ──

    def add_channel(
        self, channel: str, members: Iterable[str] = (), bot_in: bool = True, kind: str = ""
    ) -> Channel:
        """kind: channel, group (private) or mpim; by default from the first letter of the id."""
        room = Channel(channel, kind, set(members), bot_in)
        for member in room.members:
            self.workspace.person(member)
        self.workspace.channels[channel] = room
        return room

    def add_dm(self, channel: str, user: str) -> Channel:
        return self.add_channel(channel, [user], kind="im")

    def add_stranger(self, user: str, team: str) -> None:
        """Somebody of another organisation, who shares channels with this one (Slack Connect)."""
        self.workspace.person(user).team = team

    def set_locale(self, user: str, locale: str) -> None:
        self.workspace.person(user).locale = locale

    @property
    def sharing(self) -> bool:
        """Whether a message with an uploaded file is still to appear: it comes after the app's call."""
        return self._files.sharing

    async def until(self, predicate: Callable[[], object], timeout: float = 10) -> None:
        """Return when `predicate()` is true; TimeoutError with a report of the workspace otherwise."""
        await self._changes.until(predicate, timeout, self.report)
