"""The whole of a reply: its text and tasks, its files, its questions."""

from __future__ import annotations

from bots.replies.approvals import Questions
from bots.replies.live import Brush, LiveReply
from core.ports import Attaching
from core.types import File, Question


class FullReply(LiveReply):
    """`core.ports.FullReply` of one run."""

    def __init__(self, brush: Brush, files: Attaching, questions: Questions) -> None:
        super().__init__(brush)
        self._files, self._questions = files, questions

    async def attach(self, file: File) -> None:
        """See `Attaching.attach`."""
        await self._files.attach(file)

    async def ask(self, question: Question) -> None:
        """See `Asking.ask`."""
        await self._questions.ask(question)

    async def decided(self, question: Question, text: str) -> None:
        """See `Asking.decided`."""
        await self._questions.decided(question, text)
