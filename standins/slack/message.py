"""A message of the workspace, whoever wrote it, the live stream it may be, and what a call wants to show.

Source: docs.slack.dev/reference/methods/chat.postMessage and chat.update, with the byte limit on updates
found in practice.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from standins.slack.blocks import MOST_MARKDOWN, check_markdown, text_of
from standins.slack.blocks import check as check_blocks
from standins.slack.file import File
from standins.slack.timing import micros
from standins.slack.wire import ApiError, Json, refuse

TRUNCATED_AT = 40_000
MOST_UPDATE_BYTES = 4_000


@dataclass(frozen=True)
class Content:
    """`blocks` None: the call gave none. truncated: Slack cut the text at 40,000 characters."""

    text: str
    blocks: list[Json] | None = None
    truncated: bool = False
    markdown: bool = False
    attachments: list[Json] = field(default_factory=list)

    @classmethod
    def of(cls, args: Json) -> Content:
        """Raises ApiError markdown_text_conflict, msg_too_long, no_text, or those of blocks."""
        text, markdown = args.get("text", ""), args.get("markdown_text")
        blocks = check_blocks(args["blocks"]) if "blocks" in args else None
        attachments = args.get("attachments") or []
        if markdown is not None:
            refuse(text or blocks, "markdown_text_conflict")
            check_markdown(markdown_within(markdown))
            return cls(markdown, None, markdown=True)
        refuse(not (text.strip() or blocks or attachments), "no_text")
        return cls(text[:TRUNCATED_AT], blocks, len(text) > TRUNCATED_AT, attachments=attachments)

    def shown(self) -> str:
        return text_of(self.blocks or []) or self.text


def markdown_within(markdown: str, before: int = 0) -> str:
    """The markdown if it fits after `before` characters; ApiError no_text, msg_too_long."""
    refuse(not markdown, "no_text")
    refuse(before + len(markdown) > MOST_MARKDOWN, "msg_too_long")
    return markdown


def checked_metadata(metadata: Json | None) -> Json | None:
    """Message metadata, None for none; `{}` removes it. ApiError invalid_metadata_format."""
    if metadata is None or metadata == {}:
        return metadata
    if not isinstance(metadata, dict):  # whatever the app sent
        raise ApiError("invalid_metadata_format")
    kind, payload = metadata.get("event_type"), metadata.get("event_payload")
    refuse(not (isinstance(kind, str) and kind and isinstance(payload, dict)), "invalid_metadata_format")
    return metadata


_PING = re.compile(r"<(?:!(?:channel|here|everyone)|!subteam\^[A-Z0-9]+|@[UW][A-Z0-9]+)(?:\|[^>]*)?>")


@dataclass(slots=True)
class Stream:
    """`chat.startStream` until `chat.stopStream`: it dies `lifetime` seconds after it was opened. `settled`:
    stopped, or replaced by `chat.update`. Dead and not settled shows as a broken pill. `mode` is what its
    first content came as; the other one is refused from then on.
    """

    opened: float
    lifetime: float
    settled: bool = False
    tasks: dict[str, Json] = field(default_factory=dict)
    plan: str = ""
    mode: Literal["", "markdown_text", "chunks"] = ""

    def live(self) -> bool:
        return not self.settled and time.monotonic() < self.opened + self.lifetime

    def broken(self) -> bool:
        return not self.settled and not self.live()

    def state(self) -> str:
        return "in_progress" if self.live() else "errored" if self.broken() else "completed"

    def cards(self) -> list[Json]:
        """The tasks as blocks of the message."""
        kept = ("title", "status", "details", "output", "sources")
        return [
            {"type": "task_card", "block_id": f"task-{key}", "task_id": key}
            | {name: task[name] for name in kept if name in task}
            for key, task in self.tasks.items()
        ]


@dataclass(slots=True, eq=False)
class Message:
    """Mutable: edits and streams happen to it. `text` is the raw markup as it was sent. `blocks` are those
    the writer gave; `versions` is what a reader could see and since when (monotonic).
    """

    channel: str
    ts: str
    user: str
    text: str = ""
    thread_ts: str | None = None
    blocks: list[Json] = field(default_factory=list)
    extra: Json = field(default_factory=dict)
    metadata: Json | None = None
    unfurl_links: bool | None = None
    unfurl_media: bool | None = None
    broadcast: bool = False
    stream: Stream | None = None
    markdown: bool = False  # its text is Markdown, not Slack's own markup
    files: list[File] = field(default_factory=list)
    versions: list[tuple[float, str]] = field(default_factory=list)
    order: int = field(init=False)

    def __post_init__(self) -> None:
        self.order = micros(self.ts)

    @property
    def root(self) -> str:
        return self.thread_ts or self.ts

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts

    def shown(self) -> str:
        """What a reader sees in full: blocks where there are any, else text; a stream's text comes first."""
        block_text = text_of(self.blocks)
        if self.stream is not None and not self.replaced:
            return "\n".join(part for part in (self.text, block_text) if part)
        return block_text or self.text

    @property
    def streaming(self) -> bool:
        return self.stream is not None and self.stream.live()

    @property
    def replaced(self) -> bool:
        return "edited" in self.extra

    def seen(self) -> None:
        self.versions.append((time.monotonic(), self.shown()))

    def raw(self, *, metadata: bool = True) -> Json:
        """The message object of events and history, without what its replies add to it."""
        raw: Json = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts, **self.extra}
        if not self.user:  # another app's, of the older kind
            del raw["user"]
        if blocks := self._raw_blocks():
            raw["blocks"] = blocks
        if self.files:
            raw["files"] = [*raw.get("files", []), *(file.shown() for file in self.files)]
        if self.thread_ts is not None:
            raw["thread_ts"] = self.thread_ts
        if self.stream is not None:
            raw["streaming_state"] = self.stream.state()
        if metadata and self.metadata:
            raw["metadata"] = self.metadata
        return raw

    def _raw_blocks(self) -> list[Json]:
        if self.stream is None or self.blocks:
            return [*(self.stream.cards() if self.stream else []), *self.blocks]
        return [*self.stream.cards(), {"type": "markdown", "text": self.text}]


_AS_THEY_ARE = ("ts", "thread_ts", "channel", "unfurl_links", "unfurl_media")


@dataclass(frozen=True, slots=True)
class Post:
    """A message of the app as a reader finds it now. text: raw markup, complete (streamed text, markdown and
    other blocks, or text). streaming: the stream is open. broken: the stream died without stop and was not
    repaired. pings: what in it would notify people. versions: (monotonic seconds, text) of every visible
    change. tasks, plan: the task cards of a stream as they are now, and their title. files: shared with it.
    """

    ts: str
    thread_ts: str | None
    channel: str
    text: str
    streaming: bool
    broken: bool
    metadata: Json | None
    blocks: list[Json]
    unfurl_links: bool | None
    unfurl_media: bool | None
    versions: list[tuple[float, str]]
    edited: bool
    tasks: list[Json]
    pings: tuple[str, ...]
    plan: str
    files: tuple[File, ...]

    @classmethod
    def of(cls, message: Message) -> Post:
        text, stream = message.shown(), message.stream
        same: Json = {name: getattr(message, name) for name in _AS_THEY_ARE}
        return cls(
            **same,
            text=text,
            streaming=message.streaming,
            broken=stream is not None and stream.broken(),
            metadata=message.metadata or None,
            blocks=list(message.blocks),
            versions=list(message.versions),
            edited=message.replaced,
            tasks=list(stream.tasks.values()) if stream else [],
            pings=tuple(_PING.findall(text)),
            plan=stream.plan if stream else "",
            files=tuple(file for file in message.files if not file.deleted),
        )


@dataclass(frozen=True, slots=True)
class Ephemeral:
    """A message only `user` sees. `source`: chat.postEphemeral, ack or response_url."""

    channel: str
    user: str
    text: str
    source: str
    at: float
    thread_ts: str | None = None
    blocks: list[Any] = field(default_factory=list)
