"""What people do in the workspace: write, edit, delete, stop."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Literal

from standins.slack.channel import Channel
from standins.slack.events import Events
from standins.slack.file import Upload
from standins.slack.files import Files
from standins.slack.message import Message
from standins.slack.richtext import blocks_of, escaped
from standins.slack.streams import Streams
from standins.slack.wire import Json
from standins.slack.workspace import Workspace

Order = Literal["random", "message", "mention"]

Attached = Upload | tuple[str, bytes] | Json
"""A file to attach: described, or by its name and bytes. A dict goes into the message as it is."""


class People:
    def __init__(self, workspace: Workspace, events: Events, streams: Streams, files: Files) -> None:
        self._workspace = workspace
        self._events = events
        self._streams = streams
        self._files = files

    def say(
        self,
        user: str,
        channel: str,
        typed: str,
        thread_ts: str | None,
        blocks: list[Json] | None,
        files: Sequence[Attached],
        order: Order,
        broadcast: bool,
    ) -> str:
        """Write; the app is told. `blocks` None: as the composer would make them. KeyError: no thread."""
        room = self._workspace.open(channel, user)
        if thread_ts is not None:
            thread_ts = room.by_ts[thread_ts].root
        text, stamp = escaped(typed), self._workspace.stamps.next()
        home = self._workspace.person(user).team
        extra: Json = {"client_msg_id": str(uuid.uuid4()), "team": home or self._workspace.identity.team}
        if home:
            extra |= {"user_team": home, "source_team": home}
        attached = [self._files.attach(user, _described(one)) for one in files if not isinstance(one, dict)]
        if files:
            extra |= {"subtype": "file_share", "upload": False, "display_as_bot": False}
        elif broadcast:
            extra["subtype"] = "thread_broadcast"
        made = blocks_of(text, stamp[-5:]) if blocks is None else blocks
        if given := [one for one in files if isinstance(one, dict)]:
            extra["files"] = given
        message = Message(
            channel, stamp, user, text, thread_ts, made, extra, broadcast=broadcast, files=attached
        )
        for file in attached:
            file.shared(room.kind, room.id, stamp, thread_ts)
        room.add(message, own=False)
        self._events.said(room, message, order)
        return stamp

    def edit(self, user: str, channel: str, ts: str, typed: str) -> None:
        """Change an own message. PermissionError: it is somebody else's."""
        room, message = self._own(user, channel, ts)
        before, stamp = room.raw(message), self._workspace.stamps.next()
        message.text = escaped(typed)
        message.blocks = blocks_of(message.text, stamp[-5:])
        message.extra["edited"] = {"user": user, "ts": stamp}
        message.seen()
        self._events.changed(room, before, room.raw(message), stamp)

    def delete(self, user: str, channel: str, ts: str) -> None:
        """Delete an own message; one with replies leaves a tombstone, which is told as a change."""
        room, message = self._own(user, channel, ts)
        before, stamp = room.raw(message), self._workspace.stamps.next()
        if room.threads.get(ts):
            message.text, message.blocks, message.user = "This message was deleted.", [], "USLACKBOT"
            message.extra = {"subtype": "tombstone", "hidden": True}
            message.seen()
            self._events.changed(room, before, room.raw(message), stamp)
            return
        room.remove(message)
        self._events.deleted(room, before, stamp)

    def unfurl(self, channel: str, ts: str, attachment: Json) -> None:
        """Slack adds a preview to a message: its text stays the same."""
        room = self._workspace.channels[channel]
        message = room.by_ts[ts]
        before, stamp = room.raw(message), self._workspace.stamps.next()
        message.extra["attachments"] = [attachment]
        self._events.changed(room, before, room.raw(message), stamp)

    def press_stop(self, user: str, channel: str, thread_ts: str) -> list[str]:
        """Slack ends the thread's open streams, then tells the app. Their ts."""
        stopped = self._streams.end_all(channel, thread_ts)
        stamp = self._workspace.stamps.next()
        place = {"channel": channel, "thread_ts": thread_ts, "user": user}
        self._events.publish(
            {"type": "agent_session_stopped", **place, "streaming_message_ts": stopped, "event_ts": stamp}
        )
        return stopped

    def _own(self, user: str, channel: str, ts: str) -> tuple[Channel, Message]:
        room = self._workspace.channels[channel]
        message = room.by_ts[ts]
        if message.user != user:
            raise PermissionError(f"{user} did not write {ts}")
        return room, message


def _described(attached: Upload | tuple[str, bytes]) -> Upload:
    return attached if isinstance(attached, Upload) else Upload(*attached)
