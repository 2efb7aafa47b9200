"""The seams of the core: what it asks of a platform, of one reply there, and of a model.

Protocols are satisfied by shape; nothing inherits from them. Each has more than one implementation.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from core.store.journal import Journal
from core.types import Attachment, Earlier, File, IncomingMessage, ModelEvent, Prompt, Question, Task


class Reply(Protocol):
    """The one answer to a run as people see it. It may stand in several posts."""

    def show(self, text: str, tasks: Sequence[Task] = ()) -> None:
        """The answer as far as it is known, and what is being done for it.

        Never blocks and may skip states; the newest wins. Tasks are gone when the answer is finished.
        """
        ...

    async def finish(self, text: str, note: str = "") -> None:
        """Returns ⇒ the whole text is shown, once, with our own note under it, and nothing else of this run.

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

    async def attach(self, file: File) -> None:
        """Returns ⇒ the file stands in the topic, once, also when this is repeated after a crash.

        Raises TooLarge when the platform does not take it, Unreachable when nothing can be shown there.
        """
        ...


class Asking(Protocol):
    """A reply that can ask the person for a yes."""

    async def ask(self, question: Question) -> None:
        """Returns ⇒ the question stands in the topic with its buttons, once. Raises Unreachable."""
        ...

    async def decided(self, question: Question, text: str) -> None:
        """The question is over: its post shows this text and has no buttons any more. Never raises."""
        ...


class FullReply(Reply, Attaching, Asking, Protocol):
    """What both platforms give."""


class Fetching(Protocol):
    """A platform from which files can be fetched."""

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """The bytes of a file at a message, at most `limit` of them, from the platform's own hosts only.

        Raises FileRefused when it will never be had (its `notice` says why), Retryable when it may be later.
        """
        ...


class Platform(Protocol):
    """A chat network, as far as the core needs it."""

    name: str

    def reply(self, message: IncomingMessage, journal: Journal) -> AbstractAsyncContextManager[FullReply]:
        """Answer to that message. Entering shows that work is under way; leaving ends that."""
        ...

    async def earlier(self, message: IncomingMessage, since: float) -> Sequence[Earlier]:
        """What was said in the message's topic from `since` until it; [] where it may not be read."""
        ...

    async def locale(self, user: str) -> str:
        """The person's locale where the platform tells it, else ""; never raises."""
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
