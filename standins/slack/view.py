"""What a test or a terminal can see of a workspace, and what goes wrong with it when a test wants that."""

from __future__ import annotations

from typing import Any, Literal

from standins.local import Server
from standins.slack.api import Api, Fault
from standins.slack.filehost import FileHost
from standins.slack.message import Post
from standins.slack.sockets import Sockets
from standins.slack.streams import Streams
from standins.slack.wire import Json
from standins.slack.workspace import Workspace

_LAST_CALLS = 20


class View:
    """Nothing here changes anything. Lists are live: they grow as things happen."""

    workspace: Workspace
    api: Api
    sockets: Sockets
    _filehost: FileHost

    def _show(self) -> None:
        """What there is to see, once there is something to look at."""
        self.files = self.workspace.files
        self.scopes = self.workspace.scopes
        self.ephemerals = self.workspace.ephemerals
        self.statuses = self.workspace.statuses.log
        self.fetches = self._filehost.fetches
        self.calls, self.rate_limited = self.api.calls, self.api.rate_limited
        self.acks = self.sockets.deliveries.acks

    def posts(self, channel: str, thread_ts: str | None = None) -> list[Post]:
        room = self.workspace.channels.get(channel)
        if room is None:
            return []
        own = room.posts if thread_ts is None else room.thread_posts.get(thread_ts, [])
        return [Post.of(message) for message in own]

    def post(self, channel: str, ts: str) -> Post:
        """One message of the app. KeyError: it is not there (any more)."""
        return Post.of(self.workspace.channels[channel].by_ts[ts])

    def messages(self, channel: str) -> list[Json]:
        """Everything in the channel, replies too, oldest first, as history gives it."""
        room = self.workspace.channels[channel]
        return [room.raw(message) for message in room.everything()]

    def status(self, channel: str, thread_ts: str) -> str:
        return self.workspace.statuses.of(channel, thread_ts)

    def session(self, channel: str, thread_ts: str) -> str:
        """The agent session's status; '' for none."""
        return self.workspace.statuses.sessions.get((channel, thread_ts), "")

    def unacked(self) -> list[Json]:
        """Events (payloads) that were not acknowledged: under way, waiting, or lost."""
        deliveries = self.sockets.deliveries
        return [delivery.payload for delivery in [*deliveries.lost, *deliveries.outstanding]]

    @property
    def connections(self) -> int:
        return len(self.sockets.open)

    def report(self) -> str:
        """Sockets, latest calls, posts, statuses and unacknowledged events, for a person to read."""
        lines = [f"sockets open: {self.connections}", "calls:"]
        for call in self.calls[-_LAST_CALLS:]:
            state = call.error or ("ok" if call.done else "under way")
            lines.append(f"  {call.method} {_short(call.args)} -> {state}")
        for channel in self.workspace.channels:
            lines.append(f"posts in {channel}:")
            lines += [f"  {_line(post)}" for post in self.posts(channel)[-10:]]
        lines += [f"status: {entry[1:]}" for entry in self.statuses[-5:]]
        lines += [f"ephemeral to {entry.user}: {_short(entry.text)}" for entry in self.ephemerals[-5:]]
        lines += [f"unacknowledged: {_short(payload.get('event'))}" for payload in self.unacked()[-10:]]
        return "\n".join(lines)


def _line(post: Post) -> str:
    state = "streaming" if post.streaming else "broken" if post.broken else "done"
    beside = [file.name for file in post.files] + [
        f"{task['title']}: {task['status']}" for task in post.tasks
    ]
    return f"{post.ts} in {post.thread_ts} ({state}): {_short(post.text)} {beside or ''}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"


class Trouble(View):
    """Everything here lasts until it is taken back, or as often as asked."""

    _filehost: FileHost
    _server: Server
    _streams: Streams

    def fail(self, method: str, *, times: int = 1, **fault: Any) -> None:
        """The next calls of the method (`*`: of any) fail; see `api.Fault`. `download` and `upload` are the
        bytes of files; a drop `after` cuts a download in its middle.
        """
        self.api.faults.plan(method, Fault(**fault), times)

    def delay(self, method: str, seconds: float) -> None:
        """Every call of the method (`*`: any) is that slow from now on."""
        self.api.faults.slow(method, seconds)

    def heal(self) -> None:
        self.api.faults.clear()

    def refuse_chunks(self, error: str = "invalid_arguments") -> None:
        """A workspace that knows no chunks answers `error` to streams with them; '' allows them again."""
        self._streams.refusal = error

    def redirect_files(self, url: str) -> None:
        """The private URLs of files answer 302 to there; '' lets them serve again."""
        self._filehost.redirect = url

    async def disconnect(
        self, reason: Literal["refresh_requested", "warning", "link_disabled"] = "refresh_requested"
    ) -> None:
        self.sockets.disconnect(reason)

    def refuse_sockets(self, reason: str, times: int = 1, *, greeted: bool = False) -> None:
        """The next sockets are sent away with that reason, before Slack says hello or (`greeted`) after."""
        self.sockets.refusals.extend([(reason, greeted)] * times)

    async def cut(self) -> None:
        self.sockets.cut()

    async def go_offline(self) -> None:
        self.sockets.cut()
        await self._server.refuse()

    async def go_online(self) -> None:
        await self._server.listen()

    def deliver_twice(self, on: bool) -> None:
        """Whether every event from now on comes twice."""
        self.sockets.deliveries.doubling = on

    def revoke(self, token: Literal["bot", "app"]) -> None:
        self.api.revoked.add(token)
