"""chat.*: posting, changing and deleting messages of the app."""

from __future__ import annotations

import time
from dataclasses import dataclass

from standins.slack.channel import Channel
from standins.slack.events import Events
from standins.slack.message import MOST_UPDATE_BYTES, Content, Message, checked_metadata
from standins.slack.wire import Json, flag, refuse
from standins.slack.workspace import Workspace


@dataclass(frozen=True)
class Chat:
    """Methods on finished messages; streams are in `streams.py`."""

    workspace: Workspace
    events: Events

    def post(self, args: Json) -> Json:
        room = self.workspace.room(args["channel"])
        content = Content.of(args)
        metadata = checked_metadata(args.get("metadata"))
        message = self.publish(room, content, room.thread(args), metadata, args)
        body: Json = {"channel": room.id, "ts": message.ts, "message": room.raw(message)}
        if content.truncated:
            body |= {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}}
        return body

    def whisper(self, args: Json) -> Json:
        room, user = self.workspace.room(args["channel"]), args["user"]
        refuse(user not in room.members, "user_not_in_channel")
        content, thread = Content.of(args), room.thread(args)
        self.workspace.whisper(room.id, user, content, "chat.postEphemeral", thread)
        return {"message_ts": self.workspace.stamps.next()}

    def publish(
        self, room: Channel, content: Content, thread_ts: str | None, metadata: Json | None, look: Json
    ) -> Message:
        """Write as the app and tell everybody. `look`: unfurl_links, unfurl_media, reply_broadcast."""
        broadcast = flag(look.get("reply_broadcast")) and thread_ts is not None
        extra: Json = {"subtype": "thread_broadcast"} if broadcast else {}
        if content.attachments:
            extra["attachments"] = content.attachments
        message = self.workspace.own_message(room, content.text, thread_ts, content.blocks or [], extra)
        message.metadata, message.broadcast, message.markdown = metadata, broadcast, content.markdown
        message.unfurl_links = flag(look["unfurl_links"]) if "unfurl_links" in look else None
        message.unfurl_media = flag(look["unfurl_media"]) if "unfurl_media" in look else None
        self.events.posted(room, message)
        return message

    def update(self, args: Json) -> Json:
        room = self.workspace.room(args["channel"])
        message = self.workspace.own(room, args["ts"], "cant_update_message")
        refuse(message.streaming, "streaming_state_conflict")
        content = Content.of(args)
        plain = not content.blocks and not content.markdown
        refuse(plain and len(content.text.encode()) > MOST_UPDATE_BYTES, "msg_too_long")
        before = room.raw(message)
        if "metadata" in args:
            message.metadata = checked_metadata(args["metadata"])
        self._rewrite(message, content)
        self.events.changed_own(room, before, message)
        return {"channel": room.id, "ts": message.ts, "text": message.text, "message": room.raw(message)}

    def replace(self, message: Message, content: Content) -> None:
        """What a response_url does to the message it belongs to: nothing of it stays."""
        room = self.workspace.channels[message.channel]
        before = room.raw(message)
        message.blocks = []
        self._rewrite(message, content)
        self.events.changed_own(room, before, message)

    def _rewrite(self, message: Message, content: Content) -> None:
        """Blocks given earlier stay when only text comes, as documented; streamed content does not."""
        message.text, message.markdown = content.text, content.markdown
        if content.blocks is not None or content.markdown or message.stream is not None:
            message.blocks = content.blocks or []
        if message.stream is not None:
            message.stream.settled = True
            message.stream.tasks.clear()
            message.stream.plan = ""
        message.extra["edited"] = {"user": self.workspace.identity.bot_user, "ts": f"{time.time():.6f}"}
        message.seen()

    def delete(self, args: Json) -> Json:
        room = self.workspace.room(args["channel"])
        message = self.workspace.own(room, args["ts"], "cant_delete_message")
        refuse(message.streaming, "cant_delete_message")
        self.remove(message)
        return {"channel": room.id, "ts": message.ts}

    def remove(self, message: Message) -> None:
        room = self.workspace.channels[message.channel]
        before = room.raw(message)
        room.remove(message)
        self.events.deleted_own(room, before)
