"""chat.*: posting, changing and deleting messages of the app."""

from __future__ import annotations

import time

from standins.slack.channel import Channel
from standins.slack.content import MOST_UPDATE_BYTES, Content, checked_metadata
from standins.slack.events import Events
from standins.slack.message import Ephemeral, Message
from standins.slack.status import StatusBoard
from standins.slack.wire import ApiError, Json, Method, flag, optional
from standins.slack.workspace import Workspace

_LOOK = "as_user icon_emoji icon_url link_names parse username"
_BODY = "text blocks attachments markdown_text"


class Chat:
    """Methods on finished messages; streams are in `streams.py`."""

    def __init__(self, workspace: Workspace, events: Events, statuses: StatusBoard) -> None:
        self._workspace = workspace
        self._events = events
        self._statuses = statuses

    def methods(self) -> dict[str, Method]:
        post = optional(
            f"{_BODY} {_LOOK} thread_ts reply_broadcast unfurl_links unfurl_media mrkdwn metadata"
        )
        update = optional(f"{_BODY} as_user link_names parse reply_broadcast metadata file_ids")
        whisper = optional(f"{_BODY} {_LOOK} thread_ts")
        return {
            "chat.postMessage": Method(
                self.post, ("channel",), post | {"client_msg_id", "container_id"}, tier=0
            ),
            "chat.update": Method(self.update, ("channel", "ts"), update),
            "chat.delete": Method(self.delete, ("channel", "ts"), optional("as_user")),
            "chat.postEphemeral": Method(self.whisper, ("channel", "user"), whisper, tier=100),
            "chat.getPermalink": Method(self.permalink, ("channel", "message_ts"), tier=600),
        }

    def post(self, args: Json) -> Json:
        room = self._posting_room(args["channel"])
        content = Content.of(args)
        metadata = checked_metadata(args["metadata"]) if "metadata" in args else None
        thread_ts = self._thread(room, args)
        message = self.publish(room, content, thread_ts, metadata, args)
        body: Json = {"channel": room.id, "ts": message.ts, "message": room.raw(message)}
        if content.truncated:
            body |= {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}}
        return body

    def publish(
        self, room: Channel, content: Content, thread_ts: str | None, metadata: Json | None, look: Json
    ) -> Message:
        """Write as the app and tell everybody. `look`: unfurl_links, unfurl_media, reply_broadcast."""
        extra = self._workspace.own_fields()
        broadcast = flag(look.get("reply_broadcast")) and thread_ts is not None
        if broadcast:
            extra["subtype"] = "thread_broadcast"
        if content.attachments:
            extra["attachments"] = content.attachments
        message = Message(
            room.id,
            self._workspace.stamps.next(),
            self._workspace.identity.bot_user,
            content.text,
            thread_ts,
            content.blocks or [],
            extra,
            metadata,
            flag(look["unfurl_links"]) if "unfurl_links" in look else None,
            flag(look["unfurl_media"]) if "unfurl_media" in look else None,
            broadcast,
        )
        room.add(message, own=True)
        self._statuses.clear(room.id, message.root)
        self._events.own(room, message)
        return message

    def update(self, args: Json) -> Json:
        room = self._workspace.room(args["channel"])
        message = self._own(room, args["ts"], "cant_update_message")
        if message.stream is not None and message.stream.live():
            raise ApiError("streaming_state_conflict")
        content = Content.of(args)
        if not content.blocks and not content.markdown and len(content.text.encode()) > MOST_UPDATE_BYTES:
            raise ApiError("msg_too_long")
        before = room.raw(message)
        if "metadata" in args:
            message.metadata = checked_metadata(args["metadata"])
        self._rewrite(message, content)
        self._events.changed_own(room, before, message)
        return {"channel": room.id, "ts": message.ts, "text": message.text, "message": room.raw(message)}

    def replace(self, message: Message, content: Content) -> None:
        """What a response_url does to the message it belongs to: nothing of it stays."""
        room = self._workspace.channels[message.channel]
        before = room.raw(message)
        message.blocks = []
        self._rewrite(message, content)
        self._events.changed_own(room, before, message)

    def _rewrite(self, message: Message, content: Content) -> None:
        """Blocks given earlier stay when only text comes, as documented; streamed content does not."""
        message.text = content.text
        if content.blocks is not None or content.markdown or message.stream is not None:
            message.blocks = content.blocks or []
        if message.stream is not None:
            message.stream.settled = True
            message.stream.tasks.clear()
            message.stream.plan = ""
        stamp = f"{time.time():.6f}"
        message.extra["edited"] = {"user": self._workspace.identity.bot_user, "ts": stamp}
        message.seen()

    def delete(self, args: Json) -> Json:
        room = self._workspace.room(args["channel"])
        message = self._own(room, args["ts"], "cant_delete_message")
        if message.stream is not None and message.stream.live():
            raise ApiError("cant_delete_message")
        self.remove(message)
        return {"channel": room.id, "ts": message.ts}

    def remove(self, message: Message) -> None:
        """Take a message of the app away and tell everybody."""
        room = self._workspace.channels[message.channel]
        before = room.raw(message)
        room.remove(message)
        self._events.deleted_own(room, before)

    def whisper(self, args: Json) -> Json:
        room = self._workspace.room(args["channel"])
        if args["user"] not in room.members:
            raise ApiError("user_not_in_channel")
        content = Content.of(args)
        thread_ts = self._thread(room, args)
        stamp = self._workspace.stamps.next()
        shown = Message(room.id, stamp, "", content.text, thread_ts, content.blocks or [])
        self._workspace.ephemerals.append(
            Ephemeral(
                room.id,
                args["user"],
                shown.shown(),
                "chat.postEphemeral",
                time.monotonic(),
                thread_ts,
                shown.blocks,
            )
        )
        return {"message_ts": stamp}

    def permalink(self, args: Json) -> Json:
        room = self._workspace.room(args["channel"])
        if args["message_ts"] not in room.by_ts:
            raise ApiError("message_not_found")
        place = f"{room.id}/p{args['message_ts'].replace('.', '')}"
        return {"channel": room.id, "permalink": f"https://standin.slack.com/archives/{place}"}

    def _posting_room(self, channel: str) -> Channel:
        if channel[:1] in ("U", "W") and channel in self._workspace.people:
            return self._workspace.direct_with(channel)[0]
        return self._workspace.room(channel)

    def _thread(self, room: Channel, args: Json) -> str | None:
        thread_ts: str | None = args.get("thread_ts") or None
        if thread_ts is not None and thread_ts not in room.by_ts:
            raise ApiError("thread_not_found")
        return thread_ts

    def _own(self, room: Channel, ts: str, refusal: str) -> Message:
        message = room.by_ts.get(ts)
        if message is None:
            raise ApiError("message_not_found")
        if not self._workspace.is_own(message):
            raise ApiError(refusal)
        return message
