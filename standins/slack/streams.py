"""chat.startStream, chat.appendStream, chat.stopStream.

Source: docs.slack.dev/reference/methods/chat.startStream and its siblings; the five-minute end of a
stream and `streaming_state_conflict` are measured facts of the service.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable

from standins.slack import blocks as block_kit
from standins.slack import chunks as chunk_kit
from standins.slack.channel import Channel
from standins.slack.content import checked_metadata, markdown_within
from standins.slack.events import Events
from standins.slack.message import Message, Stream
from standins.slack.sessions import STATUSES
from standins.slack.status import StatusBoard
from standins.slack.wire import ApiError, Json, Method, optional
from standins.slack.workspace import Workspace

_PERSON = re.compile(r"[UW].*")


class Streams:
    """`live` holds the open streams of each (channel, thread).

    refusal: the error for chunks in a workspace that has none yet, '' where they work.
    """

    def __init__(
        self,
        workspace: Workspace,
        events: Events,
        statuses: StatusBoard,
        lifetime: float,
        ring: Callable[[], None],
    ) -> None:
        self._workspace = workspace
        self._events = events
        self._statuses = statuses
        self._lifetime = lifetime
        self._ring = ring
        self.refusal = ""
        self._live: dict[tuple[str, str], dict[str, Message]] = {}
        self._ends: dict[str, asyncio.TimerHandle] = {}

    def methods(self) -> dict[str, Method]:
        start = optional(
            "markdown_text chunks recipient_user_id recipient_team_id task_display_mode "
            "icon_emoji icon_url username"
        )
        stop = optional("markdown_text chunks blocks metadata session_status")
        append = optional("markdown_text chunks")
        return {
            "chat.startStream": Method(self.start, ("channel", "thread_ts"), start, tier=20),
            "chat.appendStream": Method(self.append, ("channel", "ts"), append, tier=100),
            "chat.stopStream": Method(self.stop, ("channel", "ts"), stop, tier=20),
        }

    def start(self, args: Json) -> Json:
        room = self._workspace.room(args["channel"])
        if args["thread_ts"] not in room.by_ts:
            raise ApiError("thread_not_found")
        self._check_recipient(room, args)
        if args.get("task_display_mode", "timeline") not in ("timeline", "plan", "dense"):
            raise ApiError("invalid_arguments", "invalid task_display_mode")
        message = Message(
            room.id,
            self._workspace.stamps.next(),
            self._workspace.identity.bot_user,
            thread_ts=args["thread_ts"],
            extra=self._workspace.own_fields(),
            stream=Stream(time.monotonic(), self._lifetime),
        )
        if "markdown_text" in args or "chunks" in args:
            self._extend(message, args)
        room.add(message, own=True)
        self._opened(room, message)
        return {"channel": room.id, "ts": message.ts}

    def _opened(self, room: Channel, message: Message) -> None:
        self._live.setdefault((room.id, message.root), {})[message.ts] = message
        loop = asyncio.get_running_loop()
        self._ends[message.ts] = loop.call_later(self._lifetime, self._expired, message)
        self._statuses.clear(room.id, message.root)
        self._events.own(room, message)

    def append(self, args: Json) -> Json:
        message = self._open_stream(args)
        if "markdown_text" not in args and "chunks" not in args:
            raise ApiError("no_text")
        self._extend(message, args)
        message.seen()
        return {"channel": message.channel, "ts": message.ts}

    def stop(self, args: Json) -> Json:
        message = self._open_stream(args)
        room = self._workspace.room(message.channel)
        blocks = block_kit.check(args["blocks"]) if "blocks" in args else []
        metadata = checked_metadata(args["metadata"]) if "metadata" in args else None
        status = args.get("session_status")
        if status is not None and not self._workspace.identity.agent_app:
            raise ApiError("not_agent_app")
        if status is not None and status not in STATUSES:
            raise ApiError("invalid_arguments", "invalid session_status")
        if args.get("markdown_text") or "chunks" in args:
            self._extend(message, args)
        before = room.raw(message)
        message.blocks = [*message.blocks, *blocks]
        message.metadata = metadata or message.metadata
        if status is not None:
            self._statuses.sessions[room.id, message.root] = status
        self._end(message)
        self._events.changed_own(room, before, message)
        return {"channel": room.id, "ts": message.ts, "message": room.raw(message)}

    def end_all(self, channel: str, thread_ts: str) -> list[str]:
        """Slack itself ends the open streams of a thread; their ts."""
        open_there = list(self._live.get((channel, thread_ts), {}).values())
        for message in open_there:
            self._end(message)
        return [message.ts for message in open_there]

    def close(self) -> None:
        for timer in self._ends.values():
            timer.cancel()

    def _end(self, message: Message) -> None:
        assert message.stream is not None
        message.stream.settled = True
        message.seen()
        self._forget(message)

    def _expired(self, message: Message) -> None:
        self._forget(message)
        self._ring()

    def _forget(self, message: Message) -> None:
        if (timer := self._ends.pop(message.ts, None)) is not None:
            timer.cancel()
        there = self._live.get((message.channel, message.root), {})
        there.pop(message.ts, None)
        if not there:
            self._live.pop((message.channel, message.root), None)

    def _open_stream(self, args: Json) -> Message:
        room = self._workspace.room(args["channel"])
        message = room.by_ts.get(args["ts"])
        if message is None:
            raise ApiError("message_not_found")
        if not self._workspace.is_own(message):
            raise ApiError("message_not_owned_by_app")
        if message.stream is None or not message.stream.live():
            raise ApiError("message_not_in_streaming_state")
        return message

    def _check_recipient(self, room: Channel, args: Json) -> None:
        user, team = args.get("recipient_user_id"), args.get("recipient_team_id")
        if not room.is_direct and not user:
            raise ApiError("missing_recipient_user_id")
        if not room.is_direct and not team:
            raise ApiError("missing_recipient_team_id")
        if user and not _PERSON.fullmatch(user):
            raise ApiError("invalid_arguments", "failed to match regex pattern: ^[UW] recipient_user_id")
        if user and user not in self._workspace.people:
            raise ApiError("user_not_found")
        home = self._workspace.people[user].team if user else ""
        own = self._workspace.identity.team
        if team and team not in {own, *(person.team for person in self._workspace.people.values())}:
            raise ApiError("team_not_found")
        if team and team != (home or own):  # nobody of that name is in that team
            raise ApiError("user_not_found")

    def _extend(self, message: Message, args: Json) -> None:
        """All of it or nothing of it."""
        assert message.stream is not None
        self._settle_mode(message.stream, args)
        if "markdown_text" in args:
            message.text = _within(message.text, args["markdown_text"])
            message.stream.mode = "markdown_text"
            return
        chunks = chunk_kit.check(args["chunks"])
        text = "".join(chunk["text"] for chunk in chunks if chunk["type"] == "markdown_text")
        if text:
            message.text = _within(message.text, text)
        message.stream.mode = "chunks"
        for chunk in chunks:
            _apply(message, message.stream, chunk)

    def _settle_mode(self, stream: Stream, args: Json) -> None:
        """A stream is text or chunks from its first content on."""
        if "chunks" in args and self.refusal:
            raise ApiError(self.refusal)
        if "markdown_text" in args and "chunks" in args:
            raise ApiError("cannot_provide_both_markdown_text_and_chunks")
        if stream.mode and stream.mode not in args:
            raise ApiError("streaming_mode_mismatch")


def _within(shown: str, more: str) -> str:
    """The text of a stream with what is appended. That streams count blocks is assumed."""
    text = shown + markdown_within(more, len(shown))
    block_kit.check_markdown(text)
    return text


def _apply(message: Message, stream: Stream, chunk: Json) -> None:
    if chunk["type"] == "task_update":
        stream.tasks[chunk["id"]] = stream.tasks.get(chunk["id"], {}) | chunk
    elif chunk["type"] == "plan_update":
        stream.plan = chunk["title"]
    elif chunk["type"] == "blocks":
        message.blocks = [*message.blocks, *block_kit.check(chunk["blocks"])]
