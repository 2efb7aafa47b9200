"""conversations.*, a page at a time; who is who: auth.test, *.info, usergroups.list; the door to Socket Mode.

Source: docs.slack.dev/reference/methods/conversations.history and conversations.replies.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from standins.slack.channel import Channel, between
from standins.slack.message import Message
from standins.slack.timing import micros
from standins.slack.wire import ApiError, Json, flag, refuse
from standins.slack.workspace import Workspace


@dataclass(frozen=True)
class Window:
    """Which messages a call asks for. Bounds in microseconds; `cursor` is the order of the last one seen."""

    oldest: int | None
    latest: int | None
    inclusive: bool
    limit: int
    cursor: int | None
    metadata: bool

    @classmethod
    def of(cls, args: Json, default: int, most: int) -> Window:
        try:
            limit = int(args.get("limit") or default)
        except ValueError:
            raise ApiError("invalid_limit") from None
        refuse(not 1 <= limit <= most, "invalid_limit")
        return cls(
            _bound(args, "oldest"),
            _bound(args, "latest"),
            flag(args.get("inclusive")),
            limit,
            _cursor(args.get("cursor", "")),
            flag(args.get("include_all_metadata")),
        )


def _bound(args: Json, name: str) -> int | None:
    if not args.get(name):
        return None
    try:
        return micros(args[name])
    except ValueError:
        raise ApiError(f"invalid_ts_{name}") from None


def _cursor(text: str) -> int | None:
    if not text:
        return None
    try:
        kind, _, order = base64.b64decode(text, validate=True).decode().partition(":")
        if kind != "next_ts":
            raise ValueError
        return int(order)
    except (binascii.Error, ValueError):
        raise ApiError("invalid_cursor") from None


def _next(message: Message) -> str:
    return base64.b64encode(f"next_ts:{message.order}".encode()).decode()


@dataclass(frozen=True)
class Conversations:
    workspace: Workspace

    def replies(self, args: Json) -> Json:
        """The root first on every page, then the replies, oldest first; a reply's ts gives it alone."""
        room = self._readable(args["channel"])
        window = Window.of(args, 1000, 1000)
        root = room.by_ts.get(args["ts"])
        if root is None:
            raise ApiError("thread_not_found")
        answers = room.threads.get(root.ts, [])
        start, stop = between(answers, window.oldest, window.latest, inclusive=window.inclusive)
        if window.cursor is not None:
            start = max(start, between(answers, window.cursor, None, inclusive=False)[0])
        size = window.limit - 1 if window.cursor is None else max(1, window.limit - 1)
        page = answers[start : min(stop, start + size)]
        more = start + len(page) < stop
        last = page[-1] if page else root
        return _page(room, [root, *page], window, _next(last) if more else "")

    def history(self, args: Json) -> Json:
        """Newest first, without replies unless broadcast."""
        room = self._readable(args["channel"])
        window = Window.of(args, 100, 999)
        latest = window.latest
        start, stop = between(room.main, window.oldest, latest, inclusive=window.inclusive)
        if window.cursor is not None:
            stop = min(stop, between(room.main, None, window.cursor, inclusive=False)[1])
        first = max(start, stop - window.limit)
        page = room.main[first:stop][::-1]
        return _page(room, page, window, _next(page[-1]) if first > start else "")

    def open(self, args: Json) -> Json:
        """The direct conversation of the app with one person, made when there is none."""
        user = str(args.get("users") or "")
        refuse(not user, "users_list_not_supplied")
        refuse(user == self.workspace.identity.bot_user, "cannot_dm_bot")
        refuse(user not in self.workspace.people, "user_not_found")
        rooms = self.workspace.channels.values()
        known = [one for one in rooms if one.is_direct and one.members == {user}]
        room = known[0] if known else self.workspace.open(f"D{user}", user)
        return {"no_op": bool(known), "already_open": bool(known), "channel": {"id": room.id}}

    def _readable(self, channel: str) -> Channel:
        room = self.workspace.room(channel)
        self.workspace.granted("history", room)
        return room


def _page(room: Channel, messages: Sequence[Message], window: Window, cursor: str) -> Json:
    body: Json = {
        "messages": [room.raw(message, metadata=window.metadata) for message in messages],
        "has_more": bool(cursor),
    }
    if cursor:
        body["response_metadata"] = {"next_cursor": cursor}
    return body


@dataclass(frozen=True)
class Directory:
    """`socket_url` gives a fresh single-use URL for one connection."""

    workspace: Workspace
    socket_url: Callable[[], str]

    def connect(self, args: Json) -> Json:
        return {"url": self.socket_url()}

    def whoami(self, args: Json) -> Json:
        who = self.workspace.identity
        names = {"team": who.team_name, "user": who.bot_name, "url": "https://standin.slack.com/"}
        ids = {"team_id": who.team, "user_id": who.bot_user, "bot_id": who.bot_id}
        return names | ids | {"is_enterprise_install": False}

    def user(self, args: Json) -> Json:
        who, user = self.workspace.identity, args["user"]
        person = self.workspace.people.get(user)
        refuse(person is None and user != who.bot_user, "user_not_found")
        name = who.bot_name if person is None else user.lower()
        shown = person.name if person else name
        profile = {"display_name": shown, "real_name": shown or name}
        found: Json = {"id": user, "team_id": who.team, "name": name, "real_name": name, "profile": profile}
        found |= {"deleted": False, "is_bot": person is None, "tz": person.zone if person else "Etc/UTC"}
        if person:
            found |= {"is_restricted": bool(person.guest), "is_ultra_restricted": person.guest == "single"}
            found["deleted"] = person.deleted
        if person and person.team:  # strange is who shares no channel with the app
            found |= {"team_id": person.team, "is_stranger": not self._shares(user)}
        if flag(args.get("include_locale")):
            found["locale"] = person.locale if person else "en-US"
        return {"user": found}

    def _shares(self, user: str) -> bool:
        return any(user in room.members and room.bot_in for room in self.workspace.channels.values())

    def channel(self, args: Json) -> Json:
        room = self.workspace.channels.get(args["channel"])
        if room is None or (room.kind != "channel" and not room.bot_in):
            raise ApiError("channel_not_found")
        self.workspace.granted("read", room)
        private = room.kind != "channel"
        told: Json = {"id": room.id, "is_im": room.is_direct, "is_member": room.bot_in}
        told |= {"is_private": private} if room.is_direct else {"name": room.name or room.id.lower()}
        return {"channel": told | {"context_team_id": self.workspace.identity.team, "is_archived": False}}

    def bot(self, args: Json) -> Json:
        who, bot = self.workspace.identity, str(args.get("bot"))
        known = self.workspace.apps | {who.bot_id: who.bot_name}
        refuse(bot not in known, "bot_not_found")
        return {"bot": {"id": bot, "name": known[bot], "deleted": False}}

    def groups(self, args: Json) -> Json:
        told = self.workspace.groups.items()
        return {"usergroups": [{"id": id, "handle": handle, "name": handle} for id, handle in told]}
