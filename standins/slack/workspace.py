"""The workspace: the app, people, channels, what was said, and the lines that say what the assistant does.

It outlives connections.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

from standins.slack.channel import Channel
from standins.slack.file import File
from standins.slack.message import Content, Ephemeral, Message
from standins.slack.timing import Stamps
from standins.slack.wire import ApiError, Json, granted, refuse

SCOPES = (
    "app_mentions:read,assistant:write,chat:write,commands,channels:history,channels:read,groups:history,"
    "groups:read,im:history,im:write,mpim:history,files:read,files:write,reactions:write,usergroups:read,users:read"
)


@dataclass(frozen=True)
class Identity:
    """One app installed in one workspace by single-workspace install (no Enterprise Grid)."""

    team: str = "T0TEAM0001"
    team_name: str = "Standin"
    bot_user: str = "U0BOT00001"
    bot_id: str = "B0BOT00001"
    bot_name: str = "assistant"
    app_id: str = "A0APP00001"
    bot_token: str = field(default="xoxb-1000000000-standin", repr=False)
    app_token: str = field(default="xapp-1-A0APP00001-1000000000-standin", repr=False)
    agent_app: bool = False
    scopes: str = SCOPES

    @property
    def profile(self) -> dict[str, object]:
        ids = {"id": self.bot_id, "app_id": self.app_id, "user_id": self.bot_user, "team_id": self.team}
        return ids | {"name": self.bot_name, "deleted": False}


LIFETIME = 120.0  # Slack removes a status after two minutes


@dataclass
class StatusBoard:
    """`log` holds every call as (monotonic seconds, channel, thread_ts, status)."""

    lifetime: float = LIFETIME
    log: list[tuple[float, str, str, str]] = field(default_factory=list)
    sessions: dict[tuple[str, str], str] = field(default_factory=dict)
    _current: dict[tuple[str, str], tuple[float, str]] = field(default_factory=dict)

    def set(self, channel: str, thread_ts: str, status: str) -> None:
        now = time.monotonic()
        self.log.append((now, channel, thread_ts, status))
        self._current[channel, thread_ts] = (now, status)

    def clear(self, channel: str, thread_ts: str) -> None:
        self._current.pop((channel, thread_ts), None)

    def of(self, channel: str, thread_ts: str) -> str:
        """The status people see now; '' for none."""
        since, status = self._current.get((channel, thread_ts), (0.0, ""))
        return status if time.monotonic() - since < self.lifetime else ""


@dataclass
class Person:
    id: str
    locale: str = "en-US"
    team: str = ""  # another workspace they belong to, "" for this one: a stranger in a shared channel
    name: str = ""  # what they chose to be called; many choose nothing
    zone: str = "Etc/UTC"
    guest: Literal["", "multi", "single"] = ""  # channels a guest of this workspace sees: some, or one
    deleted: bool = False


@dataclass
class Workspace:
    """`scopes`: what the app may do; those taken away are missing from the next call on."""

    identity: Identity
    statuses: StatusBoard = field(default_factory=StatusBoard)
    stamps: Stamps = field(default_factory=Stamps)
    channels: dict[str, Channel] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    ephemerals: list[Ephemeral] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)
    apps: dict[str, str] = field(default_factory=dict)  # other apps by their bot ids
    groups: dict[str, str] = field(default_factory=dict)  # the handles of user groups by their ids
    scopes: set[str] = field(init=False)
    commands: frozenset[str] | None = None  # those the app has registered; None: any

    def __post_init__(self) -> None:
        self.scopes = set(self.identity.scopes.split(","))

    def person(self, user: str) -> Person:
        return self.people.setdefault(user, Person(user))

    def open(self, channel: str, user: str) -> Channel:
        """The channel a person writes in; made with the app in it when it did not exist."""
        self.person(user)
        room = self.channels.get(channel)
        if room is None:
            room = self.channels[channel] = Channel(channel)
        room.members.add(user)
        return room

    def room(self, channel: str) -> Channel:
        """A conversation the app may use. Raises channel_not_found, not_in_channel."""
        room = self.channels.get(channel)
        if room is None or (not room.bot_in and room.kind != "channel"):
            raise ApiError("channel_not_found")
        refuse(not room.bot_in, "not_in_channel")
        return room

    def granted(self, what: str, room: Channel) -> None:
        """ApiError missing_scope when the app may not do that ("read", "history") in such conversations."""
        granted(self.scopes, f"{room.scope}:{what}")

    def own_fields(self) -> Json:
        who = self.identity
        return {"bot_id": who.bot_id, "app_id": who.app_id, "team": who.team, "bot_profile": who.profile}

    def own_message(
        self, room: Channel, text: str, thread_ts: str | None, blocks: list[Json], extra: Json
    ) -> Message:
        """A message of the app, marked as such, not in the room yet."""
        stamp, extra = self.stamps.next(), self.own_fields() | extra
        return Message(room.id, stamp, self.identity.bot_user, text, thread_ts, blocks, extra)

    def own(self, room: Channel, ts: str, refusal: str) -> Message:
        """The app's message. ApiError message_not_found, or `refusal` when it is somebody else's."""
        message = room.by_ts.get(ts)
        if message is None:
            raise ApiError("message_not_found")
        refuse(message.extra.get("bot_id") != self.identity.bot_id, refusal)
        return message

    def whisper(self, channel: str, user: str, content: Content, source: str, thread_ts: str | None) -> None:
        now, blocks = time.monotonic(), content.blocks or []
        self.ephemerals.append(Ephemeral(channel, user, content.shown(), source, now, thread_ts, blocks))
