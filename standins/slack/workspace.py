"""The workspace: people, channels, and what was said. It outlives connections."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field

from standins.slack.channel import Channel
from standins.slack.clock import Stamps
from standins.slack.content import Content
from standins.slack.file import File
from standins.slack.identity import Identity
from standins.slack.message import Ephemeral, Message
from standins.slack.status import StatusBoard
from standins.slack.wire import ApiError, Json, granted, refuse


@dataclass
class Person:
    id: str
    locale: str = "en-US"
    team: str = ""
    """Another workspace they belong to, "" for this one: a stranger in a shared channel."""
    name: str = ""
    """What they chose to be called; many choose nothing."""
    zone: str = "Etc/UTC"


@dataclass
class Workspace:
    """`scopes`: what the app may do; those taken away are missing from the next call on."""

    identity: Identity
    statuses: StatusBoard = field(default_factory=StatusBoard)
    stamps: Stamps = field(default_factory=Stamps)
    channels: dict[str, Channel] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    direct: dict[str, str] = field(default_factory=dict)
    ephemerals: list[Ephemeral] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)
    apps: dict[str, str] = field(default_factory=dict)
    """Other apps by their bot ids, and the handles of user groups by theirs."""
    groups: dict[str, str] = field(default_factory=dict)
    scopes: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.scopes = set(self.identity.scopes.split(","))

    def person(self, user: str) -> Person:
        """The person, who joins the workspace when first named."""
        return self.people.setdefault(user, Person(user))

    def open(self, channel: str, user: str) -> Channel:
        """The channel a person writes in; made with the app in it when it did not exist."""
        self.person(user)
        room = self.channels.get(channel)
        if room is None:
            room = self.channels[channel] = Channel(channel)
            if room.is_direct:
                self.direct[user] = channel
        room.members.add(user)
        return room

    def direct_with(self, user: str) -> tuple[Channel, bool]:
        """The direct conversation with a person; True when it existed."""
        refuse(user not in self.people, "user_not_found")
        known = self.direct.get(user)
        channel = known or f"D0{uuid.uuid4().hex[:8].upper()}"
        return self.open(channel, user), known is not None

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
        """What marks a message as the app's."""
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
        """Show it to one person."""
        now, blocks = time.monotonic(), content.blocks or []
        self.ephemerals.append(Ephemeral(channel, user, content.shown(), source, now, thread_ts, blocks))
