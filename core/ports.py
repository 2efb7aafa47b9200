"""The seams of the core: what it asks of a platform, of one reply there, and of a model.

Protocols are satisfied by shape; nothing inherits from them. Each has more than one implementation.
"""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from core.store.forgetting import RemainsKind
from core.store.steps import Journal
from core.types import (
    Activity,
    AnswerButton,
    ApprovalRequest,
    Attachment,
    Earlier,
    File,
    IncomingMessage,
    ModelEvent,
    Person,
    Prompt,
    Standing,
)


class Reply(Protocol):
    """The one answer to a run as people see it. It may stand in several posts."""

    def show(self, text: str, activities: Sequence[Activity] = ()) -> None:
        """The answer as far as it is known, and what is being done for it.

        Never blocks and may skip states; the newest wins. Activities are gone when the answer is finished.
        """
        ...

    async def finish(self, text: str, note: str = "", buttons: Sequence[AnswerButton] = ()) -> None:
        """Returns ⇒ the whole text is shown, once, with our own note under it, and nothing else of this run.

        The buttons stand under it where there is room.

        Raises Unreachable when it can never be shown there.
        """
        ...

    async def shown(self) -> str:
        """What people see of this run now, "" when nothing; for a run whose process died."""
        ...

    @property
    def first_shown_at(self) -> float | None:
        """Event-loop time at which the first text was visible."""
        ...


class Attaching(Protocol):
    """A reply that can bring files along."""

    async def attach(self, key: str, file: File) -> None:
        """Returns ⇒ the file stands in the topic, once for each key of the run, also when this is repeated.

        Raises TooLarge when the platform does not take it, Unreachable when nothing can be shown there.
        """
        ...


class Asking(Protocol):
    """A reply that can ask the person for a yes."""

    async def ask(self, question: ApprovalRequest) -> None:
        """Returns ⇒ the question stands in the topic with its buttons, once. Raises Unreachable."""
        ...

    async def decided(self, question: ApprovalRequest, text: str) -> None:
        """The question is over: its post shows this text and has no buttons any more. Never raises."""
        ...


class Removing(Protocol):
    """A reply that can be taken back."""

    async def remove(self) -> None:
        """Returns ⇒ nothing of this run stands in the topic any more, as far as the platform lets it.

        Nothing is shown after that. Also for a run whose process died; may be repeated.
        """
        ...


class FullReply(Reply, Attaching, Asking, Removing, Protocol):
    """What both platforms give."""


class Fetching(Protocol):
    """A platform from which files can be fetched."""

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """The bytes of a file at a message, at most `limit` of them, from the platform's own hosts only.

        Raises FileRefused when it will never be had (its `notice` says why), Retryable when it may be later.
        """
        ...


class Door(Protocol):
    """What the rules about people and their limits ask of a platform."""

    async def standing(self, message: IncomingMessage) -> Standing | None:
        """How who wrote it stands there; None where that is not known within a second. Never raises."""
        ...

    async def notice(self, message: IncomingMessage, words: str) -> None:
        """Tell who wrote it, so that nobody else sees it where the network can do that. Never raises."""
        ...


class Platform(Door, Protocol):
    """A chat network, as far as the core needs it."""

    name: str
    shows: str
    """What its clients can show of an answer, in one or two sentences for the model."""
    reads: bool
    """Whether it has channels that can be read: `said`."""

    def reply(self, message: IncomingMessage, journal: Journal) -> AbstractAsyncContextManager[FullReply]:
        """Answer to that message. Entering shows that work is under way; leaving ends that."""
        ...

    async def earlier(self, message: IncomingMessage, since: float) -> Sequence[Earlier]:
        """What was said in the message's topic from `since` until it; [] where it may not be read."""
        ...

    async def person(self, user: str) -> Person:
        """Who that is, as far as the platform tells; known people cost no request. Never raises."""
        ...

    async def names(self, mentions: Collection[str], message: IncomingMessage) -> Mapping[str, str]:
        """What people see in place of these ids (`IncomingMessage.mentions`) at that message: "@Ann", "#ops".

        Those it cannot tell are missing. Known names cost no request. Never raises.
        """
        ...

    async def said(self, message: IncomingMessage, since: float, most: int) -> Sequence[Earlier]:
        """The newest `most` messages of the channel of that message from `since` until it, oldest first.

        Raises Unreachable with a plain reason where it may not be read, Retryable when it may be later.
        """
        ...


class Model(Protocol):
    """A model that streams one answer.

    Raises `core.errors.Retryable` or `core.errors.Permanent`. `resume` is a response id given by an
    earlier `Started`: the stream of that same response is repeated from its first event.
    """

    def stream(self, prompt: Prompt, *, resume: str | None = None) -> AsyncGenerator[ModelEvent, None]: ...

    async def discard(self, response_id: str) -> None:
        """Stop and delete what the server keeps of a response; never raises."""
        ...

    async def close(self) -> None: ...


Purpose = Literal["assistants", "user_data", "vision"]
"""`assistants`: for a vector store; `user_data`: an input of the model; `vision`: a picture."""

GONE: Final = "file_gone"
"""The notice of something that is not at the server."""
UNREADABLE: Final = "file_unindexed"
"""The notice of a document the server cannot make searchable."""
LARGEST_UPLOAD: Final = 512 * 2**20
"""Bytes the server takes as one file."""
FILE_LIFE: Final = (3600, 30 * 86400)
"""Seconds: the shortest and the longest life a file can be given; without one it has no end."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the server lists it."""

    id: str
    """`file-…`"""
    name: str
    size: int
    created_at: float
    lasting: bool = True
    """Whether it stays until it is deleted."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the server tells about a model. OpenAI tells the end of its life, other servers its window."""

    shutdown: date | None = None
    """The day it ends, None when none is announced."""
    context: int | None = None
    """Tokens of its context window, None when the server does not say."""


class Files(Protocol):
    """Files at the server."""

    async def upload(
        self,
        name: str,
        content: bytes | Path | io.FileIO,
        *,
        purpose: Purpose,
        seconds: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> str:
        """The new file's id. A path or an open file is read while it is sent, never held as a whole.

        `seconds`: how long the server keeps it, put into FILE_LIFE; None: until it is forgotten.
        `progress` is told the bytes read so far. Raises OSError when the path cannot be read.
        """
        ...

    async def forget(self, file: str) -> None:
        """Delete it; returns also when it is not there any more."""
        ...

    async def uploads(self, purpose: Purpose, since: float) -> Sequence[Upload]:
        """The files of that purpose made at or after `since`, newest first."""
        ...


class VectorStores(Protocol):
    """Stores of documents that a model can search."""

    async def create_store(self, name: str, *, days: int | None = None) -> str:
        """The new store's id. It expires `days` after it was last used; None: never."""
        ...

    async def has_store(self, store: str) -> bool:
        """Whether it is there and has not expired."""
        ...

    async def index(self, store: str, file: str) -> None:
        """Returns ⇒ the file can be found in the store. May be repeated.

        Raises Permanent with the server's reason when the document cannot be read (notice UNREADABLE), and
        with notice GONE when the store or the file is not there.
        """
        ...

    async def unindex(self, store: str, file: str) -> None:
        """Take it out of the store; returns also when it is not there any more."""
        ...

    async def delete_store(self, store: str) -> None:
        """Delete the store, not its files; returns also when it is not there any more."""
        ...


Object = dict[str, Any]
"""One of the API's objects as the server gives it, with the server's ids."""


class Stores(Protocol):
    """Vector stores of clients: what the API has under /vector_stores."""

    async def vector_stores(
        self, method: Literal["GET", "POST"], path: str, fields: Mapping[str, Any], *, new: bool = False
    ) -> Object:
        """What is answered there, with the server's ids. `fields`: the query of a GET, the body of a POST.

        `new`: something is made, and asked for once; of files that may be too new to be known everywhere.
        Raises Permanent, with notice GONE when what is named is not there, else with the server's own reason.
        """
        ...


class Erasing(Protocol):
    """What is taken from the server again."""

    async def erase(self, kind: RemainsKind, id: str) -> None:
        """Delete it; returns also when it is not there any more."""
        ...


class Containers(Protocol):
    """Where the code interpreter works."""

    async def produced(self, container: str, file: str, *, limit: int = LARGEST_UPLOAD) -> bytes:
        """The bytes of a file that code made there.

        Raises TooLarge when it has more than `limit`, Permanent with notice GONE when the container expired.
        """
        ...


@dataclass(frozen=True, slots=True)
class Transcript:
    """What is said in a recording, "" when nothing is, and what the server told of the request."""

    text: str
    usage: Mapping[str, int] | None = None
    """As in `Finished`."""
    minutes: float | None = None


Transcribe = Callable[[str, bytes], Awaitable[Transcript]]


class Transcriber(Protocol):
    """Speech to text."""

    async def transcribe(self, name: str, content: bytes) -> Transcript:
        """One request, not repeated. The format of the recording is told by the ending of `name`."""
        ...


class Models(Protocol):
    """The models there are."""

    async def models(self) -> Mapping[str, ModelFacts]:
        """Every model the key can use, by its id."""
        ...


class Service(Files, VectorStores, Stores, Containers, Erasing, Transcriber, Models, Protocol):
    """All of it, over shared connections."""

    async def close(self) -> None:
        """Close the connections."""
        ...
