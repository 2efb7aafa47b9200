"""What a run does besides answering where a client has asked for it: files, limits, and what is told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, Literal

from core.runs.client.files import ClientFiles
from core.runs.client.objects import Outputs
from core.runs.client.progress import Progress
from core.runs.client.records import Record, spent
from core.runs.response import Response
from core.runs.run import Run
from core.runs.run_context import RunContext
from core.store import items
from core.store.steps import Round
from core.types import RunOptions

LEAST: Final = 16
"""Tokens that a response must be allowed, at the least: the server refuses fewer."""
SHOWN: Final = ("file_search_call.results", "code_interpreter_call.outputs")
"""What hosted tools have found and made is told to clients."""
BEGIN: Final = items.item("developer", "Nobody has said anything yet: begin the conversation.")
"""In place of an empty thread, which the server would refuse."""


class ClientSide:
    """Of one run."""

    def __init__(self, run: Run, context: RunContext, options: RunOptions, progress: Progress) -> None:
        self._run, self._options, self._progress = run, options, progress
        assert context.sent is not None
        self._files: ClientFiles | None = ClientFiles(run, context.sent, context.library)
        self._store: str | None = None
        self.functions: Literal["", "all", "rest"] = (
            ("rest" if options.page else "all") if options.client else ""
        )
        """Which functions are carried out by the client."""

    @classmethod
    def of(cls, run: Run, context: RunContext, progress: Progress | None) -> ClientSide | None:
        """None for the runs of chats."""
        options = run.claim.options
        return cls(run, context, options, progress) if options and progress else None

    async def prepared(self, history: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
        """The history as the server is given it, and the thread's store where it was filled."""
        files, self._files = self._files, None
        if files is not None:
            history, self._store = await files.shown(history), await files.searched()
        return history, self._store

    def _left(self) -> int | None:
        """Tokens that all further responses may have."""
        most = self._options.max_completion_tokens
        return most and most - spent(record for one in self._run.rounds for record in one.records)

    @property
    def enough(self) -> bool:
        """Whether the responses so far have used up what the client allows."""
        left = self._left()
        return left is not None and left < LEAST

    def asked(self, options: dict[str, Any], *, hosted: bool) -> dict[str, Any]:
        """The fields of a request, with what is wanted for the client."""
        include = {"include": list(SHOWN)} if hosted else {}
        left = self._left()
        return {**options, **include, **({"max_output_tokens": left} if left else {})}

    def results(self, one: Round, outputs: Outputs) -> None:
        """Functions of that round were carried out here."""
        self._progress.results(one.records, outputs)

    def settled(self, response: Response, files: Collection[str]) -> tuple[Record, ...]:
        """The response is over: what is kept of it."""
        return self._progress.settle(response.ended, response.calls, files)

    def recorded(self, before: Sequence[Round]) -> None:
        """The round is on disk: what comes is another one."""
        self._progress.begin(len(before), [record for one in before for record in one.records])
