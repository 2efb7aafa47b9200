"""The seams: what a platform may ask of the core, and what the core asks of a platform and of a model.

Protocols are satisfied by shape; nothing inherits from them. Each has more than one implementation.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from core.types import Address, IncomingMessage, ModelEvent, Prompt


class Inbox(Protocol):
    """What a platform may ask of the core."""

    async def receive(self, message: IncomingMessage) -> bool:
        """Accept a message. Returns ⇒ durable ⇒ may be acknowledged. False: it was known already."""
        ...

    async def reset(self, address: Address, user: str) -> bool:
        """Map the next message to a new thread. False: the scope cannot be known from this address."""
        ...

    async def stop(self, address: Address, user: str) -> bool:
        """Cancel the run under way for this person there. False: there was none."""
        ...

    async def withdraw(self, address: Address, message_id: str) -> None:
        """The person deleted a message: cancel it if its run has not started."""
        ...


class Model(Protocol):
    """A model that streams one answer.

    Raises `core.errors.Retryable` or `core.errors.Permanent`. `resume` is a response id given by an
    earlier `Started`: the stream of that same response is repeated from its first event.
    """

    def stream(self, prompt: Prompt, *, resume: str | None = None) -> AsyncIterator[ModelEvent]: ...

    async def discard(self, response_id: str) -> None:
        """Stop and delete what the server keeps of a response; never raises."""
        ...

    async def close(self) -> None: ...
