"""The words of the product as values. Pure data: no I/O, nothing of a chat network or of a model vendor.

Times are Unix seconds (float, UTC). Ids of channels, people and messages are the platform's own, never
names. `docs/glossary.md` says what each word means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NewType

ThreadId = NewType("ThreadId", str)
RunId = NewType("RunId", str)

RunStatus = Literal[
    "queued",
    "in_progress",
    "requires_action",
    "cancelling",
    "completed",
    "incomplete",
    "failed",
    "cancelled",
    "expired",
]
"""The status words of the Assistants API, which people and tools already know."""

Kind = Literal["ask", "help", "unreadable", "empty_reply", "reset", "stop", "memory"]
"""What a message wants: an answer of the model, one of our own texts, a new thread, or an end."""

Ending = Literal["completed", "incomplete", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message came from and its answer goes.

    `workspace` is a Slack team (or enterprise) id or a Discord guild id, "" in a Discord DM. `topic` is
    the Slack `thread_ts` under which the answer is posted; on Discord it equals `channel`, because a
    Discord thread is a channel.
    """

    platform: str
    workspace: str
    channel: str
    topic: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that stands at a message, as the platform announces it. Nothing of it is to be trusted."""

    id: str
    """The platform's own id of the file."""
    name: str
    url: str
    """Where its bytes are; "" when the platform must be asked first."""
    size: int = -1
    """Announced bytes, -1 when unknown."""
    type: str = ""
    """Announced MIME type."""
    voice: bool = False
    """Recorded in the chat itself: a voice message or an audio clip."""


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """One message of a person, as plain text, addressed to the assistant."""

    id: str
    """The platform's id of the message (Slack `ts`, Discord snowflake); unique within the channel."""
    address: Address
    user: str
    text: str
    sent_at: float
    kind: Kind = "ask"
    author: str = ""
    """A name to show the model where several people share a thread; never used to decide anything."""
    locale: str = ""
    """The person's locale where the platform tells it ("ko", "en-US"), else ""."""
    inside_topic: bool = False
    """True when the message stands in a topic that others may have written in before it."""
    parent: str = ""
    """The channel a Discord thread belongs to, else "": it may have an assistant of its own."""
    files: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Earlier:
    """A message that stood in a topic before the assistant was asked there."""

    id: str
    """The platform's id of the message."""
    ref: str
    """The name a post of the assistant is recorded under; of a person's message it means nothing."""
    user: str
    text: str


@dataclass(frozen=True, slots=True)
class Task:
    """Something the assistant does while it answers, as people see it."""

    id: str
    title: str
    state: Literal["in_progress", "complete", "error"] = "in_progress"


@dataclass(frozen=True, slots=True)
class File:
    """A file of an answer, to be shown with it."""

    key: str
    """Unique in its run: the file is shown once for each key."""
    name: str
    type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """Whether a tool may do something: a text with two buttons. Only `person` may press them."""

    id: str
    """The approval's id (`appr_…`); the buttons carry it."""
    person: str
    text: str
    yes: str
    no: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """Everything one model call is given. `items` are Responses API input items, already JSON."""

    model: str
    instructions: str
    items: tuple[str, ...]
    cache_key: str
    """The thread: calls with one key share a prefix, so the server may cache it."""
    user: str
    """A hash of the person, for the provider's abuse checks; never the id itself."""
    tools: tuple[Mapping[str, Any], ...] = ()
    """Tools in the shape of the Responses API, ready to be sent."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the request that the assistant sets: `temperature`, `tool_choice`, `reasoning` …"""


@dataclass(frozen=True, slots=True)
class Started:
    """The model has accepted the request. Given only where `response_id` can be resumed (background)."""

    response_id: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The one terminal event. A stream that ends without it did not succeed."""

    ending: Literal["completed", "incomplete"]
    reason: str = ""
    """Why it is incomplete, in the API's words: `max_output_tokens`, `content_filter`."""
    usage: Mapping[str, int] | None = None
    """Tokens: `input_tokens`, `output_tokens`, `cached_tokens`; None when the server does not say."""


@dataclass(frozen=True, slots=True)
class ItemAdded:
    """The model begins an output item: `item` as the API gives it, without its content yet."""

    item: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ItemDone:
    """An output item is complete: a message, a call of a function, what a hosted tool did."""

    item: Mapping[str, Any]


ModelEvent = Started | TextDelta | ItemAdded | ItemDone | Finished
