"""A message of the workspace, whoever wrote it, and the live stream it may be."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from standins.slack.blocks import text_of
from standins.slack.clock import micros
from standins.slack.file import File
from standins.slack.wire import Json

_PING = re.compile(r"<(?:!(?:channel|here|everyone)|!subteam\^[A-Z0-9]+|@[UW][A-Z0-9]+)(?:\|[^>]*)?>")


@dataclass(slots=True)
class Stream:
    """`chat.startStream` until `chat.stopStream`: it dies `lifetime` seconds after it was opened.

    `settled`: stopped, or replaced by `chat.update`. Dead and not settled shows as a broken pill.
    `mode` is what its first content came as; the other one is refused from then on.
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
    """Mutable: edits and streams happen to it. `text` is the raw markup as it was sent.

    `blocks` are those the writer gave; `versions` is what a reader could see and since when (monotonic).
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
    files: list[File] = field(default_factory=list)
    reactions: dict[str, set[str]] = field(default_factory=dict)
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
        """Note what is visible now."""
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
        if self.reactions:
            raw["reactions"] = [
                {"name": name, "users": sorted(users), "count": len(users)}
                for name, users in self.reactions.items()
            ]
        return raw

    def _raw_blocks(self) -> list[Json]:
        if self.stream is None or self.blocks:
            return [*(self.stream.cards() if self.stream else []), *self.blocks]
        return [*self.stream.cards(), {"type": "markdown", "text": self.text}]


_AS_THEY_ARE = ("ts", "thread_ts", "channel", "unfurl_links", "unfurl_media")


@dataclass(frozen=True, slots=True)
class Post:
    """A message of the app as a reader finds it now.

    text: raw markup, complete (streamed text, markdown and other blocks, or text).
    streaming: the stream is open. broken: the stream died without stop and was not repaired.
    pings: what in it would notify people. versions: (monotonic seconds, text) of every visible change.
    tasks, plan: the task cards of a stream as they are now, and their title. files: shared with it.
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
