"""chat.startStream, chat.appendStream, chat.stopStream with their chunks; status lines and agent sessions.

Sources, of docs.slack.dev/reference/methods: chat.startStream and its siblings, chat.appendStream#chunks,
assistant.threads.setStatus, agents.sessions.setStatus; slack_sdk 3.47 `models.messages.chunk`. Measured: the
five-minute end of a stream, `streaming_state_conflict`, and that titles and texts of tasks may have more than
the documented 256 characters.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from standins.slack.blocks import check as check_blocks
from standins.slack.blocks import check_markdown
from standins.slack.channel import Channel
from standins.slack.events import Events
from standins.slack.message import Message, Stream, checked_metadata, markdown_within
from standins.slack.wire import ApiError, Json, refuse
from standins.slack.workspace import Workspace

STATUSES = ("processing", "active", "suspended", "closed")


@dataclass(frozen=True)
class Sessions:
    workspace: Workspace

    def set_status(self, args: Json) -> Json:
        room = self.workspace.room(args["channel_id"])
        refuse(args["thread_ts"] not in room.by_ts, "invalid_thread_ts")
        loading = args.get("loading_messages", [])
        refuse(
            len(loading.split(",") if isinstance(loading, str) else loading) > 10,
            "invalid_arguments",
            "no more than 10 items allowed: loading_messages",
        )
        self.workspace.statuses.set(room.id, args["thread_ts"], args["status"])
        return {}

    def set_session(self, args: Json) -> Json:
        refuse(not self.workspace.identity.agent_app, "not_agent_app")
        room = self.workspace.room(args["channel_id"])
        thread_ts = args.get("thread_ts", "")
        refuse(thread_ts and thread_ts not in room.by_ts, "invalid_thread_ts")
        refuse(args["status"] not in STATUSES or len(args.get("title", "")) > 200, "invalid_arguments")
        self.workspace.statuses.sessions[room.id, thread_ts] = args["status"]
        return {}


LONGEST = 256
TASK_STATUSES = ("pending", "in_progress", "complete", "error")
_TASK = frozenset(["type", "id", "title", "status", "details", "output", "sources", "hide_title", "icon"])


def check_chunks(chunks: Any) -> list[Json]:
    """The chunks of a stream call. ApiError invalid_chunks, or those of blocks."""
    if not isinstance(chunks, list) or not chunks or not all(map(_fits, chunks)):
        raise ApiError("invalid_chunks")
    for chunk in chunks:
        if chunk["type"] == "blocks":
            check_blocks(chunk["blocks"])
    return chunks


def _fits(chunk: Any) -> bool:
    if not isinstance(chunk, dict):
        return False
    match chunk.get("type"):
        case "markdown_text":
            return chunk.keys() == {"type", "text"} and _text(chunk["text"], 12_000)
        case "plan_update":
            return chunk.keys() == {"type", "title"} and _text(chunk["title"], LONGEST)
        case "blocks":
            return chunk.keys() == {"type", "blocks"} and bool(chunk["blocks"])
        case "task_update":
            return _is_task(chunk)
        case _:
            return False


def _is_task(chunk: Json) -> bool:
    named = _text(chunk.get("id"), LONGEST) and _text(chunk.get("title"), LONGEST)
    said = all(_text(chunk[name], LONGEST) for name in ("details", "output") if name in chunk)
    sources = chunk.get("sources", [])
    cited = isinstance(sources, list) and all(_is_source(source) for source in sources)
    return named and said and cited and chunk.get("status") in TASK_STATUSES and chunk.keys() <= _TASK


def _is_source(source: Any) -> bool:
    if not isinstance(source, dict) or source.get("type") != "url":
        return False
    return _text(source.get("url"), 3000) and _text(source.get("text"), LONGEST)


def _text(value: Any, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest


_PERSON = re.compile(r"[UW].*")


@dataclass
class Streams:
    """`lifetime`: seconds until a stream dies; `_live` holds the open ones of each (channel, thread).
    refusal: the error for chunks in a workspace that has none yet, '' where they work.
    """

    workspace: Workspace
    events: Events
    lifetime: float
    ring: Callable[[], None]
    refusal: str = ""
    _live: dict[tuple[str, str], dict[str, Message]] = field(default_factory=dict)
    _ends: dict[str, asyncio.TimerHandle] = field(default_factory=dict)

    def start(self, args: Json) -> Json:
        room = self.workspace.room(args["channel"])
        refuse(args["thread_ts"] not in room.by_ts, "thread_not_found")
        self._check_recipient(room, args)
        refuse(
            args.get("task_display_mode", "timeline") not in ("timeline", "plan", "dense"),
            "invalid_arguments",
            "invalid task_display_mode",
        )
        message = self.workspace.own_message(room, "", args["thread_ts"], [], {})
        message.stream, message.markdown = Stream(time.monotonic(), self.lifetime), True
        if "markdown_text" in args or "chunks" in args:
            self._extend(message, args)
        self._live.setdefault((room.id, message.root), {})[message.ts] = message
        loop = asyncio.get_running_loop()
        self._ends[message.ts] = loop.call_later(self.lifetime, self._expired, message)
        self.events.posted(room, message)
        return {"channel": room.id, "ts": message.ts}

    def append(self, args: Json) -> Json:
        message = self._open_stream(args)
        refuse("markdown_text" not in args and "chunks" not in args, "no_text")
        self._extend(message, args)
        message.seen()
        return {"channel": message.channel, "ts": message.ts}

    def stop(self, args: Json) -> Json:
        message = self._open_stream(args)
        room = self.workspace.room(message.channel)
        blocks = check_blocks(args["blocks"]) if "blocks" in args else []
        metadata = checked_metadata(args.get("metadata"))
        status = args.get("session_status")
        refuse(status is not None and not self.workspace.identity.agent_app, "not_agent_app")
        refuse(status is not None and status not in STATUSES, "invalid_arguments", "invalid session_status")
        if args.get("markdown_text") or "chunks" in args:
            self._extend(message, args)
        before = room.raw(message)
        message.blocks = [*message.blocks, *blocks]
        message.metadata = metadata or message.metadata
        if status is not None:
            self.workspace.statuses.sessions[room.id, message.root] = status
        self._end(message)
        self.events.changed_own(room, before, message)
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
        self.ring()

    def _forget(self, message: Message) -> None:
        if (timer := self._ends.pop(message.ts, None)) is not None:
            timer.cancel()
        there = self._live.get((message.channel, message.root), {})
        there.pop(message.ts, None)
        if not there:
            self._live.pop((message.channel, message.root), None)

    def _open_stream(self, args: Json) -> Message:
        room = self.workspace.room(args["channel"])
        message = self.workspace.own(room, args["ts"], "message_not_owned_by_app")
        refuse(not message.streaming, "message_not_in_streaming_state")
        return message

    def _check_recipient(self, room: Channel, args: Json) -> None:
        user, team = args.get("recipient_user_id"), args.get("recipient_team_id")
        people, own = self.workspace.people, self.workspace.identity.team
        refuse(not room.is_direct and not user, "missing_recipient_user_id")
        refuse(not room.is_direct and not team, "missing_recipient_team_id")
        shape = "failed to match regex pattern: ^[UW] recipient_user_id"
        refuse(user and not _PERSON.fullmatch(user), "invalid_arguments", shape)
        refuse(user and user not in people, "user_not_found")
        home = (people[user].team if user else "") or own
        refuse(team and team not in {own, *(person.team for person in people.values())}, "team_not_found")
        refuse(team and team != home, "user_not_found")  # nobody of that name is in that team

    def _extend(self, message: Message, args: Json) -> None:
        """All of it or nothing of it."""
        assert message.stream is not None
        self._settle_mode(message.stream, args)
        if "markdown_text" in args:
            message.text = _within(message.text, args["markdown_text"])
            message.stream.mode = "markdown_text"
            return
        chunks = check_chunks(args["chunks"])
        text = "".join(chunk["text"] for chunk in chunks if chunk["type"] == "markdown_text")
        if text:
            message.text = _within(message.text, text)
        message.stream.mode = "chunks"
        for chunk in chunks:
            _apply(message, message.stream, chunk)

    def _settle_mode(self, stream: Stream, args: Json) -> None:
        """A stream is text or chunks from its first content on."""
        refuse("chunks" in args and self.refusal, self.refusal)
        refuse("markdown_text" in args and "chunks" in args, "cannot_provide_both_markdown_text_and_chunks")
        refuse(stream.mode and stream.mode not in args, "streaming_mode_mismatch")


def _within(shown: str, more: str) -> str:
    """The text of a stream with what is appended. That streams count blocks is assumed."""
    text = shown + markdown_within(more, len(shown))
    check_markdown(text)
    return text


def _apply(message: Message, stream: Stream, chunk: Json) -> None:
    if chunk["type"] == "task_update":
        stream.tasks[chunk["id"]] = stream.tasks.get(chunk["id"], {}) | chunk
    elif chunk["type"] == "plan_update":
        stream.plan = chunk["title"]
    elif chunk["type"] == "blocks":
        message.blocks = [*message.blocks, *check_blocks(chunk["blocks"])]
