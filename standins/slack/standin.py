"""A workspace that answers like Slack: Web API and Socket Mode on a local port."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from aiohttp import web

from standins.slack.api import Api
from standins.slack.changes import Changes
from standins.slack.channel import Channel
from standins.slack.chat import Chat
from standins.slack.commands import Commands, Reply
from standins.slack.conversations import Conversations
from standins.slack.directory import Directory
from standins.slack.events import Events
from standins.slack.filehost import FileHost
from standins.slack.files import Files
from standins.slack.identity import Identity
from standins.slack.limits import RateLimits
from standins.slack.people import Attached, Order, People
from standins.slack.server import Server
from standins.slack.sessions import Sessions
from standins.slack.sockets import Sockets
from standins.slack.status import StatusBoard
from standins.slack.streams import Streams
from standins.slack.timing import Timing
from standins.slack.trouble import Trouble
from standins.slack.wire import Json, Method
from standins.slack.workspace import Workspace


class SlackStandin(Trouble):
    """One workspace, one installed app, many people.

    limits: rate limits of the Web API. echo: the app is told of its own messages, as Slack does.
    seed: of everything Slack leaves to chance (which socket, which of two events first).
    timing: all time spans; the three named ones go before it.
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
        named = (stream_seconds, redeliver_after, retry_delays)
        self.timing = (timing or Timing()).but(*named)
        self.identity = replace(identity or Identity(), agent_app=agent_app)
        self.workspace = Workspace(self.identity)
        self._changes = Changes()
        ring, rng = self._changes.ring, random.Random(seed)
        self._statuses = StatusBoard(self.timing.status_seconds)
        self.sockets = Sockets(self.identity.app_id, self.timing, rng, ring)
        deliveries = self.sockets.deliveries
        self._events = Events(self.workspace, deliveries, rng, echo=echo)
        chat = Chat(self.workspace, self._events, self._statuses)
        self._streams = Streams(
            self.workspace, self._events, self._statuses, self.timing.stream_seconds, ring
        )
        self._files = Files(
            *(self.workspace, self._events, self._statuses),
            *(self.timing.share_seconds, lambda: self.base_url, ring),
        )
        self._people = People(self.workspace, self._events, self._streams, self._files)
        self._commands = Commands(self.workspace, deliveries, chat, lambda: self.base_url, ring)
        quota = RateLimits(limits, self.timing.minute)
        self.api = Api(self.identity, self.workspace.scopes, self._methods(chat), quota, ring)
        self._filehost = FileHost(self.workspace, self._files, self.api)
        self._server = Server(self._application())

    def _methods(self, chat: Chat) -> dict[str, Method]:
        return (
            chat.methods()
            | self._streams.methods()
            | self._files.methods()
            | Sessions(self.workspace, self._statuses).methods()
            | Conversations(self.workspace).methods()
            | Directory(self.workspace, self._socket_url).methods()
        )

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
        address = f"ws://127.0.0.1:{self._server.port}"
        return f"{address}/link/?ticket={ticket}&app_id={self.identity.app_id}"

    # ── life ──

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        self._streams.close()
        self._files.close()
        self.sockets.stop()
        await self._server.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/api/"

    @property
    def bot_token(self) -> str:
        return self.identity.bot_token

    @property
    def app_token(self) -> str:
        return self.identity.app_token

    @property
    def bot_user(self) -> str:
        return self.identity.bot_user

    @property
    def bot_id(self) -> str:
        return self.identity.bot_id

    @property
    def team(self) -> str:
        return self.identity.team

    @property
    def app_id(self) -> str:
        return self.identity.app_id

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
        self.workspace.direct[user] = channel
        return self.add_channel(channel, [user], kind="im")

    def add_stranger(self, user: str, team: str) -> None:
        """Somebody of another organisation, who shares channels with this one (Slack Connect)."""
        self.workspace.person(user).team = team

    def set_locale(self, user: str, locale: str) -> None:
        self.workspace.person(user).locale = locale

    # ── what people do ──

    async def say(
        self,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        *,
        blocks: list[Json] | None = None,
        files: Sequence[Attached] | None = None,
        order: Order = "random",
        broadcast: bool = False,
    ) -> str:
        """A person writes, with files or without. Returns ts.

        blocks: None makes them as the composer would, [] sends none.

        order: which of `message` and `app_mention` the app is told first.
        """
        ts = self._people.say(user, channel, text, thread_ts, blocks, files or (), order, broadcast)
        self._changes.ring()
        return ts

    async def mention(
        self,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        *,
        files: Sequence[Attached] | None = None,
    ) -> str:
        return await self.say(user, channel, f"<@{self.bot_user}> {text}", thread_ts, files=files)

    async def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        self._people.edit(user, channel, ts, text)
        self._changes.ring()

    async def delete(self, user: str, channel: str, ts: str) -> None:
        self._people.delete(user, channel, ts)
        self._changes.ring()

    async def unfurl(self, channel: str, ts: str, attachment: Json | None = None) -> None:
        """Slack adds a link preview to a message."""
        self._people.unfurl(channel, ts, attachment or {"id": 1, "title": "A page"})

    async def slash(self, user: str, channel: str, command: str, text: str = "") -> Reply:
        return await self._commands.slash(user, channel, command, text)

    async def shortcut(self, user: str, channel: str, message_ts: str, callback_id: str) -> Reply:
        return await self._commands.shortcut(user, channel, message_ts, callback_id)

    async def press(self, user: str, channel: str, message_ts: str, action: str | Json) -> Reply:
        """A button of a message is pressed, found by its action_id; LookupError when it is not there.

        A dict is told as the action itself, whatever the message has.
        """
        return await self._commands.press(user, channel, message_ts, action)

    async def press_stop(self, user: str, channel: str, thread_ts: str) -> list[str]:
        """Slack's own Stop button. Returns the ts of the streams Slack ended."""
        stopped = self._people.press_stop(user, channel, thread_ts)
        self._changes.ring()
        return stopped

    async def deliver(self, event: Json, **envelope: object) -> str:
        """Any event in an event_callback; `envelope` replaces fields of that. Returns event_id."""
        return self._events.publish(event, **envelope)

    @property
    def sharing(self) -> bool:
        """Whether a message with an uploaded file is still to appear: it comes after the app's call."""
        return self._files.sharing

    async def until(self, predicate: Callable[[], object], timeout: float = 10) -> None:
        """Return when `predicate()` is true; TimeoutError with a report of the workspace otherwise."""
        await self._changes.until(predicate, timeout, self.report)
