"""Questions with two buttons: each a post of its own, asked once, and over once it is decided."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from bots.replies.posts import Gone, Posts, until_posted
from core.errors import SpoolError, Unreachable
from core.store import steps
from core.store.steps import Journal, Posted
from core.types import AnswerButton, ApprovalRequest

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
    """What marks the post of a question on the platform. `question` is its id."""
    return f"ask:{question}"


@dataclass(frozen=True, slots=True)
class ApprovalPosts:
    """`core.ports.Asking` for one run."""

    posts: Posts
    journal: Journal
    asker: Asker

    async def ask(self, question: ApprovalRequest) -> None:
        """See `Asking.ask`."""
        step, ask = steps.question(question.id), partial(self.asker.ask, question)
        try:
            await until_posted(lambda: self.posts.once(step, ask, sign=sign(question.id)))
        except Gone as error:
            raise Unreachable(f"question deleted: {error}") from error

    async def decided(self, question: ApprovalRequest, text: str) -> None:
        """See `Asking.decided`."""
        try:
            await until_posted(lambda: self._decide(question, text))
        except SpoolError as error:
            logger.warning("question cannot be closed", extra={"error": str(error)})

    def offer(self, buttons: Sequence[AnswerButton]) -> None:
        """From now on these stand under the answer."""
        self.posts.poster.buttons = buttons

    async def remove(self) -> None:
        """Take the run's posts away: questions, and all the others."""
        for id in self.journal.names("ask:"):
            await self.posts.take_away(steps.question(id), sign(id))
        await self.posts.remove()

    async def _decide(self, question: ApprovalRequest, text: str) -> None:
        step = steps.question(question.id)
        state = self.journal.get(step)
        if isinstance(state, Posted) and state.decided == text:
            return  # a process before this one did it
        post = await self.posts.find(step, sign(question.id))
        if post is None:
            return  # it was never asked
        with suppress(Gone):
            await self.asker.decide(post, text)
        ref = self.posts.poster.ref(post)
        await self.journal.record(step, Posted(post, text), ref=ref)
