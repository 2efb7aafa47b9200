"""The words of the product as values. Pure data: no I/O, nothing of a chat network or of a model vendor.

Times are Unix seconds (float, UTC). Ids of channels, people and messages are the platform's own, never
names. `docs/glossary.md` says what each word means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NewType

from core.types.assistant import ASSISTANT_BODY as ASSISTANT_BODY
from core.types.assistant import ASSISTANT_FIELDS as ASSISTANT_FIELDS
from core.types.assistant import EVERY_FUNCTION as EVERY_FUNCTION
from core.types.assistant import FEEDBACK as FEEDBACK
from core.types.assistant import SETTINGS_ID as SETTINGS_ID
from core.types.assistant import Assistant as Assistant
from core.types.assistant import function_tool as function_tool
from core.types.run_options import RunOptions as RunOptions
from core.types.standing import Standing as Standing

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

Kind = Literal["ask", "help", "unreadable", "empty_reply", "reset", "stop", "memory", "run", "limited"]
"""What a message wants: an answer of the model, one of our own texts, a new thread, or an end; `run`: that a
client's thread is answered as it stands. `limited`: whatever it wanted, it was one too many (`Over`)."""

Wish = Literal["again", "shorter"]
"""What a button under an answer asks for."""

Vote = Literal["good", "bad"]
"""What a person thinks of an answer."""

FileKind = Literal["picture", "document", "text", "audio", "output"]
"""What a file is to the model; `output`: made by an answer."""

Ending = Literal["completed", "incomplete", "failed", "cancelled", "expired"]


@dataclass(frozen=True, slots=True)
class Over:
    """A limit that was reached: the name of its setting, and when something is possible again."""

    limit: str
    again_at: float


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

    @property
    def direct(self) -> bool:
        """Whether one person talks with the assistant there, and nobody else reads it."""
        return not self.workspace or (self.platform == "slack" and self.channel.startswith("D"))


@dataclass(frozen=True, slots=True)
class Person:
    """Who writes, as the platform tells it; "" for what it does not tell."""

    name: str = ""
    """The name people see. Chosen by the person: never used to decide anything."""
    locale: str = ""
    """Such as "ko" or "en-US"."""
    zone: str = ""
    """IANA name of the time zone, such as "Asia/Seoul"."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Something a message points at and does not say itself. Its files are among the message's own."""

    kind: Literal["reply", "forward", "preview", "card"]
    """The message it answers, one that was passed on, a link's preview, or what an app shows as a card."""
    text: str
    """Plain text or Markdown, bounded by whoever made it; "" where it has only files."""
    author: str = ""
    """The name of who said it, or its mention (see `IncomingMessage.mentions`); "" where nobody tells it."""
    at: float = 0.0
    """When it was said, 0 where nobody tells it."""
    ref: str = ""
    """What it is recorded under if it is a post of ours, else ""."""


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
    team: str = ""
    """The Slack workspace of who wrote, which in a shared channel is another than the address has."""
    quotes: tuple[Quote, ...] = ()
    """What it points at, in its order."""
    mentions: tuple[str, ...] = ()
    """Ids in its text and quotes, as they stand there ("@U7", "#C55"), that people see as names."""
    followed: bool = False
    """It names nobody: it is answered because it goes on with what was answered in its topic."""
    repeats: tuple[str, ...] = ()
    """Ids of the messages whose words it says again, for a person who pressed a button."""
    app: bool = False
    """An app wrote it that may (ACCESS_BOTS)."""
    unproven: bool = False
    """How its writer stands was not known when it was accepted: nothing is shown or done before it is."""
    over: Over | None = None
    """Of one that is `limited`: what it was too many for."""

    @property
    def words(self) -> tuple[str, ...]:
        """What it says and what it points at: all that takes room in a request."""
        return (self.text, *(one.text for one in self.quotes))


@dataclass(frozen=True, slots=True)
class AnswerButton:
    """A wish: whoever asked presses it, under the newest answer only. A vote: anybody, at any time."""

    does: Wish | Vote
    label: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """A message that stood in a topic before the assistant was asked there."""

    id: str
    """The platform's id of the message."""
    ref: str
    """The name a post of the assistant is recorded under; of a person's message it means nothing."""
    user: str
    """"you" for the assistant, else the platform's id of who wrote; "bot" where it tells none."""
    text: str
    author: str = ""
    """The name of who wrote, where the platform tells it with the message."""
    at: float = 0.0
    """When it was sent, 0 in what an older version has recorded."""
    quotes: tuple[Quote, ...] = ()
    mentions: tuple[str, ...] = ()
    files: tuple[Attachment, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """See `IncomingMessage.words`."""
        return (self.text, *(one.text for one in self.quotes))


@dataclass(frozen=True, slots=True)
class Activity:
    """Something the assistant does while it answers, as people see it."""

    id: str
    title: str
    state: Literal["in_progress", "complete", "error"] = "in_progress"


@dataclass(frozen=True, slots=True)
class File:
    """A file in our hands: sent by a person and judged by its content, or made by an answer."""

    name: str
    """Ends as files of its type do: model servers go by that."""
    type: str
    """MIME type."""
    content: bytes = field(repr=False)
    kind: FileKind = "output"


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
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
    details: bool = False
    """Whoever reads the stream wants all of it: how arguments and code grow, and what the text cites."""
    bound: bool = False
    """It costs money that is limited: it is never asked without its `max_output_tokens`."""


@dataclass(frozen=True, slots=True)
class Started:
    """The model has accepted the request. Given only where `response_id` can be resumed (background)."""

    response_id: str


@dataclass(frozen=True, slots=True)
class Alive:
    """The server sent something that says nothing of the answer: it is at work. `refused`: it turned the
    request away with this code, and the same is asked again in another way."""

    refused: str = ""


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
    """Tokens it tells of: input_, output_, cached_, cache_write_, reasoning_tokens; None when of none."""
    model: str = ""
    """What answered, and (`tier`) the service tier, where the server tells."""
    tier: str = ""


@dataclass(frozen=True, slots=True)
class ItemAdded:
    """The model begins an output item: `item` as the API gives it, without its content yet."""

    item: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ItemDone:
    """An output item is complete: a message, a call of a function, what a hosted tool did."""

    item: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Growing:
    """More of a call's arguments, or of the code that is interpreted. Only where details are wanted."""

    item: str
    text: str


@dataclass(frozen=True, slots=True)
class Cited:
    """The growing text cites something: `annotation` as the API gives it. Only where details are wanted."""

    annotation: Mapping[str, Any]


ModelEvent = Started | Alive | TextDelta | ItemAdded | ItemDone | Growing | Cited | Finished


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that is ours to carry out, with all it needs: nothing else is read before the model is asked."""

    run: RunId
    lane: str
    thread: ThreadId
    owner: str
    status: RunStatus
    resumed: bool
    """A process began it before: posts may exist that were never recorded."""
    attempts: int
    deaths: int
    created_at: float
    messages: tuple[IncomingMessage, ...]
    memo: Mapping[str, Any]
    """The steps recorded so far."""
    history: tuple[str, ...]
    """The thread's newest turns before this one, as input items."""
    assistant: Assistant | None = None
    """Who answers, as it was when the run began; None for our own texts."""
    room: int = 0
    """Tokens the history may have."""
    store: str | None = None
    """The vector store of the thread at the model server."""
    kept: tuple[str, ...] = ()
    """The thread's files that the model server still has, by their ids there."""
    context_since: float | None = None
    """Set where others may have written in the topic: from this time on the thread has not seen it."""
    options: RunOptions | None = None
    """Of a run of the API: what its client has set. None for the runs of chats."""
    told: Mapping[str, Any] = field(default_factory=dict)
    """A client's run as it is told when it is begun."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, and what the thread remembers of it."""

    status: RunStatus
    items: tuple[str, ...] = ()
    error: str = ""
    token_ratio: float | None = None
    """Reported over estimated tokens of its newest request, where the server told."""
    records: tuple[Mapping[str, Any], ...] = ()
    """Of a run of the API: what its last response has said and done (`core.runs.client.records`)."""
    marks: tuple[float | None, float | None, int] = (None, None, 0)
    """When its first token came, when people saw its first words; edits of its posts."""
