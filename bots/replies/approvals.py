"""Questions with two buttons: each a post of its own, asked once, and over once it is decided."""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import partial
from typing import Protocol

from bots.replies.posts import Gone, Posts, until_posted
from core.errors import SpoolError, Unreachable
from core.store.journal import Journal
from core.types import ApprovalRequest

logger = logging.getLogger(__name__)


class Asker(Protocol):
    """How one reply asks on its platform. Raises Retryable, Unreachable or Gone."""

    async def ask(self, question: ApprovalRequest) -> str:
        """A new post with the question and its buttons, which bears `sign(question.id)`; gives its id."""
        ...

    async def decide(self, post: str, text: str) -> None:
        """Replace a question by this text, without buttons; repeating it is harmless."""
        ...


def sign(question: str) -> str:
    """What marks the post of a question, in the journal and on the platform. `question` is its id."""
    return f"ask:{question}"


class ApprovalPosts:
    """`core.ports.Asking` for one run."""

    def __init__(self, posts: Posts, journal: Journal, asker: Asker) -> None:
        self._posts, self._journal, self._asker = posts, journal, asker

    async def ask(self, question: ApprovalRequest) -> None:
        """See `Asking.ask`."""
        name = sign(question.id)
        try:
            await until_posted(lambda: self._posts.once(name, partial(self._asker.ask, question), sign=name))
        except Gone as error:
            raise Unreachable(f"question deleted: {error}") from error

    async def decided(self, question: ApprovalRequest, text: str) -> None:
        """See `Asking.decided`."""
        try:
            await until_posted(lambda: self._decide(question, text))
        except SpoolError as error:
            logger.warning("question cannot be closed", extra={"error": str(error)})

    async def _decide(self, question: ApprovalRequest, text: str) -> None:
        name = sign(question.id)
        if (self._journal.memo.get(name) or {}).get("decided") == text:
            return  # a process before this one did it
        post = await self._posts.find(name, name)
        if post is None:
            return  # it was never asked
        with suppress(Gone):
            await self._asker.decide(post, text)
        ref = self._posts.poster.ref(post)
        await self._journal.record(name, {"id": post, "decided": text}, ref=ref)
