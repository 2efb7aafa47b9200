"""The words of the product as values. Pure data: no I/O, nothing of a chat network or of a model vendor.

Times are Unix seconds (float, UTC). Ids of channels, people and messages are the platform's own, never
names. `docs/glossary.md` says what each word means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NewType

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

Kind = Literal["ask", "help", "unreadable", "empty_reply", "reset", "stop"]
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
class Prompt:
    """Everything one model call is given. `items` are Responses API input items, already JSON."""

    model: str
    instructions: str
    items: tuple[str, ...]
    cache_key: str
    """The thread: calls with one key share a prefix, so the server may cache it."""
    user: str
    """A hash of the person, for the provider's abuse checks; never the id itself."""


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


ModelEvent = Started | TextDelta | Finished
