"""What people do in the workspace: write, edit, delete, stop."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Literal

from standins.local import Changes
from standins.slack.channel import Channel
from standins.slack.events import Events
from standins.slack.file import Upload
from standins.slack.files import Files
from standins.slack.message import Message
from standins.slack.richtext import blocks_of, escaped
from standins.slack.view import Trouble
from standins.slack.wire import Json

Order = Literal["random", "message", "mention"]

Attached = Upload | tuple[str, bytes] | Json
"""A file to attach: described, or by its name and bytes. A dict goes into the message as it is."""


class People(Trouble):
    """Everything here is told to the app, as far as Slack does; KeyError: no such message."""

    bot_user: str
    _changes: Changes
    _events: Events
    _files: Files

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
        attachments: list[Json] | None = None,
    ) -> str:
        """A person writes, with files or without. Returns ts. blocks: None makes them as the composer would,
        [] sends none. attachments: as they are. order: which of `message` and `app_mention` comes first.
        """
        room = self.workspace.open(channel, user)
        if thread_ts is not None:
            thread_ts = room.by_ts[thread_ts].root
        text, stamp = escaped(text), self.workspace.stamps.next()
        extra = self._extra(user, files, broadcast=broadcast)
        if attachments:
            extra["attachments"] = attachments
        described = [_described(one) for one in files or () if not isinstance(one, dict)]
        attached = [self._files.attach(user, upload) for upload in described]
        made = blocks_of(text, stamp[-5:]) if blocks is None else blocks
        message = Message(channel, stamp, user, text, thread_ts, made, extra, broadcast=broadcast)
        message.files = attached
        for file in attached:
            file.shared(room.kind, room.id, stamp, thread_ts)
        room.add(message, own=False)
        self._events.said(room, message, order)
        self._changes.ring()
        return stamp

    def _extra(self, user: str, files: Sequence[Attached] | None, *, broadcast: bool) -> Json:
        """The message's fields that say from where it comes and what it brings."""
        home = self.workspace.person(user).team
        extra: Json = {"client_msg_id": str(uuid.uuid4()), "team": home or self.workspace.identity.team}
        if home:
            extra |= {"user_team": home, "source_team": home}
        if files:
            extra |= {"subtype": "file_share", "upload": False, "display_as_bot": False}
        elif broadcast:
            extra["subtype"] = "thread_broadcast"
        if given := [one for one in files or () if isinstance(one, dict)]:
            extra["files"] = given
        return extra

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

    async def forward(self, user: str, channel: str, ts: str, to: str, comment: str = "") -> str:
        """A person passes a message on, with a comment or without. Returns ts of the new message."""
        raw = (room := self.workspace.channels[channel]).raw(message := room.by_ts[ts])
        name = self.workspace.person(message.user).name or message.user.lower()
        url = f"https://standin.slack.com/archives/{channel}/p{ts.replace('.', '')}"
        shared: Json = {
            **{"id": 1, "is_msg_unfurl": True, "is_share": True, "from_url": url, "ts": ts},
            **{"author_id": message.user, "author_name": name, "channel_id": channel, "text": message.text},
            **{"fallback": f"{name}: {message.text}", "mrkdwn_in": ["text"], "files": raw.get("files", [])},
        }
        if blocks := raw.get("blocks"):
            shared["message_blocks"] = [{"channel": channel, "ts": ts, "message": {"blocks": blocks}}]
        return await self.say(user, to, comment, attachments=[shared])

    async def post_as(
        self, app: str, channel: str, text: str = "", thread_ts: str | None = None, **fields: Any
    ) -> str:
        """Another app posts, as integrations do: no user. `fields`: blocks, attachments, username."""
        room, stamp = self.workspace.channels[channel], self.workspace.stamps.next()
        extra = {"subtype": "bot_message", "bot_id": app, **fields}
        message = Message(channel, stamp, "", text, thread_ts, extra.pop("blocks", []), extra)
        room.add(message, own=False)
        self._events.said(room, message, "random")
        return stamp

    async def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        """Change an own message. PermissionError: it is somebody else's."""
        room, message = self._own(user, channel, ts)
        before, stamp = room.raw(message), self.workspace.stamps.next()
        message.text = escaped(text)
        message.blocks = blocks_of(message.text, stamp[-5:])
        message.extra["edited"] = {"user": user, "ts": stamp}
        message.seen()
        self._events.changed(room, before, room.raw(message), stamp)
        self._changes.ring()

    async def delete(self, user: str, channel: str, ts: str) -> None:
        """Delete an own message; one with replies leaves a tombstone, which is told as a change."""
        room, message = self._own(user, channel, ts)
        before, stamp = room.raw(message), self.workspace.stamps.next()
        if room.threads.get(ts):
            message.text, message.blocks, message.user = "This message was deleted.", [], "USLACKBOT"
            message.extra = {"subtype": "tombstone", "hidden": True}
            message.seen()
            self._events.changed(room, before, room.raw(message), stamp)
        else:
            room.remove(message)
            self._events.deleted(room, before, stamp)
        self._changes.ring()

    async def unfurl(self, channel: str, ts: str, attachment: Json | None = None) -> None:
        """Slack adds a preview to a message: its text stays the same."""
        room = self.workspace.channels[channel]
        message = room.by_ts[ts]
        before, stamp = room.raw(message), self.workspace.stamps.next()
        message.extra["attachments"] = [attachment or {"id": 1, "title": "A page"}]
        self._events.changed(room, before, room.raw(message), stamp)

    async def press_stop(self, user: str, channel: str, thread_ts: str) -> list[str]:
        """Slack's own Stop button: Slack ends the thread's open streams, then tells the app. Their ts."""
        stopped = self._streams.end_all(channel, thread_ts)
        stamp = self.workspace.stamps.next()
        place = {"channel": channel, "thread_ts": thread_ts, "user": user}
        self._events.publish(
            {"type": "agent_session_stopped", **place, "streaming_message_ts": stopped, "event_ts": stamp}
        )
        self._changes.ring()
        return stopped

    async def deliver(self, event: Json, **envelope: object) -> str:
        """Any event in an event_callback; `envelope` replaces fields of that. Returns event_id."""
        return self._events.publish(event, **envelope)

    def _own(self, user: str, channel: str, ts: str) -> tuple[Channel, Message]:
        room = self.workspace.channels[channel]
        message = room.by_ts[ts]
        if message.user != user:
            raise PermissionError(f"{user} did not write {ts}")
        return room, message


def _described(attached: Upload | tuple[str, bytes]) -> Upload:
    return attached if isinstance(attached, Upload) else Upload(*attached)
